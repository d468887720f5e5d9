# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of linear dependence between the fused image and its sources: CC, SCD."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Correlation of two images in -1..1; 0 when one of them is constant (no information)."""
    a = a - a.mean()
    b = b - b.mean()
    # Sums of products instead of BLAS dots, whose threads cost more than they save at this size.
    norm = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / norm) if norm > 0 else 0.0


def correlation_coefficient(thermal: Gray, visible: Gray, fused: Gray) -> float:
    """Return CC, the mean correlation of the fused image with the two sources (-1..1).

    Formula: CC = (r(A, F) + r(B, F)) / 2 with Pearson's r over all pixels.
    Source: Deshmukh and Bhosale, "Image fusion and image quality assessment of fused images",
    Int. J. Image Process. 4, 2010. A constant image has r = 0 here, not NaN.

    Args:
        thermal: (H, W) uint8.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.
    """
    a, b, f = (x.astype(np.float64) for x in (thermal, visible, fused))
    return (_pearson(a, f) + _pearson(b, f)) / 2


def sum_of_correlations_of_differences(thermal: Gray, visible: Gray, fused: Gray) -> float:
    """Return SCD, how well what each source brought explains what the fusion added (-2..2).

    Formula: SCD = r(F - B, A) + r(F - A, B); the differences are signed.
    Source: Aslantas and Bendes, "A new image quality metric for image fusion: the sum of the
    correlations of differences", AEU 69, 2015.

    Args:
        thermal: (H, W) uint8.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.
    """
    a, b, f = (x.astype(np.float64) for x in (thermal, visible, fused))
    return _pearson(f - b, a) + _pearson(f - a, b)
