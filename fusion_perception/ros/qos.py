# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service: best-effort inputs, reliable outputs, everything overridable, mismatches reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # its name before ROS 2 Iron
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks

# Functions, because rclpy writes the overrides of a topic into the profile that it is given.


def sensor_input() -> QoSProfile:
    """Return a profile that matches reliable and best-effort camera drivers alike (REP-2003).

    Twice as deep as sensor data by convention: at 200 Hz five images are 25 ms, and a busy machine pauses longer.
    """
    return _profile(ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE, 10)


def result_output() -> QoSProfile:
    """Return a profile that matches every volatile subscriber; rviz2 asks for reliable."""
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE, 5)


def latched_output() -> QoSProfile:
    """Return a profile by which late subscribers get the last message: for class names."""
    return _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL, 1)


def _profile(reliability: ReliabilityPolicy, durability: DurabilityPolicy, depth: int) -> QoSProfile:
    return QoSProfile(reliability=reliability, durability=durability, history=HistoryPolicy.KEEP_LAST, depth=depth)


def overridable() -> QoSOverridingOptions:
    """Declare ``qos_overrides.<topic>...`` parameters for history, depth and reliability."""
    return QoSOverridingOptions.with_default_policies()


def _remedy(policy: str, topic: str, side: str) -> str:
    """Return what to do about a mismatch; only what can be overridden is advised to be."""
    look = f"(see 'ros2 topic info -v {topic}')"
    if policy == "RELIABILITY":
        return f"change it there, or set qos_overrides.{topic}.{side}.reliability here {look}"
    return f"change it there {look}"


def watch_publishers(
    warn: Callable[[str], Any], topic: str, on_lost: Callable[[int], Any]
) -> SubscriptionEventCallbacks:
    """Report publishers that can never reach a subscription, and messages that were lost on their way.

    Args:
        warn: logs a warning.
        topic: full name, for the message.
        on_lost: called with the number of messages lost since the last call.
    """

    def report(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        warn(
            f"a publisher of '{topic}' offers incompatible {policy}: none of its messages will arrive; "
            + _remedy(policy, topic, "subscription")
        )

    return SubscriptionEventCallbacks(
        incompatible_qos=report, message_lost=lambda event: on_lost(event.total_count_change)
    )


def warn_about_subscribers(warn: Callable[[str], Any], topic: str) -> PublisherEventCallbacks:
    """Report subscribers that a publisher can never reach."""

    def report(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        warn(
            f"a subscriber of '{topic}' asks for {policy} that is not offered: it will receive nothing; "
            + _remedy(policy, topic, "publisher")
        )

    return PublisherEventCallbacks(incompatible_qos=report)
