# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Learned changes of resolution by two, with a low-pass filter on the way down."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BlurPool(nn.Module):
    """Binomial 3x3 low-pass filter of each channel, then every second pixel (Zhang, ICML 2019)."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("kernel", (row[:, None] * row)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), H and W even -> (B, C, H / 2, W / 2)."""
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, 1, 3, 3)
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=channels)


class ResidualDownsample(nn.Module):
    """Halve the sides and double the channels: a convolutional path plus a linear one (MIRNet, ECCV 2020).

    Args:
        channels: channels of the input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.PReLU(),
            BlurPool(),
            nn.Conv2d(channels, 2 * channels, 1, bias=False),
        )
        self.skip = nn.Sequential(BlurPool(), nn.Conv2d(channels, 2 * channels, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), H and W even -> (B, 2 C, H / 2, W / 2)."""
        return self.main(x) + self.skip(x)


class ResidualUpsample(nn.Module):
    """Double the sides and halve the channels: a transposed convolution plus bilinear interpolation (MIRNet).

    Args:
        channels: channels of the input, even.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.PReLU(),
            nn.ConvTranspose2d(channels, channels, 3, stride=2, padding=1, output_padding=1, bias=False),
            nn.PReLU(),
            nn.Conv2d(channels, channels // 2, 1, bias=False),
        )
        self.skip = nn.Conv2d(channels, channels // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C / 2, 2 H, 2 W)."""
        # Interpolation commutes with a 1x1 convolution; half as many channels are cheaper to enlarge.
        skip = F.interpolate(self.skip(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.main(x) + skip
