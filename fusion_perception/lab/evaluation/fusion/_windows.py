# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian windows and window means shared by SSIM and VIF."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@lru_cache(maxsize=16)
def gaussian_window(size: int, sigma: float) -> Float:
    """Return a 1-D Gaussian of ``size`` taps that sums to 1 (the 2-D window is its outer product)."""
    offsets = np.arange(size, dtype=np.float64) - (size - 1) / 2
    taps = np.exp(-0.5 * (offsets / sigma) ** 2)
    return taps / taps.sum()


def window_mean(image: Float, size: int, sigma: float) -> Float:
    """Return the Gaussian-weighted mean around every pixel whose window lies inside the image.

    Args:
        image: (H, W) float64, H and W at least ``size``.
        size: odd window side in pixels.
        sigma: standard deviation of the window in pixels.

    Returns:
        (H - size + 1, W - size + 1) float64: no pixel outside the image is ever invented.
    """
    taps = gaussian_window(size, sigma)
    r = size // 2
    full = cv2.sepFilter2D(image, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REFLECT_101)
    return full[r : image.shape[0] - r, r : image.shape[1] - r]
