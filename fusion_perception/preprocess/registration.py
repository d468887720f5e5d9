# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Registration: the thermal image is laid onto the RGB image, and both onto the model's grid."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.resize import resize

_MAX_CONDITION = 1e12  # beyond, float64 has no inverse; pixel shifts of a 4K camera stay below 1e9

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
"""The homography that says: both cameras see the same field of view."""


class Registration:
    """Warps thermal images onto the RGB camera's view.

    Args:
        homography: nine numbers, row by row: the 3 x 3 matrix that takes thermal pixel coordinates
            (x, y, 1) to RGB pixel coordinates, both at the cameras' full resolution, pixel centres at
            whole numbers; any multiple of it means the same. The identity means that the views agree
            and that only the sizes may differ; then the image is stretched to the other size.

    Raises:
        ValueError: not nine finite numbers, or a matrix that cannot be inverted.
    """

    kind = "homography"

    def __init__(self, homography: Sequence[float] = IDENTITY) -> None:
        matrix = np.asarray(homography, np.float64)
        if matrix.size != 9 or not np.isfinite(matrix).all():
            raise ValueError(f"homography is {list(homography)}; allowed: 9 finite numbers, row by row")
        matrix = matrix.reshape(3, 3)
        if not np.linalg.cond(matrix) < _MAX_CONDITION:
            raise ValueError(f"homography {list(homography)} cannot be inverted; measure it again")
        # By a power of two, which rounds nothing: OpenCV's determinant of very large or small numbers has no value.
        matrix = np.ldexp(matrix, -int(np.frexp(np.abs(matrix).max())[1]))
        self._matrix = None if np.array_equal(matrix, matrix[2, 2] * np.eye(3)) else matrix

    @property
    def is_identity(self) -> bool:
        """Whether images are only resized."""
        return self._matrix is None

    def thermal_to(
        self, size: tuple[int, int], thermal: NDArray[np.uint8], rgb_size: tuple[int, int] | None
    ) -> NDArray[np.uint8]:
        """Return the thermal image on the model's grid.

        Args:
            size: (height, width) of the model.
            thermal: (H, W) uint8.
            rgb_size: (height, width) of the RGB image it belongs to; None when there is none, then the
                thermal view itself is the reference and nothing is warped.

        Returns:
            (height, width) uint8; 0 where the thermal camera sees nothing.
        """
        if self._matrix is None or rgb_size is None:
            return resize(thermal, size)
        matrix = _scale(rgb_size, size) @ self._matrix
        warped = cv2.warpPerspective(thermal, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR)
        return np.asarray(warped, np.uint8)


def _scale(source: tuple[int, int], target: tuple[int, int]) -> NDArray[np.float64]:
    """Matrix that takes pixel coordinates of one size to another, pixel areas (not centres) aligned."""
    fy, fx = target[0] / source[0], target[1] / source[1]
    return np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]], np.float64)
