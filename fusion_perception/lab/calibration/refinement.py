# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""From a rough homography to the best one: where does each part of the thermal view lie, and which one explains it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment import Offsets, PatchOffsets, structure
from fusion_perception.lab.calibration.frames import RigFrames, scale

CERTAIN = 6.0
"""Certainty from which on a patch is believed."""

_LEAST_PATCHES = 6
_TOLERANCE = 0.015  # of the image's width: patches that are farther off lie at another depth, or are wrong
_BETTER = 0.9  # a richer kind of homography has to bring the error on unseen patches below this part of it
_SIMILARITY, _AFFINE, _HOMOGRAPHY = "similarity", "affine", "homography"
KINDS = (_SIMILARITY, _AFFINE, _HOMOGRAPHY)
"""Kinds of homographies, from few numbers to many."""
_ROUNDS = ((240, _SIMILARITY), (240, _SIMILARITY), (0, _SIMILARITY), (0, ""), (0, ""))  # width (0: all) and kind
AGAIN = 2
"""Rounds that are enough from an answer which others of these pairs have given."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Refined:
    """A homography that explains where the patches lie.

    Attributes:
        matrix: (3, 3) from small thermal to small RGB pixels.
        kind: of ``KINDS``.
    """

    matrix: Matrix
    kind: str


def refine(
    frames: RigFrames, matrix: Matrix, weights: Sequence[float] | None = None, rounds: int = len(_ROUNDS)
) -> Refined:
    """Return the homography near a rough one on which most parts of the view agree.

    Args:
        frames: pairs of the rig.
        matrix: (3, 3) from small thermal to small RGB pixels; what it is off has to be below a sixteenth of the width.
        weights: how much each frame counts; None: all alike.
        rounds: how often to measure and correct, 1 to 5.
    """
    kind = _SIMILARITY
    for width, wanted in _ROUNDS[-rounds:]:
        found = offsets(frames, matrix, weights, width).above(CERTAIN)
        if len(found) < _LEAST_PATCHES:
            continue
        kind = wanted or best_kind(found, frames.rgb[0].shape[1])
        correction = fit(found, kind, _TOLERANCE * frames.rgb[0].shape[1])
        if correction is not None:
            matrix = correction @ matrix
            matrix = matrix / matrix[2, 2]
    return Refined(matrix, kind)


def offsets(frames: RigFrames, matrix: Matrix, weights: Sequence[float] | None = None, width: int = 0) -> Offsets:
    """Return where the patches lie beside RGB under a homography, in small RGB pixels.

    Args:
        frames: pairs of the rig.
        matrix: (3, 3) from small thermal to small RGB pixels.
        weights: how much each frame counts; None: all alike.
        width: to measure at; 0: the width of the small RGB images.
    """
    full = frames.rgb[0].shape
    width = min(width or full[1], full[1])
    size = (max(8, round(full[0] * width / full[1])), width)
    to_size = scale(full, size)
    place = to_size @ matrix
    seen = covered(frames, place, size)
    patches = PatchOffsets(seen)
    for k, (hot, rgb) in enumerate(zip(frames.thermal, frames.rgb, strict=True)):
        weight = 1.0 if weights is None else weights[k]
        if weight > 0:
            patches.add(
                structure(laid(hot, place, size), seen),
                structure(cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA)),
                weight,
            )
    found = patches.measure()
    back = full[1] / size[1]
    at = cv2.perspectiveTransform(found.at[None], np.linalg.inv(to_size))[0] if len(found) else found.at
    return Offsets(at, found.by * back, found.certainty)


def agreement(frames: RigFrames, matrix: Matrix) -> NDArray[np.float64]:
    """Return how well the structure of each pair agrees under a homography: a correlation, about 0 for none."""
    size = frames.rgb[0].shape
    seen = covered(frames, matrix, size)
    found = []
    for hot, rgb in zip(frames.thermal, frames.rgb, strict=True):
        first, second = structure(laid(hot, matrix, size), seen), structure(rgb) * seen[..., None]
        norm = float(np.linalg.norm(first) * np.linalg.norm(second))
        found.append(float((first * second).sum()) / norm if norm > 0 else 0.0)
    return np.array(found)


def laid(image: NDArray[np.uint8], matrix: Matrix, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Lay a thermal image onto a view of a (height, width)."""
    warped = cv2.warpPerspective(image, matrix, (size[1], size[0]), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def covered(frames: RigFrames, matrix: Matrix, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """What of a view of a (height, width) valid thermal pixels cover, (H, W) bool, without the rim."""
    valid = cv2.warpPerspective(np.uint8(frames.valid) * 255, matrix, (size[1], size[0]))
    return np.asarray(cv2.erode(valid, np.ones((7, 7), np.uint8), borderValue=0) == 255)


def best_kind(found: Offsets, width: int) -> str:
    """Return the poorest kind of homography that predicts patches it has not seen about as well as any."""
    errors = {kind: _error_unseen(found, kind, width) for kind in KINDS}
    best = KINDS[0]
    for kind in KINDS[1:]:
        if errors[kind] < _BETTER * errors[best]:
            best = kind
    return best


def _error_unseen(found: Offsets, kind: str, width: int) -> float:
    """Median error at patches of the strips of the image that were left out in turn, so that extrapolation counts."""
    errors: list[float] = []
    for axis, number in ((0, 4), (1, 3)):
        place = found.at[:, axis]
        strip = np.minimum((number * (place - place.min()) / max(np.ptp(place), 1)).astype(int), number - 1)
        for left_out in range(number):
            out = strip == left_out
            kept = Offsets(found.at[~out], found.by[~out], found.certainty[~out])
            matrix = fit(kept, kind, _TOLERANCE * width) if len(kept) >= _LEAST_PATCHES else None
            if matrix is None:
                errors += [np.inf] * int(out.sum())
            elif out.any():
                moved = cv2.perspectiveTransform(found.at[out][None], matrix)[0] - found.at[out]
                errors += np.linalg.norm(moved - found.by[out], axis=1).tolist()
    return float(np.median(errors))


def fit(found: Offsets, kind: str, tolerance: float) -> Matrix | None:
    """Return the (3, 3) correction that moves the patches to where they belong, robustly; None if there is none."""
    source, target = found.at, found.at + found.by
    options = {"ransacReprojThreshold": tolerance, "maxIters": 1000, "confidence": 0.999}
    if kind == _HOMOGRAPHY:
        matrix, _ = cv2.findHomography(source, target, cv2.RANSAC, **options)
        return None if matrix is None else np.asarray(matrix, np.float64)
    estimate = cv2.estimateAffinePartial2D if kind == _SIMILARITY else cv2.estimateAffine2D
    matrix, _ = estimate(source, target, method=cv2.RANSAC, **options)
    return None if matrix is None else np.vstack([matrix, (0, 0, 1)]).astype(np.float64)
