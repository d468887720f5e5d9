# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How the values of a raw thermal image are distributed, cheaply enough for every frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 20_000  # of a float image, whose values cannot be counted in a table: 1 % at 1 % accuracy


@dataclass(frozen=True)
class Distribution:
    """Counts of pixel values.

    Attributes:
        values: (N,) values in rising order.
        cumulative: (N,) number of pixels up to and including each value.
    """

    values: NDArray[Any]
    cumulative: NDArray[np.int64]

    @classmethod
    def of(cls, image: NDArray[Any]) -> Distribution:
        """Return the distribution of an image's values.

        Args:
            image: (H, W), at least one pixel. All pixels of a uint16 image are counted. Of a float32 image every n-th
                is, n without a common factor with the width: each row and column gets the share that it has, which
                a grid would not give it.
        """
        if image.dtype == np.uint16:
            return cls(_ALL_COUNTS, np.cumsum(np.bincount(image.reshape(-1), minlength=65536)))
        return cls._of_sample(image.reshape(-1)[:: _step(image)])

    @classmethod
    def _of_sample(cls, sample: NDArray[Any]) -> Distribution:
        return cls(np.sort(sample), np.arange(1, sample.size + 1))

    def without(self, image: NDArray[Any], left_out: NDArray[np.bool_]) -> Distribution:
        """Return the distribution without some pixels of the image; the same if none would be left.

        Args:
            image: (H, W) image that this is the distribution of.
            left_out: (H, W) pixels that do not count.
        """
        if image.dtype == np.uint16:
            rest = Distribution(self.values, self.cumulative - np.cumsum(np.bincount(image[left_out], minlength=65536)))
        else:
            step = _step(image)
            rest = Distribution._of_sample(image.reshape(-1)[::step][~left_out.reshape(-1)[::step]])
        return rest if rest.cumulative.size and rest.cumulative[-1] > 0 else self

    def percentile(self, percent: float) -> float:
        """Return the value below which a share of the pixels lies, interpolated linearly as NumPy does."""
        rank = percent / 100 * (int(self.cumulative[-1]) - 1)
        below = int(rank)
        first, second = np.searchsorted(self.cumulative, (below, below + 1), side="right")
        low = float(self.values[first])
        high = float(self.values[min(second, self.values.size - 1)])
        return low + (rank - below) * (high - low)

    def share_outside(self, low: float, high: float) -> float:
        """Return the share of pixels, 0..1, below ``low`` or above ``high``."""
        first = int(np.searchsorted(self.values, low, side="left"))
        last = int(np.searchsorted(self.values, high, side="right"))
        total = int(self.cumulative[-1])
        inside = int(self.cumulative[last - 1] if last else 0) - int(self.cumulative[first - 1] if first else 0)
        return (total - inside) / total


def _step(image: NDArray[Any]) -> int:
    step = max(1, image.size // _SAMPLES)
    while gcd(step, image.shape[1]) > 1:
        step += 1
    return step


_ALL_COUNTS = np.arange(65536, dtype=np.float64)
