# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where frames that never move lie to one another, from /tf_static."""

from __future__ import annotations

from typing import Any

from fusion_perception.errors import require
from fusion_perception.ros.transform_tree import TOPIC, Pose, TransformTree


class StaticTransforms:
    """Listens to the static transforms of the robot.

    Args:
        node: an rclpy node.
        on_change: called after each message.

    Raises:
        BackendError: tf2_msgs is not installed.
    """

    def __init__(self, node: Any, on_change: Any) -> None:
        messages = require("tf2_msgs.msg", "registration.extrinsics_from 'tf'")
        from rclpy.qos import DurabilityPolicy, QoSProfile

        self._node = node
        self._on_change = on_change
        self._tree = TransformTree()
        profile = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._subscription = node.create_subscription(messages.TFMessage, TOPIC, self.take, profile)

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def take(self, message: Any) -> None:
        """Take in a message; a transform that is none is left out."""
        self._tree.take(message)
        self._on_change()

    def between(self, frame: str, other: str) -> Pose | None:
        """Return the pose of one frame in another one, or None where no static transforms join them."""
        return self._tree.between(frame, other)
