# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of structure kept from the sources: SSIM, MS-SSIM."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion._windows import window_mean

Gray = NDArray[np.uint8]
Float = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang, Simoncelli and Bovik)."""
MS_SSIM_MIN_SIDE = WINDOW * 2 ** (len(MS_SSIM_WEIGHTS) - 1)
"""Smallest image side for which the coarsest scale still holds one window: 176 pixels."""


def _ssim_terms(a: Float, b: Float) -> tuple[float, float]:
    """Return mean SSIM and mean contrast-structure term of two float64 grey images."""
    mu_a, mu_b = window_mean(a, WINDOW, SIGMA), window_mean(b, WINDOW, SIGMA)
    # s_a^2 + s_b^2 is all SSIM needs of the two variances: one filter for both.
    variances = window_mean(a * a + b * b, WINDOW, SIGMA) - mu_a * mu_a - mu_b * mu_b
    covariance = window_mean(a * b, WINDOW, SIGMA) - mu_a * mu_b
    structure = (2 * covariance + _C2) / (variances + _C2)
    luminance = (2 * mu_a * mu_b + _C1) / (mu_a * mu_a + mu_b * mu_b + _C1)
    return float((luminance * structure).mean()), float(structure.mean())


@dataclass(frozen=True)
class StructuralSimilarity:
    """Similarity of the fused image to each source; means over the sources are this package's convention.

    Attributes:
        thermal: (SSIM, MS-SSIM) against the thermal image; MS-SSIM is NaN below 176 pixels.
        visible: the same against the luminance of the visible image.
    """

    thermal: tuple[float, float]
    visible: tuple[float, float]

    @property
    def ssim(self) -> float:
        """SSIM, mean over the sources (-1..1). Where the literature sums over the sources, halve its value."""
        return (self.thermal[0] + self.visible[0]) / 2

    @property
    def ms_ssim(self) -> float:
        """MS-SSIM, mean over the sources (0..1), NaN for images with a side below 176 pixels."""
        return (self.thermal[1] + self.visible[1]) / 2


def _halve(image: Float) -> Float:
    """Mean of every 2 x 2 block; an odd last row or column is left out."""
    height, width = (n // 2 * 2 for n in image.shape)
    return cv2.resize(image[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)


def _similarities(a: Float, b: Float) -> tuple[float, float]:
    """Return (SSIM, MS-SSIM) of two grey images; the finest scale of the second is the first's work."""
    ssim, structure = _ssim_terms(a, b)
    if min(a.shape) < MS_SSIM_MIN_SIDE:
        return ssim, float("nan")
    ms_ssim = 1.0
    for weight in MS_SSIM_WEIGHTS[:-1]:
        # A negative mean has no real power: such a scale counts as no similarity at all.
        ms_ssim *= max(structure, 0.0) ** weight
        a, b = _halve(a), _halve(b)
        similarity, structure = _ssim_terms(a, b)
    return ssim, ms_ssim * max(similarity, 0.0) ** MS_SSIM_WEIGHTS[-1]


def structural_similarity(thermal: Gray, visible: Gray, fused: Gray) -> StructuralSimilarity:
    """Return SSIM and MS-SSIM of the fused image against each source.

    Formula: SSIM = mean((2 m_a m_f + C1)(2 s_af + C2) / ((m_a^2 + m_f^2 + C1)(s_a^2 + s_f^2 + C2)))
    with a Gaussian window of 11 x 11, sigma 1.5, C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2,
    population (co)variances, and only windows inside the image (padding instead changes the third
    decimal). MS-SSIM = prod_j cs_j^w_j * SSIM_5^w_5, cs the mean of the right-hand (contrast and
    structure) factor at scale j, scales halved by 2 x 2 means, w = 0.0448, 0.2856, 0.3001, 0.2363,
    0.1333.
    Source: Wang et al., "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13, 2004; Wang, Simoncelli and Bovik, "Multiscale structural similarity
    for image quality assessment", Asilomar 2003.

    Args:
        thermal: (H, W) uint8, both sides at least 11.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.

    Raises:
        ImageError: the image is smaller than the window.
    """
    if min(fused.shape) < WINDOW:
        raise ImageError(
            f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels; got "
            f"{fused.shape[0]} x {fused.shape[1]}: leave SSIM out or use larger images"
        )
    a, b, f = (x.astype(np.float64) for x in (thermal, visible, fused))
    return StructuralSimilarity(_similarities(a, f), _similarities(b, f))
