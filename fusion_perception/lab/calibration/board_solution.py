# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics of both cameras and where they are to one another, from views of a board, by OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.board import CHECKERBOARD, Board, Points
from fusion_perception.preprocess import GainControl

LEAST_VIEWS = 8
"""Fewest views of the board by both cameras."""

_LEAST_POINTS = 8  # of a view
_MOST_RMS = 1.0  # pixels
_LEAST_SPREAD = 0.5  # of the image's width and height that the points of all views have to reach over


@dataclass(frozen=True)
class CameraSolution:
    """Intrinsics of one camera.

    Attributes:
        size: (height, width) in pixels.
        matrix: (3, 3) K.
        distortion: five coefficients, ``plumb_bob``.
        rms: reprojection error in pixels.
        spread: parts of the width and of the height over which the board was seen.
    """

    size: tuple[int, int]
    matrix: NDArray[np.float64]
    distortion: NDArray[np.float64]
    rms: float
    spread: tuple[float, float]


@dataclass(frozen=True)
class BoardSolution:
    """Both cameras.

    Attributes:
        thermal: intrinsics of the thermal camera.
        rgb: intrinsics of the RGB camera.
        extrinsics: pose of the thermal camera in the RGB camera's optical frame: x, y, z in m, roll, pitch, yaw in rad.
        rms: reprojection error in pixels of both together.
        views: number of views by both.
        doubts: why it is not to be used; empty if it is.
    """

    thermal: CameraSolution
    rgb: CameraSolution
    extrinsics: tuple[float, ...]
    rms: float
    views: int
    doubts: tuple[str, ...]


def solve_board(pairs: Iterable[tuple[NDArray[np.generic], NDArray[np.uint8]]], board: Board) -> BoardSolution:
    """Calibrate both cameras by views of a board.

    Args:
        pairs: thermal (H, W) and RGB (H, W, 3) images as they come from the cameras.
        board: what is in them.

    Raises:
        DataError: too few views, or views of several rigs.
    """
    gain = GainControl()
    views: list[tuple[Points, Points]] = []
    sizes: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
    number = 0
    for warm, colours in pairs:
        number += 1
        sizes.add((warm.shape[:2], colours.shape[:2]))
        hot, cold = board.find(gain(warm)), board.find(np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8))
        if board.kind == CHECKERBOARD and hot and cold and _opposed(hot, cold):
            hot = board.turned(hot)
        common = sorted(hot.keys() & cold.keys())
        if len(common) >= _LEAST_POINTS:
            views.append(({k: hot[k] for k in common}, {k: cold[k] for k in common}))
    if len(sizes) > 1:
        raise DataError(f"images of different sizes ({sorted(sizes)[:2]}): give pairs of one rig")
    if len(views) < LEAST_VIEWS:
        raise DataError(
            f"both cameras see the board in {len(views)} of {number} pairs; at least {LEAST_VIEWS} views are needed. "
            "Warm the board (by a lamp) so that its pattern shows in thermal, tilt it, and bring it to every corner"
        )
    size = sizes.pop()
    flat = [board.places(list(view[0])) for view in views]
    seen = [[np.array(list(view[k].values()), np.float32) for view in views] for k in range(2)]
    cameras = [_camera(flat, seen[k], (size[k][0], size[k][1])) for k in range(2)]
    thermal, rgb = cameras
    rms, *_, rotation, translation, _, _ = cv2.stereoCalibrate(
        flat, seen[0], seen[1], thermal.matrix, thermal.distortion, rgb.matrix, rgb.distortion, None,
        flags=cv2.CALIB_FIX_INTRINSIC,
    )  # fmt: skip
    extrinsics = (*np.ravel(translation).tolist(), *angles_of(np.asarray(rotation)))
    return BoardSolution(thermal, rgb, extrinsics, float(rms), len(views), _doubts(thermal, rgb, float(rms)))


def angles_of(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return roll, pitch and yaw in rad of a (3, 3) rotation, about the fixed axes x, y, z."""
    r = rotation
    pitch = np.arctan2(-r[2, 0], np.hypot(r[2, 1], r[2, 2]))
    return float(np.arctan2(r[2, 1], r[2, 2])), float(pitch), float(np.arctan2(r[1, 0], r[0, 0]))


def _opposed(hot: Points, cold: Points) -> bool:
    """Whether one camera counts the corners from the other end: with warm and cold swapped, a board seems turned."""
    ways = [points[max(points)] - points[min(points)] for points in (hot, cold)]
    return float(ways[0] @ ways[1]) < 0


def _camera(flat: list[NDArray[np.float32]], seen: list[NDArray[np.float32]], size: tuple[int, int]) -> CameraSolution:
    rms, matrix, distortion, *_ = cv2.calibrateCamera(flat, seen, size[::-1], None, None, flags=cv2.CALIB_FIX_K3)
    points = np.concatenate(seen)
    spread = np.ptp(points, axis=0) / np.array(size[::-1])
    found = np.asarray(distortion, np.float64).ravel()[:5]
    return CameraSolution(size, np.asarray(matrix, np.float64), found, float(rms), (float(spread[0]), float(spread[1])))


def _doubts(thermal: CameraSolution, rgb: CameraSolution, rms: float) -> tuple[str, ...]:
    doubts = []
    for name, camera in (("thermal", thermal), ("RGB", rgb)):
        if camera.rms > _MOST_RMS:
            doubts.append(f"{camera.rms:.2f} px are left in {name}; allowed: {_MOST_RMS:g} px")
        if min(camera.spread) < _LEAST_SPREAD:
            doubts.append(
                f"the board was seen over {camera.spread[0]:.0%} of the width and {camera.spread[1]:.0%} of the "
                f"height of {name}; bring it into every corner"
            )
    if rms > 1.5 * _MOST_RMS:
        doubts.append(
            f"{rms:.2f} px are left between the cameras; allowed: {1.5 * _MOST_RMS:g} px: are pairs of one moment?"
        )
    return tuple(doubts)
