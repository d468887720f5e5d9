# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A node without DDS, for tests of what is made on one: publishers and subscriptions that remember."""

from collections import defaultdict
from types import SimpleNamespace


class FakeLogger:
    """Remembers what was logged."""

    def __init__(self):
        self.infos, self.warnings, self.errors = [], [], []
        self.info, self.warning, self.error = self.infos.append, self.warnings.append, self.errors.append


class FakePublisher:
    """Sends into its node's ``sent``."""

    def __init__(self, node, message_type, topic):
        self.message_type, self.topic_name = message_type, topic
        self._node = node

    def get_subscription_count(self):
        return self._node.listeners[self.topic_name]

    def publish(self, message):
        self._node.sent[self.topic_name].append(message)


class FakeNode:
    """What the parts of the node use of rclpy's; names without a slash in front are taken as they are.

    Attributes:
        sent: messages by topic.
        listeners: number of subscribers by topic.
        publishers: by topic.
        subscriptions: callback by topic, ``deliver`` calls it.
        time_ns: its clock.
    """

    def __init__(self):
        self.sent, self.listeners = defaultdict(list), defaultdict(int)
        self.publishers, self.subscriptions = {}, {}
        self.number_of_publishers = defaultdict(lambda: 1)
        self.time_ns = 0
        self.logger = FakeLogger()

    def listen(self, *topics):
        """Let somebody listen to these topics alone."""
        self.listeners.clear()
        self.listeners.update(dict.fromkeys(topics, 1))

    def deliver(self, topic, *message):
        """Let a message arrive."""
        return self.subscriptions[topic].callback(*message)

    def create_lifecycle_publisher(self, message_type, topic, profile, **options):
        assert topic not in self.publishers
        self.publishers[topic] = FakePublisher(self, message_type, topic)
        return self.publishers[topic]

    def create_publisher(self, message_type, topic, profile, **options):
        return self.create_lifecycle_publisher(message_type, topic, profile, **options)

    def destroy_lifecycle_publisher(self, publisher):
        del self.publishers[publisher.topic_name]

    def destroy_publisher(self, publisher):
        del self.publishers[publisher.topic_name]

    def create_subscription(self, message_type, topic, callback, profile, **options):
        self.subscriptions[topic] = SimpleNamespace(
            topic=topic, message_type=message_type, callback=callback, options=options
        )
        return self.subscriptions[topic]

    def destroy_subscription(self, subscription):
        del self.subscriptions[subscription.topic]

    def resolve_topic_name(self, topic, only_expand=False):
        return topic

    def count_publishers(self, topic):
        return self.number_of_publishers[topic]

    def get_publishers_info_by_topic(self, topic):
        return []

    def get_logger(self):
        return self.logger

    def get_clock(self):
        now = SimpleNamespace(nanoseconds=self.time_ns, to_msg=lambda: SimpleNamespace(sec=0, nanosec=0))
        return SimpleNamespace(now=lambda: now)
