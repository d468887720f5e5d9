# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of information kept from the sources: MI, VIF."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion._windows import window_mean

Gray = NDArray[np.uint8]
Float = NDArray[np.float64]

_VIF_NOISE = 2.0
"""Variance of the visual noise in grey levels squared (Sheikh and Bovik)."""
_VIF_EPS = 1e-10
VIF_MIN_SIDE = 41
"""Smallest image side for which the coarsest of the four VIF scales has a window."""


def _mutual_information(a: Gray, b: Gray) -> float:
    """Mutual information of two grey images in bits, from the 256 x 256 joint histogram."""
    joint = np.bincount(a.ravel().astype(np.int32) * 256 + b.ravel(), minlength=65536).astype(np.float64)
    joint /= a.size
    table = joint.reshape(256, 256)
    product = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    used = joint > 0
    return float((joint[used] * np.log2(joint[used] / product[used])).sum())


def mutual_information(thermal: Gray, visible: Gray, fused: Gray) -> float:
    """Return MI, what the fused grey levels tell of the sources', in bits, summed over both.

    Formula: MI = I(A; F) + I(B; F), I(X; F) = sum p(x, f) log2(p(x, f) / (p(x) p(f))), with one
    bin per grey level. Source: Qu, Zhang and Yan, "Information measure for performance of image
    fusion", Electron. Lett. 38, 2002. Releases that call a function in nats print ln 2 = 0.693
    times this value.

    Args:
        thermal: (H, W) uint8.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.
    """
    return _mutual_information(thermal, fused) + _mutual_information(visible, fused)


@dataclass(frozen=True)
class _Scale:
    """One scale of one image: the image, its window means and window variances."""

    image: Float
    mean: Float
    variance: Float


def _pyramid(image: Float) -> list[tuple[int, _Scale]]:
    """Return (window size, statistics) of the four scales; every image needs this once only."""
    scales = []
    for scale in range(4):
        size = 2 ** (4 - scale) + 1  # 17, 9, 5, 3
        sigma = size / 5
        if scale:
            image = np.ascontiguousarray(window_mean(image, size, sigma)[::2, ::2])
        mean = window_mean(image, size, sigma)
        variance = np.maximum(window_mean(image * image, size, sigma) - mean * mean, 0)
        scales.append((size, _Scale(image, mean, variance)))
    return scales


def _vif(reference: list[tuple[int, _Scale]], image: list[tuple[int, _Scale]]) -> float:
    """Pixel-domain visual information fidelity of an image against a reference."""
    kept = total = 0.0
    for (size, r), (_, i) in zip(reference, image, strict=True):
        covariance = window_mean(r.image * i.image, size, size / 5) - r.mean * i.mean
        # image = gain * reference + noise, locally; flat and inverted windows as in the authors' release
        flat, dark = r.variance < _VIF_EPS, i.variance < _VIF_EPS
        var_r = np.where(flat, 0, r.variance)
        gain = np.where(flat | dark, 0, covariance / (var_r + _VIF_EPS))
        noise = i.variance - gain * covariance
        noise[dark] = 0
        inverted = gain < 0
        noise[inverted], gain[inverted] = i.variance[inverted], 0
        kept += float(np.log2(1 + gain * gain * var_r / (noise + _VIF_NOISE)).sum())
        total += float(np.log2(1 + var_r / _VIF_NOISE).sum())
    # A reference without any information is kept in full by definition.
    return kept / total if total > 0 else 1.0


@dataclass(frozen=True)
class VisualInformationFidelity:
    """VIF against each source, and the two conventions found in the literature.

    Attributes:
        thermal: VIF of the fused image with the thermal image as reference.
        visible: the same with the luminance of the visible image.
    """

    thermal: float
    visible: float

    @property
    def mean(self) -> float:
        """Mean over the sources: about 0.3 to 0.6 for good fusion; the convention of this package."""
        return self.sum / 2

    @property
    def sum(self) -> float:
        """Sum over the sources: about 0.6 to 1.2, the other convention."""
        return self.thermal + self.visible


def visual_information_fidelity(thermal: Gray, visible: Gray, fused: Gray) -> VisualInformationFidelity:
    """Return VIF in the pixel domain, against each source.

    Formula: VIF = sum log2(1 + g^2 s_r^2 / (s_v^2 + s_n^2)) / sum log2(1 + s_r^2 / s_n^2) over all
    windows of four scales (Gaussians of 17, 9, 5, 3 pixels, sigma = size / 5; halved between the
    scales), with the local gain g = s_ri / s_r^2, s_v^2 = s_i^2 - g s_ri and s_n^2 = 2.
    Source: Sheikh and Bovik, "Image information and visual quality", IEEE TIP 15, 2006, in the
    pixel-domain form of their release (vifp); for fusion: Han et al., "A new image fusion
    performance metric based on visual information fidelity", Inf. Fusion 14, 2013.

    Only windows that lie inside the image count, as in the release; padding the border instead
    changes the third decimal.

    Args:
        thermal: (H, W) uint8, both sides at least 41.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.

    Raises:
        ImageError: the image is too small for four scales.
    """
    if min(fused.shape[:2]) < VIF_MIN_SIDE:
        raise ImageError(
            f"VIF needs images of at least {VIF_MIN_SIDE} x {VIF_MIN_SIDE} pixels; got "
            f"{fused.shape[0]} x {fused.shape[1]}: leave VIF out or use larger images"
        )
    a, b, f = (_pyramid(x.astype(np.float64)) for x in (thermal, visible, fused))
    return VisualInformationFidelity(_vif(a, f), _vif(b, f))
