# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Resize images: to the model's size, and results back to the camera's."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

_Element = TypeVar("_Element", bound=np.generic)


def resize(image: NDArray[_Element], size: tuple[int, int], *, nearest: bool = False) -> NDArray[_Element]:
    """Resize an image; returns it unchanged if it has the size already.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        size: (height, width) wanted.
        nearest: keep values as they are, for class ids; else area averages down and linear up.
    """
    if image.shape[:2] == size:
        return image
    if nearest:
        method = cv2.INTER_NEAREST
    else:
        smaller = size[0] < image.shape[0] and size[1] < image.shape[1]
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=method), image.dtype)


def letterbox(
    image: NDArray[_Element], size: tuple[int, int], *, fill: int = 0, method: int | None = None
) -> NDArray[_Element]:
    """Fit an image into a size without distortion, in the middle of a ground.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        size: (height, width) wanted.
        fill: value of the ground.
        method: how OpenCV interpolates; by default area averages down and linear up.
    """
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    rows, columns = (max(1, min(most, round(side * scale))) for most, side in zip(size, image.shape[:2], strict=True))
    if method is None:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inner = image if (rows, columns) == image.shape[:2] else cv2.resize(image, (columns, rows), interpolation=method)
    if (rows, columns) == size:
        return np.asarray(inner, image.dtype)
    ground = np.full((height, width, *image.shape[2:]), fill, image.dtype)
    top, left = (height - rows) // 2, (width - columns) // 2
    ground[top : top + rows, left : left + columns] = inner
    return ground
