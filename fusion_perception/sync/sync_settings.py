# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the pairing."""

from __future__ import annotations

from dataclasses import dataclass

MILLISECOND = 1_000_000
"""One millisecond in nanoseconds."""

OFFSET_LIMIT_NS = 10_000_000 * MILLISECOND
"""Largest ``thermal_offset_ns``, either way."""

WAIT_LIMIT_NS = 60_000 * MILLISECOND
"""Largest ``max_wait_ns``."""


@dataclass(frozen=True)
class SyncSettings:
    """How frames become pairs.

    Attributes:
        tolerance_ns: largest stamp difference of a pair; exactly this much still pairs. 0 follows the cameras'
            periods, see ``automatic_tolerance_ns``.
        window: frames kept of each stream while their partner may still come.
        max_wait_ns: how long a frame may wait; it bounds how late one stream may arrive after the other,
            and so the clock difference up to which wrong pairs could look right.
        thermal_offset_ns: added to thermal stamps before comparing, for a known constant delay.
        allow_missing: emit single frames while the other sensor is down or unfit.
        missing_after_ns: silence, or time with bad stamps, after which a sensor counts as down.
    """

    tolerance_ns: int = 0
    window: int = 30
    max_wait_ns: int = 500 * MILLISECOND
    thermal_offset_ns: int = 0
    allow_missing: bool = True
    missing_after_ns: int = 1000 * MILLISECOND

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if self.tolerance_ns < 0:
            raise ValueError(f"tolerance_ns is {self.tolerance_ns}; allowed: 0 or more")
        if self.window < 2:
            raise ValueError(f"window is {self.window} frames; allowed: 2 or more")
        for name in ("max_wait_ns", "missing_after_ns"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: more than 0")
