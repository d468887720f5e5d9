# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Looks for others who publish the same results: a second node of the same full name, or anybody on the same topics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rclpy.clock import Clock, ClockType

_PERIOD_S = 1.0  # other nodes are found within a second or two, so one look at the start would be too early
_REMIND_EVERY = 30  # looks

ADVICE = "end one of them, or give one of them another name or namespace"


class TwinWatch:
    """Looks once a second, and warns while there is another node of our name.

    A warning and not an error: a node that was killed stays listed until the middleware gives it up (Fast DDS: up to
    20 s), and the one that takes its place must be able to start meanwhile.

    Args:
        node: an rclpy node; it is spun by its owner.
    """

    def __init__(self, node: Any) -> None:
        self.remark = ""
        self._node = node
        self._seen = 0
        # By a clock that always runs: simulated time may stand still.
        self._timer = node.create_timer(_PERIOD_S, self.look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def look(self) -> None:
        """Count the nodes of our name in the graph; sets ``remark``, and warns when it appears."""
        node = self._node
        own = (node.get_name(), node.get_namespace())
        others = sum((name, space) == own for name, space in node.get_node_names_and_namespaces()) - 1
        if others <= 0:
            if self._seen:
                node.get_logger().info(f"no other node is named '{node.get_fully_qualified_name()}' any more")
            self._seen, self.remark = 0, ""
            return
        self.remark = (
            f"the name '{node.get_fully_qualified_name()}' is taken by {others} other node(s) as well, so that what "
            f"it publishes may come twice: {ADVICE} (one that was killed stays listed for up to 20 s)"
        )
        if self._seen % _REMIND_EVERY == 0:
            node.get_logger().warning(self.remark)
        self._seen += 1


class SharedTopics:
    """Finds result topics on which somebody else publishes as well.

    They are told when two looks in a row have found them, so that a node that is just ending is not.

    Args:
        node: an rclpy node.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._seen: set[str] = set()

    def look(self, topics: Iterable[str]) -> str | None:
        """Say on which topics others publish, or return None.

        Args:
            topics: full names of the topics on which the node has one publisher each.
        """
        seen = {topic for topic in topics if self._node.count_publishers(topic) > 1}
        shared, self._seen = sorted(seen & self._seen), seen
        if not shared:
            return None
        names = ", ".join(f"'{topic}'" for topic in shared)
        return (
            f"others publish on {names} as well, so that listeners get a mixture; find them by 'ros2 topic info -v "
            f"{shared[0]}', and end them or remap one side"
        )
