# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A critic that scores every pixel by itself."""

from __future__ import annotations

from torch import Tensor, nn


class PixelCritic(nn.Module):
    """1x1 convolutions 1 -> C -> 2C (batch norm) -> 1 with leaky ReLU: a PatchGAN whose patch is one pixel.

    Source: pix2pix's pixel discriminator (Isola et al., 2017) as BDLFusion uses it; 8,704 parameters.

    Args:
        width: C.
    """

    stride = 1

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 1, bias=False),
        )

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, H, W) luminance in 0..1 -> (B, 1, H, W) scores, unbounded."""
        return self.layers(image)
