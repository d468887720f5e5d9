# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""From signed attributions to one number per pixel: the thermal share."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def thermal_share(thermal: Tensor, rgb: Tensor, window: int = 16, prior: float = 0.05) -> Tensor:
    """How much of the evidence near each pixel came from the thermal camera.

    share = (T + e) / (T + R + 2e), T and R the absolute attributions averaged over squares of
    ``window`` pixels (spaced window / 2, bilinearly interpolated), RGB summed over its channels first;
    e = ``prior`` times the image mean of (T + R) / 2, so that a region without evidence reads "both alike".

    Args:
        thermal: (1, 1, H, W) signed attributions; H and W multiples of ``window`` / 2.
        rgb: (1, 3, H, W) signed attributions.
        window: side of the pooling square in pixels, even.
        prior: relative weight of "both alike".

    Returns:
        (1, 1, H, W) in 0..1: 1 thermal alone, 0 RGB alone, 0.5 both alike.
    """
    evidence = torch.cat([thermal.abs(), rgb.sum(1, keepdim=True).abs()], 1)
    half = window // 2
    cells = F.avg_pool2d(evidence, half)
    pooled = F.avg_pool2d(cells, 3, stride=1, padding=1, count_include_pad=False)
    epsilon = prior * pooled.mean((1, 2, 3), keepdim=True) + 1e-12
    share = (pooled[:, :1] + epsilon) / (pooled[:, :1] + pooled[:, 1:] + 2 * epsilon)
    return F.interpolate(share, scale_factor=float(half), mode="bilinear", align_corners=False)
