# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The search from pairs to the nine numbers, and whether they are to be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment import Offsets
from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.coarse_search import WIDEST, coarse_search, distances, grid
from fusion_perception.lab.calibration.frames import RigFrames
from fusion_perception.lab.calibration.refinement import AGAIN, CERTAIN, Matrix, agreement, covered, offsets, refine

LEAST_PAIRS = 8
"""Fewest pairs that are enough to check an answer on some that it was not found on."""

_COARSE_PAIRS = 12  # for the coarse search
_SILENT = 0.03  # agreement of a pair below which it tells nothing
_CHUNKS = 4  # neighbours in time stay together, or both halves would show the same
_LEAST_PATCHES, _LEAST_QUARTERS, _LEAST_SHARE = 8, 3, 0.35
_MOST_RESIDUAL, _MOST_SPLIT, _LEAST_MARGIN = 0.01, 0.008, 1.15  # two parts of the RGB image's width, and a ratio


@dataclass(frozen=True)
class Calibration:
    """A homography and what is known about it. Pixels are those of the RGB camera.

    Attributes:
        homography: nine numbers, row by row: thermal pixel to RGB pixel, at the cameras' full resolution.
        kind: ``"similarity"``, ``"affine"`` or ``"homography"``: how much freedom the pairs could pin down.
        residuals: displacements that are left, in pixels, in parts of pairs that the answer was not found on.
        split: median distance in pixels between the answers of either half of the pairs.
        pairs: pairs that were looked at.
        silent: of them, those that tell nothing.
        agreement: (pairs,) how well the structure of each pair agrees, a correlation.
        margin: how many times better the place is than the best other one.
        doubts: why the answer is not to be used; empty if it is.
    """

    homography: tuple[float, ...]
    kind: str
    residuals: NDArray[np.float64]
    split: float
    pairs: int
    silent: int
    agreement: NDArray[np.float64]
    margin: float
    doubts: tuple[str, ...]

    @property
    def matrix(self) -> Matrix:
        """The homography as a (3, 3) matrix."""
        return np.array(self.homography).reshape(3, 3)

    def residual(self, percent: float) -> float:
        """Return a percentile of the residuals in pixels; infinite if there are none."""
        return float(np.percentile(self.residuals, percent)) if self.residuals.size else float("inf")


def solve(frames: RigFrames, spans: tuple[float, float] = WIDEST) -> Calibration:
    """Find the homography of a rig.

    Args:
        frames: pairs in order of time.
        spans: least and most width of the thermal view, as parts of the RGB view's width, where something is known.

    Raises:
        DataError: there are too few pairs.
    """
    number = len(frames)
    if number < LEAST_PAIRS:
        raise DataError(
            f"{number} pairs; at least {LEAST_PAIRS} of different moments are needed, 30 or more are better"
        )
    chosen = np.unique(np.linspace(0, number - 1, min(number, _COARSE_PAIRS)).round().astype(int))
    start, margin = coarse_search(frames.some(chosen), spans)
    matrix = refine(frames.some(chosen), start.matrix).matrix
    agreed = agreement(frames, matrix)
    silent = agreed < _SILENT
    weights = np.where(silent, 0.0, agreed / max(float(agreed.max()), 1e-9))
    if silent.all():
        weights = np.ones(number)
    refined = refine(frames, matrix, weights.tolist(), AGAIN + 1)
    chunk = np.arange(number) * _CHUNKS // number
    halves = [np.flatnonzero(chunk % 2 == k) for k in range(2)]
    answers = [refine(frames.some(half), refined.matrix, weights[half].tolist(), AGAIN).matrix for half in halves]
    unseen = [
        offsets(frames.some(other), answer, weights[other].tolist())
        for answer, other in zip(answers, halves[::-1], strict=True)
    ]
    to_pixels = frames.rgb_size[1] / frames.rgb[0].shape[1]
    believed = [found.above(CERTAIN) for found in unseen]
    residuals = np.concatenate([np.linalg.norm(found.by, axis=1) for found in believed]) * to_pixels
    split = float(np.median(distances(answers[0], answers[1], grid(frames.thermal[0].shape)))) * to_pixels
    full = frames.full(refined.matrix)
    return Calibration(
        tuple(float(value) for value in full.ravel()),
        refined.kind,
        residuals,
        split,
        number,
        int(silent.sum()),
        agreed,
        margin,
        _doubts(frames, refined.matrix, unseen, believed, residuals, split, margin),
    )


def _doubts(
    frames: RigFrames,
    matrix: Matrix,
    unseen: list[Offsets],
    believed: list[Offsets],
    residuals: NDArray[np.float64],
    split: float,
    margin: float,
) -> tuple[str, ...]:
    """Return what speaks against an answer."""
    doubts = []
    width = frames.rgb_size[1]
    patches, total = min(len(found) for found in believed), max(1, min(len(found) for found in unseen))
    if patches < max(_LEAST_PATCHES, _LEAST_SHARE * total):
        doubts.append(f"only {patches} of {total} parts of the picture show the same edges in thermal and RGB")
    elif (quarters := min(_quarters(frames, matrix, found) for found in believed)) < _LEAST_QUARTERS:
        doubts.append(f"edges that agree are in {quarters} of 4 quarters of the picture")
    residual = float(np.median(residuals)) if residuals.size else float("inf")
    if residuals.size and residual > _MOST_RESIDUAL * width:
        doubts.append(f"{residual:.1f} px are left on unseen pairs; allowed: {_MOST_RESIDUAL * width:.1f} px")
    if split > _MOST_SPLIT * width:
        doubts.append(f"either half of the pairs gives another answer, {split:.1f} px apart")
    if margin < _LEAST_MARGIN:
        doubts.append(f"another place fits nearly as well (margin {margin:.2f}, {_LEAST_MARGIN:g} is needed)")
    return tuple(doubts)


def _quarters(frames: RigFrames, matrix: Matrix, found: Offsets) -> int:
    """Return in how many quarters of what thermal covers there are such patches."""
    rows, columns = np.nonzero(covered(frames, matrix, frames.rgb[0].shape))
    if not len(rows) or not len(found):
        return 0
    middle = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    return len({(bool(x > middle[0]), bool(y > middle[1])) for x, y in found.at})
