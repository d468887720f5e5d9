# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Dead lines, telemetry lines and dead pixels of a raw thermal image: what does not show the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.preprocess.distribution import Distribution
from fusion_perception.preprocess.neighbours import neighbours

BULK = (5.0, 95.0)
"""Percentiles between which the bulk of a scene lies."""

_FAR = 3.0  # spans of the bulk away from it, that is: beyond nearly all of an ordinary scene
_LINE_SHARE = 0.5  # far pixels of a line that sticks out
_LINES = 4  # adjacent lines that may stick out together; telemetry takes up to four, more is a part of the scene
_PIXELS = 0.01  # share of pixels; where more stand alone, it is noise
_FRAMES = 10  # in a row in which a defect has to show


@dataclass(frozen=True)
class Defects:
    """What sticks out of an image.

    Attributes:
        rows: indices of rows, rising.
        columns: indices of columns, rising.
        pixels: indices of single pixels in the flattened image, rising.
    """

    rows: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    columns: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    pixels: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))

    def __bool__(self) -> bool:
        """Whether anything sticks out."""
        return bool(self.rows.size or self.columns.size or self.pixels.size)

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return the pixels of an image of a shape (H, W) that they take."""
        mask = np.zeros(shape, np.bool_)
        mask[self.rows] = True
        mask[:, self.columns] = True
        mask.reshape(-1)[self.pixels] = True
        return mask

    def common(self, other: Defects) -> Defects:
        """Return what sticks out of both of two images."""
        return Defects(
            np.intersect1d(self.rows, other.rows, assume_unique=True),
            np.intersect1d(self.columns, other.columns, assume_unique=True),
            np.intersect1d(self.pixels, other.pixels, assume_unique=True),
        )


NO_DEFECTS = Defects()


def find_defects(image: NDArray[Any], distribution: Distribution) -> Defects:
    """Return the lines and single pixels that are far from everything else in an image.

    Hardly any scene has a line, or a single pixel, that is far away from the bulk of its values while the pixels
    beside it are not. What is found so in one image may still be a part of the scene; it is left out of a
    statistic, no more. ``DefectWatch`` finds what stays.

    Args:
        image: (H, W) uint16 or float32.
        distribution: of its values.
    """
    low, high = (distribution.percentile(percent) for percent in BULK)
    reach = _FAR * (high - low)
    limits = np.finfo(np.float32) if image.dtype == np.float32 else np.iinfo(np.uint16)
    low, high = max(low - reach, float(limits.min)), min(high + reach, float(limits.max))
    if image.dtype == np.uint16:
        if distribution.share_outside(low, high) == 0:
            return NO_DEFECTS  # the usual case; of a float image the distribution knows some pixels only
        low, high = math.ceil(low), math.floor(high)  # a comparison with a float would convert the image
    far = ((image < low) | (image > high)).view(np.uint8)
    if not cv2.countNonZero(far):
        return NO_DEFECTS
    rows = _short_runs(cv2.reduce(far, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(-1), image.shape[1])
    columns = _short_runs(cv2.reduce(far, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(-1), image.shape[0])
    if rows.size or columns.size:
        far = far.copy()
        far[rows] = 0
        far[:, columns] = 0
    around = cv2.boxFilter(far, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    alone = np.flatnonzero((far != 0) & (around == 1))
    if alone.size > _PIXELS * image.size:
        alone = alone[:0]
    return Defects(rows, columns, _beyond_neighbours(image, alone, reach))


def _beyond_neighbours(image: NDArray[Any], pixels: NDArray[np.intp], reach: float) -> NDArray[np.intp]:
    """Return those pixels that differ from each of their neighbours by more than ``reach``; optics blur real things."""
    places = np.stack(np.divmod(pixels, image.shape[1]), axis=1)
    rows, columns = neighbours(places, image.shape)
    own = image[tuple(places.T)].astype(np.float64)
    gaps = np.abs(image[rows, columns] - own[:, None])
    itself = (rows == places[:, :1]) & (columns == places[:, 1:])  # at the border
    gaps[itself] = np.inf
    return np.asarray(pixels[gaps.min(axis=1) > reach])


def _short_runs(far: NDArray[np.int32], length: int) -> NDArray[np.intp]:
    """Return the lines most of whose pixels are far, unless too many of them are adjacent."""
    lines = np.flatnonzero(far >= _LINE_SHARE * length)
    runs = np.split(lines, np.flatnonzero(np.diff(lines) > 1) + 1)
    short = [run for run in runs if run.size <= _LINES]
    return np.concatenate(short) if short else lines[:0]


class DefectWatch:
    """Tells the defects of a camera from what passes through its view: they stick out in frame after frame."""

    def __init__(self) -> None:
        self.lasting = NO_DEFECTS
        self._candidates = NO_DEFECTS
        self._frames = 0

    def update(self, defects: Defects) -> None:
        """Take what sticks out of the next frame; ``lasting`` follows every few frames."""
        self._candidates = self._candidates.common(defects) if self._frames else defects
        self._frames += 1
        if self._frames >= _FRAMES:
            self.lasting = self._candidates
            self._frames = 0
