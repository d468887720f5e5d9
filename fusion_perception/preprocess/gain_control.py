# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal gain control: 16-bit counts or temperatures become the 8-bit image that models expect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.preprocess.distribution import Distribution
from fusion_perception.preprocess.fill_missing import fill_missing
from fusion_perception.preprocess.scene_range import SceneRange, noise_of, scene_range
from fusion_perception.preprocess.sensor_defects import Defects, DefectWatch, find_defects
from fusion_perception.preprocess.shutter import ShutterWatch

GAIN_MODES = ("percentile", "fixed")
"""How the black and white points of a raw thermal image are found."""

_LOST = (0.2, 0.6)  # share of pixels that the old range would lose: slow up to the first, at once from the second
_NARROWER = 30.0  # a scene so many times narrower than the old range would have eight grey levels in it
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
        smoothing: 0..1, how much of the last frame's range stays; 0 follows at once and flickers. The more of
            a frame the old range would show as plain black or white, the faster it is left, at last at once:
            after a jump of the level nothing is blind, and one damaged frame spoils no later one.
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
        if not (math.isfinite(self.range_min) and math.isfinite(self.range_max)):
            raise ValueError(f"gain range is {self.range_min:g}..{self.range_max:g}; allowed: finite numbers")
        if not self.range_min < self.range_max:
            raise ValueError(f"gain range is {self.range_min:g}..{self.range_max:g}; the minimum must be smaller")


class GainControl:
    """Brings thermal images of one camera to 8 bit; 8-bit images pass through untouched.

    It remembers the range of the last frame, so use one per camera and call ``reset`` when the stream
    starts again.
    """

    def __init__(self, settings: GainSettings | None = None) -> None:
        self.settings = settings or GainSettings()
        self._scene: SceneRange | None = None
        self._shutter = ShutterWatch()
        self._watch = DefectWatch()
        self._closed = False

    @property
    def range(self) -> tuple[float, float] | None:
        """Raw values now shown as black and white, or None before the first raw image."""
        if self._scene is None:
            return None
        if self.settings.mode == "fixed":
            return self.settings.range_min, self.settings.range_max
        return self._scene.low, self._scene.high

    @property
    def shutter_closed(self) -> bool:
        """Whether the last image showed the camera's closed shutter instead of the scene."""
        return self._closed

    @property
    def shutter_frames(self) -> int:
        """Number of images so far that showed the closed shutter."""
        return self._shutter.frames

    @property
    def defects(self) -> Defects:
        """Lines and single pixels that stick out of image after image; the range is taken without them."""
        return self._watch.lasting

    def reset(self) -> None:
        """Forget the range of earlier frames."""
        self._scene = None
        self._closed = False

    def __call__(self, image: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Return an (H, W) uint8 image.

        Args:
            image: (H, W) uint8, uint16 or float32. Float values that are not finite are filled, up to ``FILL_SHARE``
                of the image.

        Raises:
            ImageError: another shape or dtype, or too many values that are not finite.
        """
        if image.ndim != 2 or image.size == 0:
            raise ImageError(f"thermal image has shape {image.shape}; accepted: (H, W) with H and W at least 1")
        if image.dtype == np.uint8:
            self._closed = False
            return image.astype(np.uint8, copy=False)
        if image.dtype not in (np.uint16, np.float32):
            raise ImageError(f"thermal image has dtype {image.dtype}; accepted: uint8, uint16, float32")
        if image.dtype == np.float32:
            try:
                image, _ = fill_missing(image.astype(np.float32, copy=False))
            except ImageError as error:
                raise ImageError(f"thermal image has {error}") from None
        distribution = self._distribution(image)
        settings = self.settings
        noise = noise_of(image)
        measured = scene_range(distribution, noise, settings.low_percentile, settings.high_percentile)
        self._closed = self._shutter.closed(measured, noise, self._scene)
        if not self._closed:
            self._scene = self._followed(measured.above_noise(noise), distribution)
        elif settings.mode != "fixed":
            return np.full(image.shape, 128, np.uint8)
        assert self.range is not None  # noqa: S101 - the first frame is never taken for a shutter
        return _to_grey(image, *self.range)

    def _distribution(self, image: NDArray[Any]) -> Distribution:
        """Return the distribution of an image's values, without what is no part of the scene."""
        distribution = Distribution.of(image)
        defects = find_defects(image, distribution)
        self._watch.update(defects)
        return distribution.without(image, defects.mask(image.shape)) if defects else distribution

    def _followed(self, measured: SceneRange, distribution: Distribution) -> SceneRange:
        """Return the range of the scene after this frame: a mean with the one before, unless that would blind."""
        scene, settings = self._scene, self.settings
        if scene is None or measured.span * _NARROWER < scene.span:
            return measured
        cut = (settings.low_percentile + 100 - settings.high_percentile) / 100  # lost in every frame
        lost = (distribution.share_outside(scene.low, scene.high) - cut) / (1 - cut)
        start, end = _LOST
        keep = settings.smoothing * min(max((end - lost) / (end - start), 0.0), 1.0)
        return SceneRange(keep * scene.low + (1 - keep) * measured.low, keep * scene.high + (1 - keep) * measured.high)


def _to_grey(image: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    scale = 255.0 / (high - low) if high - low > _FLAT else 0.0
    if scale == 0.0:
        return np.full(image.shape, 128, np.uint8)  # a flat scene carries no information
    if image.dtype == np.uint16 and image.size >= _MIN_PIXELS_FOR_TABLE:
        table = np.zeros(65536, np.uint8)
        first, last = (min(max(int(value), 0), 65535) for value in (low, high))
        table[first : last + 1] = _scaled(np.arange(first, last + 1, dtype=np.float32), low, scale)
        table[last + 1 :] = 255
        return table.take(image)
    return _scaled(image.astype(np.float32), low, scale)


def _scaled(values: NDArray[np.float32], low: float, scale: float) -> NDArray[np.uint8]:
    with np.errstate(over="ignore"):  # what overflows is white or black all the same
        return np.asarray(np.clip((values - low) * scale + 0.5, 0, 255).astype(np.uint8))
