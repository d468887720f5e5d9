# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The eight neighbours of single pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIRECTIONS = np.array([(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)])


def neighbours(
    places: NDArray[np.intp], shape: tuple[int, ...], distance: int = 1
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the pixels around some pixels are.

    Args:
        places: (N, 2) row and column.
        shape: (H, W) of the image.
        distance: how far away in each of the eight directions.

    Returns:
        Rows and columns, (N, 8) each; those beyond the border are moved to it, which may be the pixel itself.
    """
    around: NDArray[Any] = places[:, None, :] + distance * _DIRECTIONS
    rows, columns = np.clip(around, 0, np.array(shape) - 1).transpose(2, 0, 1)
    return rows, columns
