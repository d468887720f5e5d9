# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The class names as a latched vision_msgs/LabelInfo, where vision_msgs is installed."""

from __future__ import annotations

import importlib
from typing import Any

from fusion_perception.labels import LabelSet
from fusion_perception.ros import qos


def make_label_info_publisher(node: Any, topic: str, labels: LabelSet) -> Any | None:
    """Publish the class names once, for every subscriber now and later.

    Args:
        node: an rclpy node.
        topic: relative topic name.
        labels: names of the mask ids.

    Returns:
        The publisher, or None when vision_msgs is not installed.
    """
    try:
        messages = importlib.import_module("vision_msgs.msg")
    except ImportError:
        node.get_logger().info(
            f"vision_msgs is not installed: no class names on '{topic}'; /diagnostics has them "
            "(apt install ros-<distro>-vision-msgs)"
        )
        return None
    publisher = node.create_publisher(messages.LabelInfo, topic, qos.latched_output())
    message = fill_label_info(messages, labels)
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)
    return publisher


def fill_label_info(messages: Any, labels: LabelSet) -> Any:
    """Return a ``LabelInfo`` with one ``VisionClass`` per class.

    Args:
        messages: the module ``vision_msgs.msg``.
        labels: names of the mask ids.
    """
    message = messages.LabelInfo()
    message.class_map = [
        messages.VisionClass(class_id=number, class_name=name) for number, name in enumerate(labels.names)
    ]
    message.threshold = 0.0
    return message
