# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The pairs of one rig, made small for the search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.preprocess import GainControl

_LEAST_WIDTH, _MOST_WIDTH = 320, 640  # pixels of the RGB images of the search; between, half of what they have
_LEAST_PIXELS = 32  # of a side
_STILL = 0.6  # part of the thermal image that may never change; more is a scene that stands still


@dataclass(frozen=True)
class RigFrames:
    """Pairs of one rig.

    Attributes:
        thermal: grey uint8 images (h, w), all of one size.
        rgb: grey uint8 images (h, w), all of one size.
        valid: (h, w) bool of the thermal images' size: what is no frame, telemetry or dead line.
        thermal_size: (height, width) of the thermal camera.
        rgb_size: (height, width) of the RGB camera.
    """

    thermal: tuple[NDArray[np.uint8], ...]
    rgb: tuple[NDArray[np.uint8], ...]
    valid: NDArray[np.bool_]
    thermal_size: tuple[int, int]
    rgb_size: tuple[int, int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[NDArray[np.generic], NDArray[np.uint8]]]) -> RigFrames:
        """Make them of thermal images (H, W) and RGB images (H, W, 3) as they come from the cameras.

        Raises:
            DataError: there are none, they are too small, or their sizes change.
        """
        thermal: list[NDArray[np.uint8]] = []
        rgb: list[NDArray[np.uint8]] = []
        sizes: tuple[tuple[int, int], tuple[int, int]] | None = None
        gain = GainControl()
        for hot, colours in pairs:
            found = (hot.shape[0], hot.shape[1]), (colours.shape[0], colours.shape[1])
            if sizes is None:
                sizes = found
                if min(*found[0], *found[1]) < _LEAST_PIXELS:
                    raise DataError(f"images of {found[0]} and {found[1]} pixels; at least {_LEAST_PIXELS} a side")
            if found != sizes:
                raise DataError(
                    f"thermal and RGB images of {found[0]} and {found[1]} pixels after such of {sizes[0]} and "
                    f"{sizes[1]}: "
                    "these pairs are of more than one rig; give those of one"
                )
            thermal.append(_reduced(gain(hot), _MOST_WIDTH))
            width = min(max(_LEAST_WIDTH, found[1][1] // 2), _MOST_WIDTH)
            rgb.append(_reduced(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), width))
        if sizes is None:
            raise DataError("no pairs; give a folder or a bag with pairs of one rig")
        return cls(tuple(thermal), tuple(rgb), _changing(thermal), *sizes)

    def __len__(self) -> int:
        return len(self.thermal)

    def some(self, numbers: Iterable[int]) -> RigFrames:
        """Return the pairs of these numbers."""
        chosen = list(numbers)
        thermal, rgb = tuple(self.thermal[i] for i in chosen), tuple(self.rgb[i] for i in chosen)
        return RigFrames(thermal, rgb, self.valid, self.thermal_size, self.rgb_size)

    def full(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a homography between the small images as one between the cameras' pixels, its last number 1."""
        to_small = scale(self.thermal_size, self.thermal[0].shape)
        from_small = scale(self.rgb[0].shape, self.rgb_size)
        found = from_small @ matrix @ to_small
        return np.asarray(found / found[2, 2], np.float64)

    def small(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a homography between the cameras' pixels as one between the small images: the inverse of ``full``."""
        to_small, from_small = scale(self.rgb_size, self.rgb[0].shape), scale(self.thermal[0].shape, self.thermal_size)
        return np.asarray(to_small @ matrix @ from_small, np.float64)


def scale(source: tuple[int, ...], target: tuple[int, ...]) -> NDArray[np.float64]:
    """Matrix that takes pixel coordinates of one (height, width) to another, pixel areas (not centres) aligned."""
    fy, fx = target[0] / source[0], target[1] / source[1]
    return np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]], np.float64)


def _reduced(image: NDArray[np.generic], width: int) -> NDArray[np.uint8]:
    if image.shape[1] <= width:
        return np.asarray(image, np.uint8)
    size = (width, max(1, round(image.shape[0] * width / image.shape[1])))
    return np.asarray(cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def _changing(images: list[NDArray[np.uint8]]) -> NDArray[np.bool_]:
    """Where the images differ from one another: a frame around the picture, or a drawing over it, never changes."""
    low, high = images[0], images[0]
    for image in images[1:]:
        low, high = np.minimum(low, image), np.maximum(high, image)
    changing = cv2.morphologyEx(np.uint8(high > low), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0
    return np.asarray(changing if changing.mean() > 1 - _STILL else np.ones(changing.shape, bool))
