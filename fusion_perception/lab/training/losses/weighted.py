# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Fusion losses under weight maps: towards both sources at once, or towards their blend."""

from __future__ import annotations

from torch import Tensor

from fusion_perception.lab.training.losses.fusion import ssim, ssim_per_image
from fusion_perception.lab.training.source_weights.provider import SourceWeights


def weighted_intensity_loss(
    fused: Tensor, thermal: Tensor, luma: Tensor, weights: SourceWeights, *, square_weights: bool = False
) -> Tensor:
    """Mean of w_thermal (f - I_thermal)^2 + w_luma (f - I_luma)^2 (UAAFusion, TDFusion).

    Args:
        fused: (B, 1, H, W).
        thermal: (B, 1, H, W) in 0..1.
        luma: (B, 1, H, W) in 0..1.
        weights: maps that sum to 1.
        square_weights: weigh with w^2, as the released code of both methods does: mean square of w (f - I).
    """
    a, b = weights
    if square_weights:
        a, b = a.square(), b.square()
    return (a * (fused - thermal).square() + b * (fused - luma).square()).mean()


def blend_loss(fused: Tensor, target: Tensor, structure: float = 1.1, power: int = 1) -> Tensor:
    """Mean |f - t|^power + structure (1 - SSIM(f, t)): SegMiF with power 2, BDLFusion with power 1."""
    difference = fused - target
    intensity = difference.abs() if power == 1 else difference.square()
    return intensity.mean() + structure * (1 - ssim(fused, target))


def saliency_fusion_loss(
    fused: Tensor, thermal: Tensor, luma: Tensor, weights: SourceWeights, structure: float = 1.0
) -> Tensor:
    """Sum over the sources of mean w |f - I| + structure mean(w) (1 - SSIM(f, I)), per image (TIM).

    Args:
        fused: (B, 1, H, W).
        thermal: (B, 1, H, W) in 0..1.
        luma: (B, 1, H, W) in 0..1.
        weights: maps that sum to 1; their mean weighs the SSIM of each source.
        structure: weight of the SSIM terms.
    """
    loss = fused.new_zeros(())
    for source, weight in ((thermal, weights.thermal), (luma, weights.luma)):
        loss = loss + (weight * (fused - source).abs()).mean()
        loss = loss + structure * (weight.mean((1, 2, 3)) * (1 - ssim_per_image(fused, source))).mean()
    return loss
