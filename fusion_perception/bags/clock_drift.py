# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the clocks of two cameras run apart during a bag, seen by the clock of the recorder."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

_STRETCHES = 10  # of the bag, whose usual ages are compared
_LEAST_IMAGES = 3  # of each camera in a stretch
_LEAST_STRETCHES = 4
_LEAST_S = 20.0  # of the bag; a shorter one shows nothing that matters
_WORTH_TELLING_MS = 10.0  # over the bag
_CERTAIN = 4.0  # times what the stretches deviate from the line


class Ages:
    """How old the images of a camera were when they were recorded: its delay, and the difference of two clocks."""

    def __init__(self) -> None:
        self._received_ns, self._ages_ns = array("q"), array("q")

    def note(self, received_ns: int, stamp_ns: int) -> None:
        """Take in an image."""
        self._received_ns.append(received_ns)
        self._ages_ns.append(received_ns - stamp_ns)

    def arrays(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """Return times of reception and ages, (N,) each, in nanoseconds."""
        return np.array(self._received_ns, np.int64), np.array(self._ages_ns, np.int64)


@dataclass(frozen=True)
class ClockDrift:
    """How far two clocks have run apart.

    Attributes:
        drift_ms: by how much thermal stamps have fallen behind RGB stamps from the first to the last image; negative:
            have run ahead.
        seconds: between these images.
        certain: it is more than what the images' delays may pretend.
    """

    drift_ms: float
    seconds: float
    certain: bool

    @property
    def sentence(self) -> str:
        """What to tell the user; empty where there is nothing to tell."""
        if not self.certain or abs(self.drift_ms) < _WORTH_TELLING_MS:
            return ""
        side = "behind" if self.drift_ms > 0 else "ahead of"
        rate = abs(self.drift_ms) / self.seconds * 1e3
        return (
            f"the clocks of the cameras drift: thermal stamps fall {abs(self.drift_ms):.0f} ms {side} RGB stamps in "
            f"{self.seconds:.0f} s ({rate:.0f} parts per million), which is not corrected; pairs are lost or wrong "
            "where that exceeds half the time between two images: cut the bag and give each piece its "
            "--thermal-offset-ms, and let one clock set both cameras (PTP, chrony)"
        )


def clock_drift(thermal: Ages, rgb: Ages) -> ClockDrift | None:
    """Return how far the clocks of two cameras have run apart; None where there are too few images to tell."""
    times, ages = zip(thermal.arrays(), rgb.arrays(), strict=True)
    if not all(len(item) for item in times):
        return None
    start, end = max(item.min() for item in times), min(item.max() for item in times)
    seconds = (end - start) / 1e9
    if seconds < _LEAST_S:
        return None
    edges = np.linspace(start, end, _STRETCHES + 1)
    middles, differences = [], []
    for low, high in pairwise(edges):
        inside = [age[(time >= low) & (time <= high)] for time, age in zip(times, ages, strict=True)]
        if min(len(item) for item in inside) >= _LEAST_IMAGES:
            middles.append((low + high) / 2e9)
            differences.append((np.median(inside[0]) - np.median(inside[1])) / 1e6)
    if len(middles) < _LEAST_STRETCHES:
        return None
    x, y = np.array(middles) - middles[0], np.array(differences)
    slope = float(np.median([(y[b] - y[a]) / (x[b] - x[a]) for a, b in combinations(range(len(x)), 2)]))
    rest = y - slope * x
    scatter = float(np.median(np.abs(rest - np.median(rest))))
    drift_ms = slope * seconds
    return ClockDrift(drift_ms, float(seconds), abs(drift_ms) > _CERTAIN * scatter)
