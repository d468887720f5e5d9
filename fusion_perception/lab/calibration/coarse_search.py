# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The rough place of the thermal view in the RGB view: all scales, some rolls, all shifts, over many frames at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment.structure import Floats, structure
from fusion_perception.lab.calibration.frames import RigFrames, scale

_WIDTH = 128  # pixels of the RGB view in this search
_STEP = 0.05  # of the logarithm of the scale
_ROLLS = (-3.0, 0.0, 3.0)  # degrees; what lies between is left to the refinement
_SHIFT = 0.3  # of the RGB view's size: how far the middles of the views may lie apart
_OVERLAP = 0.25  # part of the thermal view that has to lie in the RGB view
_ASPECTS_DIFFER = 0.03
_OTHER_PLACE = 0.06  # of the RGB view's width: from there on two answers contradict one another
WIDEST = (0.4, 1.7)
"""Widths of the thermal view, as parts of the RGB view's width, that are tried when nothing is known."""


@dataclass(frozen=True)
class Candidate:
    """One answer.

    Attributes:
        score: correlation of the structure, times the root of the pixels that it rests on.
        matrix: (3, 3) homography from small thermal to small RGB pixels.
    """

    score: float
    matrix: NDArray[np.float64]


def coarse_search(frames: RigFrames, spans: tuple[float, float] = WIDEST) -> tuple[Candidate, float]:
    """Return the best answer, and by how many times its score exceeds that of the best one that contradicts it.

    Args:
        frames: some pairs of the rig; a dozen are enough.
        spans: least and most width of the thermal view, as parts of the RGB view's width.
    """
    search = _Search(frames)
    number = max(1, round(np.log(spans[1] / spans[0]) / _STEP)) + 1
    found = [
        search.best(float(span), roll, aspect)
        for aspect in _aspects(frames)
        for span in np.geomspace(spans[0], spans[1], number)
        for roll in _ROLLS
    ]
    best = max(found, key=lambda candidate: candidate.score)
    points = grid(frames.thermal[0].shape)
    limit = _OTHER_PLACE * frames.rgb[0].shape[1]
    others = [c.score for c in found if median_distance(c.matrix, best.matrix, points) > limit]
    rival = max(others, default=0.0)
    return best, best.score / rival if rival > 0 else np.inf


def grid(shape: tuple[int, ...], number: int = 9) -> NDArray[np.float64]:
    """Return (N, 2) points (x, y) spread evenly over an image of a (height, width), its corners included."""
    xs, ys = np.meshgrid(np.linspace(0, shape[1] - 1, number), np.linspace(0, shape[0] - 1, number))
    return np.stack([xs.ravel(), ys.ravel()], axis=1)


