# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that runs a node's callbacks: no exception ends it, and nothing grows with the number of messages.

``spin_until_future_complete`` of rclpy does neither: an exception of any callback comes out of it, and up to ROS 2
Lyrical it adds a callback to its future on every turn, half a kilobyte a message, for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_TOLERATED = 10  # failures in a row, before the loop slows down: what fails at once must not take a whole core
_PAUSE_S = 0.05


def spin_until(done: Any, executor: Any, on_failure: Callable[[Exception], object]) -> None:
    """Run callbacks until a future is done, or until ROS is shut down.

    Args:
        done: an rclpy Future; it may be completed in any thread.
        executor: a single-threaded rclpy executor with the node.
        on_failure: takes what callbacks raise.
    """
    from rclpy.executors import ExternalShutdownException

    done.add_done_callback(lambda _: _wake(executor))
    in_a_row = 0
    while not done.done() and executor.context.ok():
        try:
            executor.spin_once()
            in_a_row = 0
        except ExternalShutdownException:
            return
        except Exception as error:
            on_failure(error)
            free_entities(executor)
            in_a_row += 1
            if in_a_row > _TOLERATED:
                time.sleep(_PAUSE_S)


def free_entities(executor: Any) -> None:
    """Let every callback run again after one has failed.

    A message that cannot be deserialised fails before its callback begins. rclpy then leaves the subscription marked
    as being executed and its callback group as occupied, and the node would be deaf from then on. The loop has one
    thread, so that nothing is being executed here.
    """
    for node in executor.get_nodes():
        for kind in ("subscriptions", "timers", "clients", "services", "guards", "waitables"):
            for entity in getattr(node, kind, ()):
                if getattr(entity, "_executor_event", False):
                    entity._executor_event = False
                group = getattr(entity, "callback_group", None)
                active = getattr(group, "_active_entity", None)
                if group is not None and active is not None:
                    group.ending_execution(active)


def forget_dead_entities(node: Any) -> None:
    """Drop the references that a node's callback group keeps to publishers and subscriptions that are gone.

    rclpy never does, so that every walk through the lifecycle would leave some behind.
    """
    group = node.default_callback_group
    entities = getattr(group, "entities", None)
    if isinstance(entities, set):
        group.entities = {reference for reference in entities if reference() is not None}


def _wake(executor: Any) -> None:
    """End a ``spin_once`` that is waiting: a task is work, a mere ``wake`` is not."""
    with suppress(Exception):  # an executor that is shut down needs no waking
        executor.create_task(_nothing)


def _nothing() -> None:
    pass
