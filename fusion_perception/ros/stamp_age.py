# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps against the node's clock: which ages can be, and what to say of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusion_perception.sync.hints import duration

_MOST_AHEAD_NS = 200_000_000  # simulated time comes in steps, and clocks are never quite alike
_MOST_BEHIND_NS = 10_000_000_000


def is_plausible(age_ns: float) -> bool:
    """Whether an image can really be that old on arrival; if not, its stamp follows another clock than the node's."""
    return -_MOST_AHEAD_NS <= age_ns <= _MOST_BEHIND_NS


def describe_clock(node: Any) -> str | None:
    """Say that simulated time is wanted and does not come, or return None."""
    if not node.get_parameter("use_sim_time").value or node.get_clock().now().nanoseconds:
        return None
    return (
        "use_sim_time is true but no time has come on '/clock', so latency is not measured; play the recording with "
        "--clock, or set use_sim_time to false"
    )


def describe_ages(ages_ns: Mapping[str, int]) -> str | None:
    """Say which cameras' stamps are of the future or of long ago, or return None.

    Args:
        ages_ns: age of each camera's images on arrival by the node's clock.
    """
    wrong = {sensor: age_ns for sensor, age_ns in ages_ns.items() if not is_plausible(age_ns)}
    if not wrong:
        return None
    what = " and ".join(
        f"the stamps of {sensor} images are {duration(age_ns)} {'ahead of' if age_ns < 0 else 'behind'}"
        for sensor, age_ns in wrong.items()
    )
    advice = (
        "synchronise the clocks of the camera's and this computer (PTP or chrony)"
        if min(wrong.values()) < 0
        else "for a recording that is played use simulated time (--clock, use_sim_time), else synchronise the clocks"
    )
    return f"{what} this node's clock, so latency is not measured; {advice}"
