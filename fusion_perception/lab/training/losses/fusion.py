# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Unsupervised fusion losses: intensity, gradient, structure."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def gradients(image: Tensor) -> tuple[Tensor, Tensor]:
    """Forward differences along x and y, zero at the far border: (B, 1, H, W) -> two of the same shape."""
    dx = F.pad(image[..., :, 1:] - image[..., :, :-1], (0, 1, 0, 0))
    dy = F.pad(image[..., 1:, :] - image[..., :-1, :], (0, 0, 0, 1))
    return dx, dy


def strongest(a: Tensor, b: Tensor) -> Tensor:
    """Element of larger magnitude, with its sign."""
    return torch.where(a.abs() >= b.abs(), a, b)


def gradient_loss(fused: Tensor, thermal: Tensor, luma: Tensor) -> Tensor:
    """L1 between the signed gradient of the fused image and the stronger source gradient, per axis."""
    terms = [
        (f - strongest(t, y)).abs().mean()
        for f, t, y in zip(gradients(fused), gradients(thermal), gradients(luma), strict=True)
    ]
    return terms[0] + terms[1]


def intensity_loss(fused: Tensor, thermal: Tensor, luma: Tensor) -> Tensor:
    """L1 to the pixel-wise maximum of the sources."""
    return (fused - torch.maximum(thermal, luma)).abs().mean()


def _gaussian_matrix(length: int, window: int, sigma: float, like: Tensor) -> Tensor:
    """Valid Gaussian filtering of one axis as a (length - window + 1, length) band matrix.

    On a CPU two dense matrix products are about ten times faster than one-channel convolutions.
    """
    x = torch.arange(window, dtype=like.dtype, device=like.device) - window // 2
    g = torch.exp(-(x**2) / (2 * sigma**2))
    g = g / g.sum()
    matrix = like.new_zeros(length - window + 1, length)
    for k in range(window):
        matrix.diagonal(k)[: length - window + 1] = g[k]
    return matrix


def ssim_per_image(a: Tensor, b: Tensor, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Structural similarity (Wang et al., 2004), Gaussian window, valid region, range 1.

    Args:
        a: (B, 1, H, W) in 0..1, float32 or float64: in bfloat16 the variances vanish.
        b: the same shape.
        window: odd side of the Gaussian window in pixels.
        sigma: its standard deviation in pixels.

    Returns:
        (B,) mean over the pixels of each image.
    """
    rows, columns = (_gaussian_matrix(a.shape[i], window, sigma, a) for i in (-2, -1))

    def blur(image: Tensor) -> Tensor:
        return rows @ image @ columns.t()

    mean_a, mean_b = blur(a), blur(b)
    var_a = (blur(a * a) - mean_a**2).clamp_min(0)
    var_b = (blur(b * b) - mean_b**2).clamp_min(0)
    cov = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    score = ((2 * mean_a * mean_b + c1) * (2 * cov + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return score.mean((1, 2, 3))


def ssim(a: Tensor, b: Tensor, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Mean of ``ssim_per_image`` over the batch, a scalar."""
    return ssim_per_image(a, b, window, sigma).mean()


def texture_loss(fused: Tensor, thermal: Tensor, luma: Tensor, window: int = 4, gain: float = 1.0) -> Tensor:
    """L1 between local gradient energies: of the fused image, and of the stronger source gradient.

    Energies are means of |dx| + |dy| over ``window`` x ``window`` pixels. ``gradient_loss`` asks for each edge in its
    place, and where sources disagree its minimum is a blurred compromise; this one asks that texture stays as strong.

    Args:
        fused: (B, 1, H, W) in 0..1.
        thermal: the same shape.
        luma: the same shape.
        window: side in pixels.
        gain: factor on the source energy, against the shrinkage of a regression.
    """
    found = torch.stack([g.abs() for g in gradients(fused)]).sum(0)
    sources = zip(gradients(thermal), gradients(luma), strict=True)
    wanted = torch.stack([torch.maximum(t.abs(), y.abs()) for t, y in sources]).sum(0)
    return (F.avg_pool2d(found, window) - gain * F.avg_pool2d(wanted, window)).abs().mean()


def histogram_entropy(image: Tensor, bins: int = 33, step: int = 2) -> Tensor:
    """Entropy of the grey-level histogram of each image in bits, with a gradient: (B, 1, H, W) in 0..1 -> (B,).

    Each pixel is shared between the two nearest of ``bins`` equidistant levels, linearly (Ustinova and Lempitsky,
    Learning deep embeddings with histogram loss, 2016). Only every ``step``-th row and column is counted.
    """
    levels = torch.linspace(0, 1, bins, device=image.device, dtype=image.dtype)
    pixels = image[..., ::step, ::step].flatten(1).clamp(0, 1)
    share = torch.relu(1 - (pixels[..., None] - levels).abs() * (bins - 1)).mean(1)
    return -(share * (share + 1e-8).log2()).sum(1)


def correlation_per_image(a: Tensor, b: Tensor) -> Tensor:
    """Pearson correlation over the pixels of each image: two of (B, 1, H, W) -> (B,)."""
    a, b = a - a.mean((1, 2, 3), keepdim=True), b - b.mean((1, 2, 3), keepdim=True)
    return (a * b).mean((1, 2, 3)) / ((a * a).mean((1, 2, 3)) * (b * b).mean((1, 2, 3)) + 1e-8).sqrt()


def difference_correlation_loss(fused: Tensor, thermal: Tensor, luma: Tensor) -> Tensor:
    """2 - SCD, the sum of the correlations of differences (Aslantas and Bendes, 2015): both sources should be in it.

    SCD = r(F - Y, T) + r(F - T, Y), per image; the mean over the batch, 0..4.
    """
    scd = correlation_per_image(fused - luma, thermal) + correlation_per_image(fused - thermal, luma)
    return (2 - scd).mean()
