# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A calibrated camera: pixels to rays and points to pixels, lens distortion included, by OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

MODELS = {
    "": (0, 4, 5, 8, 12, 14),
    "plumb_bob": (0, 4, 5),
    "rational_polynomial": (0, 8, 12, 14),
    "equidistant": (0, 4),
}
"""Distortion models of CameraInfo -> how many coefficients they may have; no name means one of OpenCV's."""

_FISHEYE = "equidistant"
_WIDEST = 1.5  # times the normalised radius of the image's corner: beyond, polynomials of distortion fold back

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CameraModel:
    """A pinhole camera with a distorting lens.

    Attributes:
        size: (height, width) of the images in pixels.
        matrix: nine numbers, row by row: K of these images, in pixels.
        distortion: coefficients in OpenCV's order; empty: none.
        model: of ``MODELS``.

    Raises:
        ValueError: numbers that no camera has; the message names what is allowed.
    """

    size: tuple[int, int]
    matrix: tuple[float, ...]
    distortion: tuple[float, ...] = ()
    model: str = ""
    _corner: float = field(init=False, repr=False, compare=False, default=0.0)

    def __post_init__(self) -> None:
        """Check all numbers."""
        numbers = [*self.matrix, *self.distortion]
        if len(self.matrix) != 9 or not all(np.isfinite(numbers)) or min(self.matrix[0], self.matrix[4]) <= 0:
            raise ValueError(f"K is {list(self.matrix)}; allowed: 9 finite numbers with focal lengths above 0")
        if self.model not in MODELS:
            known = ", ".join(name for name in MODELS if name)
            raise ValueError(f"distortion model '{self.model}'; allowed: {known}")
        if len(self.distortion) not in MODELS[self.model]:
            allowed = ", ".join(str(number) for number in MODELS[self.model])
            raise ValueError(f"{len(self.distortion)} distortion coefficients of '{self.model}'; allowed: {allowed}")
        if min(self.size) < 1:
            raise ValueError(f"image of {self.size[0]} x {self.size[1]}; allowed: 1 pixel a side and more")
        height, width = self.size
        corners = np.array([(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)], np.float64)
        object.__setattr__(self, "_corner", float(np.nanmax(np.linalg.norm(self.rays(corners), axis=1))))

    def scaled(self, size: tuple[int, int]) -> CameraModel:
        """Return the camera as if its images had been resized to a (height, width)."""
        if size == self.size:
            return self
        fy, fx = size[0] / self.size[0], size[1] / self.size[1]
        scale = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]])
        matrix = scale @ self._k()
        return CameraModel(size, tuple(matrix.ravel().tolist()), self.distortion, self.model)

    def rays(self, pixels: Floats) -> Floats:
        """Return where the rays of (N, 2) pixels (x, y) meet the plane at depth 1, (N, 2)."""
        points = np.asarray(pixels, np.float64)[:, None]
        if self.model == _FISHEYE:
            found = cv2.fisheye.undistortPoints(points, self._k(), self._d(4))
        else:
            criteria = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 40, 1e-9)
            # OpenCV 4 has a function of its own for more than five iterations.
            iterate = getattr(cv2, "undistortPointsIter", None)
            if iterate is not None:
                found = iterate(points, self._k(), self._d(0), None, None, criteria)
            else:
                found = cv2.undistortPoints(points, self._k(), self._d(0), criteria=criteria)
        return np.asarray(found, np.float64)[:, 0]

    def pixels(self, points: Floats) -> Floats:
        """Return where (N, 3) points in the camera's optical frame (z forward) are seen, (N, 2); NaN: not at all."""
        ahead = points[:, 2] > 1e-6
        flat = np.where(ahead[:, None], points[:, :2] / np.where(ahead, points[:, 2], 1.0)[:, None], 0.0)
        inside = ahead & (np.linalg.norm(flat, axis=1) <= _WIDEST * self._corner)
        rays = np.column_stack([flat, np.ones(len(flat))])[:, None]
        none = np.zeros(3)
        if self.model == _FISHEYE:
            found, _ = cv2.fisheye.projectPoints(rays, none, none, self._k(), self._d(4))
        else:
            found, _ = cv2.projectPoints(rays, none, none, self._k(), self._d(0))
        seen = np.asarray(found, np.float64).reshape(-1, 2)
        seen[~inside] = np.nan
        return seen

    def _k(self) -> Floats:
        return np.array(self.matrix, np.float64).reshape(3, 3)

    def _d(self, least: int) -> Floats:
        return np.array([*self.distortion, *(0.0 for _ in range(least - len(self.distortion)))], np.float64)


def rotation_of(roll: float, pitch: float, yaw: float) -> Floats:
    """Return the (3, 3) rotation of angles in rad about the fixed axes x, y, z, in this order, as ROS has them."""
    (cr, sr), (cp, sp), (cy, sy) = ((np.cos(angle), np.sin(angle)) for angle in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, np.float64)


def pose_of(extrinsics: Sequence[float]) -> tuple[Floats, Floats]:
    """Return rotation (3, 3) and translation (3,) of ``[x, y, z, roll, pitch, yaw]`` in m and rad.

    Raises:
        ValueError: not six finite numbers.
    """
    if len(extrinsics) != 6 or not all(np.isfinite(extrinsics)):
        raise ValueError(f"extrinsics are {list(extrinsics)}; allowed: 6 finite numbers: x, y, z, roll, pitch, yaw")
    x, y, z, *angles = (float(value) for value in extrinsics)
    return rotation_of(*angles), np.array([x, y, z])