def distances(
    first: NDArray[np.float64], second: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far two homographies take each of (N, 2) points from one another, in pixels of the target."""
    moved = [cv2.perspectiveTransform(points[None], np.asarray(matrix, np.float64))[0] for matrix in (first, second)]
    return np.asarray(np.linalg.norm(moved[0] - moved[1], axis=1), np.float64)


def median_distance(first: NDArray[np.float64], second: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    """Return the median of ``distances``."""
    return float(np.median(distances(first, second, points)))


def _aspects(frames: RigFrames) -> Sequence[float]:
    """Heights of a thermal pixel for its width: square, and, where the formats differ, as if both views were one."""
    (h, w), (height, width) = frames.thermal_size, frames.rgb_size
    stretch = (height / width) / (h / w)
    return (1.0,) if abs(np.log(stretch)) < _ASPECTS_DIFFER else (1.0, stretch)


class _Search:
    """What is the same for every scale and roll."""

    def __init__(self, frames: RigFrames) -> None:
        self._frames = frames
        height, width = frames.rgb[0].shape
        self._size = size = (max(16, round(_WIDTH * height / width)), _WIDTH)
        self._padded = (_padded(size[0]), _padded(size[1]))
        rgb = [structure(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)) for image in frames.rgb]
        self._rgb = [self._spectrum(vectors) for vectors in rgb]
        self._rgb_energy = self._spectrum(sum((_energy(vectors) for vectors in rgb), np.zeros(size, np.float32)))
        self._rgb_area = self._spectrum(np.ones(size, np.float32))
        self._to_full = scale(size, frames.rgb[0].shape)

    def best(self, span: float, roll: float, aspect: float) -> Candidate:
        """Return the best shift of one scale and roll, by the correlation of all frames together."""
        shape = self._frames.thermal[0].shape
        columns = max(8, round(_WIDTH * span))
        inner = (max(8, round(columns * shape[0] / shape[1] * aspect)), columns)
        turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (inner[0] - 1) / 2), -roll, 1.0)
        turn[:, 2] += ((self._size[1] - columns) / 2, (self._size[0] - inner[0]) / 2)
        valid = self._placed(self._frames.valid.astype(np.float32), inner, turn) > 0.99
        seen = cv2.erode(np.uint8(valid), np.ones((5, 5), np.uint8), borderValue=0).astype(np.float32)
        product = np.zeros(self._padded, np.complex64)
        energy = np.zeros(self._size, np.float32)
        for image, rgb in zip(self._frames.thermal, self._rgb, strict=True):
            vectors = structure(self._placed(image, inner, turn), seen > 0)
            product += np.conj(self._spectrum(vectors)) * rgb
            energy += _energy(vectors)
        area = np.conj(self._spectrum(seen))
        pixels = self._back(area * self._rgb_area)
        energies = self._back(area * self._rgb_energy), self._back(np.conj(self._spectrum(energy)) * self._rgb_area)
        norm = np.sqrt(np.maximum(energies[0], 1e-3) * np.maximum(energies[1], 1e-3))
        correlation = self._back(product) / norm
        score = np.where(
            pixels >= _OVERLAP * max(float(seen.sum()), 1.0), correlation * np.sqrt(np.maximum(pixels, 0)), 0
        )
        row, column = (int(k) for k in np.unravel_index(int(score.argmax()), score.shape))
        shift = [
            place if place <= padded // 2 else place - padded
            for place, padded in zip((column, row), self._padded[::-1], strict=True)
        ]
        move = np.vstack([turn, (0, 0, 1)])
        move[:2, 2] += shift
        return Candidate(float(score[row, column]), self._to_full @ move @ scale(shape, inner))

    def _placed(self, image: NDArray[np.generic], inner: tuple[int, int], turn: NDArray[np.float64]) -> Floats:
        """Bring a thermal image, or its mask, into the RGB view's middle."""
        is_mask = image.dtype == np.float32
        small = cv2.resize(np.asarray(image), inner[::-1], interpolation=cv2.INTER_AREA)
        border = cv2.BORDER_CONSTANT if is_mask else cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(small, turn, self._size[::-1], borderMode=border), np.float32)

    def _spectrum(self, image: Floats) -> NDArray[np.complex64]:
        """(H, W) spectrum of an image of vectors, taken as complex numbers, or of real numbers."""
        padded = np.zeros((*self._padded, 2), np.float32)
        padded[: image.shape[0], : image.shape[1], : 2 if image.ndim == 3 else 1] = image.reshape(*image.shape[:2], -1)
        return np.asarray(cv2.dft(padded, nonzeroRows=image.shape[0])).view(np.complex64)[..., 0]

    def _back(self, spectrum: NDArray[np.complex64]) -> Floats:
        parts = np.ascontiguousarray(spectrum).view(np.float32).reshape(*spectrum.shape, 2)
        return np.asarray(cv2.idft(parts, flags=cv2.DFT_SCALE)[..., 0], np.float32)


def _padded(side: int) -> int:
    return int(cv2.getOptimalDFTSize(round(side * (1 + 2 * _SHIFT))))


def _energy(vectors: Floats) -> Floats:
    return np.asarray(np.square(vectors).sum(2), np.float32)
