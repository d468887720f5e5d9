# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weights from visual saliency: what stands out in its image should stay visible."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion_perception.lab.training.source_weights.provider import SourceWeights

_LEVELS = 256
MODES = ("difference", "softmax")


def visual_saliency(image: Tensor) -> Tensor:
    """Visual saliency map of each image.

    V(p) = sum over grey levels j of hist(j) |I(p) - j|, divided by its maximum: a pixel is salient when its
    grey level is far from the others. Source: Ma et al., "Infrared and visible image fusion based on visual
    saliency map and weighted least square optimization", Infrared Phys. Technol. 82, 2017. The histogram
    turns the sum over all pixels into one over 256 levels.

    Args:
        image: (B, 1, H, W) in 0..1.

    Returns:
        (B, 1, H, W) in 0..1; zeros for an image of one grey level.
    """
    levels = (image.detach().float().clamp(0, 1) * (_LEVELS - 1)).round().long().flatten(1)
    histogram = torch.zeros(len(levels), _LEVELS, device=image.device)
    histogram.scatter_add_(1, levels, torch.ones_like(levels, dtype=torch.float32))
    j = torch.arange(_LEVELS, device=image.device, dtype=torch.float32)
    table = histogram @ (j[:, None] - j[None, :]).abs()
    saliency = table.gather(1, levels)
    saliency = saliency / saliency.amax(1, keepdim=True).clamp_min(1e-12)
    return saliency.view(image.shape).to(image.dtype)


class SaliencyWeights:
    """Weights from the saliency maps of both sources.

    Args:
        mode: ``"difference"``: w = 1/2 + (V_thermal - V_luma) / 2 (Ma et al., 2017; SegMiF, BDLFusion);
            ``"softmax"``: w = softmax over the sources (TIM).

    Raises:
        ValueError: an unknown mode.
    """

    def __init__(self, mode: str = "difference") -> None:
        if mode not in MODES:
            raise ValueError(f"unknown saliency mode '{mode}'; allowed: {', '.join(MODES)}")
        self.mode = mode

    def __call__(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return the weights; no gradient flows through them."""
        difference = visual_saliency(thermal) - visual_saliency(luma)
        if self.mode == "softmax":
            return SourceWeights.of_thermal(torch.sigmoid(difference))
        return SourceWeights.of_thermal(0.5 + 0.5 * difference)
