# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our fuser for high quality at the cost of time: half-resolution context, full-resolution detail."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.maximum_blend import blend_from_maximum, start_at_maximum
from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle

IMAGES = 4  # both sensors, their maximum and their minimum


class QualityFuser(nn.Module):
    """``RealtimeFuser`` with convolutions at full resolution, which place edges to the pixel.

    Weight and residual of ``blend_from_maximum`` come from convolutions over the two images, their maximum and minimum,
    and features of a wider view at half resolution.

    Args:
        channels: width of the features at half resolution.
        depth: number of 3x3 convolutions at half resolution, after the stem.
        fine: width at full resolution, above 4.
        fine_depth: number of 3x3 convolutions at full resolution, before the head.
    """

    stride = 2

    def __init__(self, channels: int = 32, depth: int = 4, fine: int = 16, fine_depth: int = 2) -> None:
        super().__init__()
        if fine <= IMAGES:
            raise ValueError(f"fine {fine}; allowed: above {IMAGES}, the number of images beside the features")
        self.stem = ConvBNReLU(2, channels, kernel=6, stride=2)
        self.body = nn.Sequential(*(ConvBNReLU(channels, channels) for _ in range(depth)))
        self.enlarge = nn.Conv2d(channels, 4 * (fine - IMAGES), 1)
        self.fine = nn.Sequential(*(ConvBNReLU(fine, fine) for _ in range(fine_depth)))
        self.head = nn.Conv2d(fine, 2, 3, padding=1)
        start_at_maximum(self.head, weights=1)

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """Fuse.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W even.
            luma: (B, 1, H, W) in 0..1.

        Returns:
            (B, 1, H, W) fused luminance, unclamped.
        """
        upper, lower = torch.maximum(thermal, luma), torch.minimum(thermal, luma)
        context = pixel_shuffle(self.enlarge(self.body(self.stem(torch.cat([thermal, luma], 1)))), 2)
        maps = self.head(self.fine(torch.cat([context, thermal, luma, upper, lower], 1)))
        return blend_from_maximum(upper, upper - lower, maps[:, :1], maps[:, 1:])
