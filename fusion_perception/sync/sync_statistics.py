# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What became of the frames: the counters of the pair matcher."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

_OFFSETS_KEPT = 512


def _per_sensor() -> dict[str, int]:
    return {"thermal": 0, "rgb": 0}


@dataclass
class SyncStatistics:
    """Counters since the matcher was made, and the stamp differences of the latest pairs.

    Attributes:
        received: frames accepted, per sensor.
        paired: pairs emitted.
        alone: frames emitted without a partner because the other sensor was down, per sensor.
        no_partner: frames of the slower stream that found no partner.
        surplus: frames of the faster stream that were passed over; normal when the rates differ.
        duplicates: frames whose stamp did not advance.
        out_of_order: frames a little older than their predecessor.
        unusable: frames left out because the stamps of their camera do not advance, per sensor.
        time_jumps: jumps back in time; both cameras together count once.
        offsets_ns: thermal stamp minus RGB stamp of the latest pairs.
    """

    received: dict[str, int] = field(default_factory=_per_sensor)
    paired: int = 0
    alone: dict[str, int] = field(default_factory=_per_sensor)
    no_partner: int = 0
    surplus: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    unusable: dict[str, int] = field(default_factory=_per_sensor)
    time_jumps: int = 0
    offsets_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_OFFSETS_KEPT))

    def add_pair(self, offset_ns: int) -> None:
        """Count one pair with its stamp difference, thermal minus RGB."""
        self.paired += 1
        self.offsets_ns.append(offset_ns)

    @property
    def mean_offset_ms(self) -> float:
        """Mean of thermal minus RGB over the latest pairs, in milliseconds; 0 without pairs."""
        return float(np.mean(self.offsets_ns)) / 1e6 if self.offsets_ns else 0.0

    @property
    def p95_gap_ms(self) -> float:
        """95th percentile of the absolute difference over the latest pairs, in milliseconds."""
        return float(np.percentile(np.abs(self.offsets_ns), 95)) / 1e6 if self.offsets_ns else 0.0
