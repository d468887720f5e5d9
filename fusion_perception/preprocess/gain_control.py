# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal gain control: 16-bit counts or temperatures become the 8-bit image that models expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError

GAIN_MODES = ("percentile", "fixed")
"""How the black and white points of a raw thermal image are found."""

_SAMPLES = 20_000  # pixels that percentiles are taken from: enough for 1 % at 1 % accuracy
_JUMP = 30  # spans; hot objects move an ordinary scene's range by a few, a damaged frame by any number
_FLAT = 1e-36  # spans below have no finite scale in float32
_MIN_PIXELS_FOR_TABLE = 65536  # a table over 16 bits pays off from about this size on


@dataclass(frozen=True)
class GainSettings:
    """How raw thermal images are brought to 8 bit.

    Attributes:
        mode: ``"percentile"`` follows the scene; ``"fixed"`` keeps one range, so that a grey level always
            means the same temperature.
        low_percentile: share of pixels in percent below black, 0..100 (percentile mode).
        high_percentile: share of pixels in percent below white, 0..100 (percentile mode).
        smoothing: 0..1, how much of the last frame's range stays; 0 follows at once and flickers. A range
            of quite another size or place is always followed at once, so that one damaged frame spoils
            no later one.
        range_min: raw value that becomes 0 (fixed mode), in the camera's own unit.
        range_max: raw value that becomes 255 (fixed mode).
    """

    mode: str = "percentile"
    low_percentile: float = 0.5
    high_percentile: float = 99.5
    smoothing: float = 0.9
    range_min: float = 0.0
    range_max: float = 65535.0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if self.mode not in GAIN_MODES:
            raise ValueError(f"gain mode is '{self.mode}'; allowed: {', '.join(GAIN_MODES)}")
        if not 0 <= self.low_percentile < self.high_percentile <= 100:
            raise ValueError(
                f"gain percentiles are {self.low_percentile:g} and {self.high_percentile:g}; "
                "allowed: 0 <= low < high <= 100"
            )
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"gain smoothing is {self.smoothing:g}; allowed: 0 <= smoothing < 1")
        if not self.range_min < self.range_max:
            raise ValueError(f"gain range is {self.range_min:g}..{self.range_max:g}; the minimum must be smaller")


class GainControl:
    """Brings thermal images of one camera to 8 bit; 8-bit images pass through untouched.

    It remembers the range of the last frame, so use one per camera and call ``reset`` when the stream
    starts again.
    """

    def __init__(self, settings: GainSettings | None = None) -> None:
        self.settings = settings or GainSettings()
        self._range: tuple[float, float] | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """Raw values now shown as black and white, or None before the first raw image."""
        return self._range

    def reset(self) -> None:
        """Forget the range of earlier frames."""
        self._range = None

    def __call__(self, image: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Return an (H, W) uint8 image.

        Args:
            image: (H, W) uint8, uint16 or float32; float values must be finite.

        Raises:
            ImageError: another shape or dtype.
        """
        if image.ndim != 2 or image.size == 0:
            raise ImageError(f"thermal image has shape {image.shape}; accepted: (H, W) with H and W at least 1")
        if image.dtype == np.uint8:
            return image.astype(np.uint8, copy=False)
        if image.dtype not in (np.uint16, np.float32):
            raise ImageError(f"thermal image has dtype {image.dtype}; accepted: uint8, uint16, float32")
        low, high = self._update_range(image)
        scale = 255.0 / (high - low) if high - low > _FLAT else 0.0
        if scale == 0.0:
            return np.full(image.shape, 128, np.uint8)  # a flat scene carries no information
        if image.dtype == np.uint16 and image.size >= _MIN_PIXELS_FOR_TABLE:
            table = np.clip((np.arange(65536, dtype=np.float32) - low) * scale + 0.5, 0, 255).astype(np.uint8)
            return table[image]
        with np.errstate(over="ignore"):  # what overflows is white or black all the same
            return np.clip((image.astype(np.float32) - low) * scale + 0.5, 0, 255).astype(np.uint8)

    def _update_range(self, image: NDArray[np.generic]) -> tuple[float, float]:
        settings = self.settings
        if settings.mode == "fixed":
            self._range = (settings.range_min, settings.range_max)
            return self._range
        stride = max(1, int((image.size / _SAMPLES) ** 0.5))
        low, high = (
            float(value)
            for value in np.percentile(
                image[::stride, ::stride].astype(np.float64), (settings.low_percentile, settings.high_percentile)
            )
        )
        if self._range is not None and not _far_apart(self._range, (low, high)):
            keep = settings.smoothing
            low = keep * self._range[0] + (1 - keep) * low
            high = keep * self._range[1] + (1 - keep) * high
        self._range = (low, high)
        return self._range


def _far_apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two ranges differ by more than ``_JUMP`` times the narrower one: no mean of them fits either."""
    distance = max(abs(one[0] - other[0]), abs(one[1] - other[1]))
    return distance > _JUMP * min(one[1] - one[0], other[1] - other[0])
