# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The range of a scene: which raw values become black and white."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.preprocess.distribution import Distribution
from fusion_perception.preprocess.sensor_defects import BULK

_TAIL = 4.0  # spans of the bulk that hot or cold things may add; 97 % of night streets need less
_NOISE_ROOM = 32.0  # times the noise that tails get at least: else it would fill the range instead of what is hot
_NOISE_SPAN = 20.0  # times the noise that a range spans at least; ordinary scenes span 25 and more
_NOISE_ROWS = 16  # rows that the noise is measured on


@dataclass(frozen=True)
class SceneRange:
    """The range of one frame.

    Attributes:
        low: value that becomes black.
        high: value that becomes white.
    """

    low: float
    high: float

    @property
    def span(self) -> float:
        """Distance from black to white."""
        return self.high - self.low

    def above_noise(self, noise: float) -> SceneRange:
        """Return the range, made wider where it is so narrow that a picture would show the noise and nothing else.

        Args:
            noise: standard deviation.
        """
        missing = max(0.0, _NOISE_SPAN * noise - self.span)
        return SceneRange(self.low - missing / 2, self.high + missing / 2)


def scene_range(
    distribution: Distribution, noise: float, low_percentile: float = 0.5, high_percentile: float = 99.5
) -> SceneRange:
    """Return the range of an image by percentiles, its tails bounded by the spread of the bulk.

    A hot spot of one percent would else leave a few grey levels to everything around it; so it saturates.

    Args:
        distribution: of the pixels that count.
        noise: standard deviation of the image's noise.
        low_percentile: percent of pixels below black.
        high_percentile: percent of pixels below white.
    """
    low, high = distribution.percentile(low_percentile), distribution.percentile(high_percentile)
    bulk_low, bulk_high = (distribution.percentile(percent) for percent in BULK)
    tail = max(_TAIL * (bulk_high - bulk_low), _NOISE_ROOM * noise)
    if bulk_low < bulk_high:  # else all that the scene holds is in its tails
        low, high = max(low, bulk_low - tail), min(high, bulk_high + tail)
    return SceneRange(low, high)


def noise_of(image: NDArray[Any]) -> float:
    """Return an estimate of the noise's standard deviation, in the image's unit; fine texture counts as noise."""
    rows = image[:: max(1, image.shape[0] // _NOISE_ROWS)].astype(np.float64)
    steps = np.abs(np.diff(rows, axis=1))
    return 1.4826 / 2**0.5 * float(np.median(steps)) if steps.size else 0.0
