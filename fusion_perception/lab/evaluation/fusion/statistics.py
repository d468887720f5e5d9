# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of the fused image alone: EN, SD, SF, AG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def entropy(fused: Gray) -> float:
    """Return EN, the entropy of the grey-level histogram, in bits (0..8).

    Formula: EN = -sum_i p_i log2 p_i over the 256 grey levels, 0 log 0 = 0.
    Source: Shannon, "A mathematical theory of communication", 1948; for fusion: Roberts et al.,
    "Assessment of image fusion procedures using entropy, image quality, and multispectral
    classification", J. Appl. Remote Sens. 2, 2008.

    Args:
        fused: (H, W) uint8.
    """
    p = np.bincount(fused.ravel(), minlength=256) / fused.size
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum()) + 0.0  # + 0.0: no "-0.0" for a constant image


def standard_deviation(fused: Gray) -> float:
    """Return SD, the standard deviation of the grey levels (0..127.5).

    Formula: SD = sqrt(mean((F - mean F)^2)), the population form.
    Source: Rao, "In-fibre Bragg grating sensors", Meas. Sci. Technol. 8, 1997, as the fusion
    literature cites it.

    Args:
        fused: (H, W) uint8.
    """
    return float(fused.std(dtype=np.float64))


def spatial_frequency(fused: Gray) -> float:
    """Return SF, the root of the summed row and column frequencies, in grey levels.

    Formula: SF = sqrt(RF^2 + CF^2) with RF^2 = mean((F[y, x+1] - F[y, x])^2) over the
    H (W - 1) horizontal differences and CF^2 likewise over the (H - 1) W vertical ones.
    Source: Eskicioglu and Fisher, "Image quality measures and their performance", IEEE Trans.
    Commun. 43, 1995. Some releases divide by H W instead; that is lower by about 0.1 %.

    Args:
        fused: (H, W) uint8, both sides at least 2.
    """
    f = fused.astype(np.int32)
    rf2 = np.square(np.diff(f, axis=1)).mean(dtype=np.float64)
    cf2 = np.square(np.diff(f, axis=0)).mean(dtype=np.float64)
    return float(np.sqrt(rf2 + cf2))


def average_gradient(fused: Gray) -> float:
    """Return AG, the mean gradient magnitude, in grey levels per pixel.

    Formula: AG = mean(sqrt((gx^2 + gy^2) / 2)), central differences inside and one-sided ones at
    the border (``numpy.gradient``).
    Source: Cui et al., "Detail preserved fusion of visible and infrared images using regional
    saliency extraction and multi-scale image decomposition", Opt. Commun. 341, 2015. Forward
    differences, which some releases use, give larger values.

    Args:
        fused: (H, W) uint8, both sides at least 2.
    """
    gy, gx = np.gradient(fused.astype(np.float64))
    return float(np.sqrt((gx * gx + gy * gy) / 2).mean())
