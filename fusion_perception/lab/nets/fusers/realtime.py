# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our real-time fuser: half-resolution features, full-resolution blending."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.maximum_blend import BLEND_COUNTS, blend_from_maximum, start_at_maximum
from fusion_perception.lab.nets.blocks.subpixel_head import SubpixelHead


class RealtimeFuser(nn.Module):
    """Predicts, for every pixel, a blending weight and a residual from half-resolution features.

    f = max(t, y) - w (max(t, y) - min(t, y)) + r, with w in 0..1/2 and r a residual: the start is the
    pixel-wise maximum, which keeps warm people in the dark and lit surfaces alike; the network learns
    where that is wrong (glare, warm clutter) and which detail to add.

    Args:
        channels: width of the features at half resolution.
        depth: number of 3x3 convolutions after the stem.
    """

    stride = 2

    def __init__(self, channels: int = 16, depth: int = 2) -> None:
        super().__init__()
        self.stem = ConvBNReLU(2, channels, kernel=6, stride=2)
        self.body = nn.Sequential(*(ConvBNReLU(channels, channels) for _ in range(depth)))
        self.head = SubpixelHead(channels, BLEND_COUNTS)
        start_at_maximum(self.head, weights=4)  # four pixels to be shuffled

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """Fuse.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W even.
            luma: (B, 1, H, W) in 0..1.

        Returns:
            (B, 1, H, W) fused luminance, unclamped.
        """
        maps = self.head(self.body(self.stem(torch.cat([thermal, luma], 1))))
        return blend_from_maximum(torch.maximum(thermal, luma), (thermal - luma).abs(), *maps)
