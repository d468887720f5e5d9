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
