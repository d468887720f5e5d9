# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our real-time segmenter: plain 3x3 convolutions, four-channel input, logits at half resolution."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU, ResidualBlock
from fusion_perception.lab.nets.blocks.local_contrast import LocalContrast
from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle


class ContrastBranch(nn.Module):
    """Features of the local contrast of both sensors, 0 at the start of a training.

    Args:
        width: channels at 1/2.
        out_channels: channels at 1/4.
    """

    def __init__(self, width: int, out_channels: int) -> None:
        super().__init__()
        self.local_contrast = LocalContrast()
        self.first = ConvBNReLU(2, width)
        self.second = ConvBNReLU(width, out_channels, stride=2, act=False)
        nn.init.zeros_(self.second.norm.weight)  # type: ignore[arg-type]

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """(B, 1, H, W) and (B, 3, H, W) in 0..1 -> (B, out_channels, H / 4, W / 4)."""
        return self.second(self.first(self.local_contrast(thermal, rgb)))


class RealtimeSegmenter(nn.Module):
    """Residual encoder to 1/32, nearest-neighbour decoder to 1/4, sub-pixel head to 1/2.

    Only dense 3x3 and 1x1 convolutions, ReLU, nearest upsampling and pixel shuffle: every inference
    engine runs these at full speed, and each has an input gradient made of the same operators.

    Args:
        classes: number of classes.
        widths: channels at 1/2, 1/4, 1/8, 1/16 and 1/32; multiples of 16 fill the vector units.
        blocks: residual blocks at 1/4, 1/8, 1/16 and 1/32.
        decoder: channels of the decoder.
        contrast: channels at 1/2 of a side branch that sees the local contrast of both sensors; 0 for no such branch.
            It starts without effect, so a trained network without it can go on with it.
    """

    stride = 32
    """Height and width must be multiples of this."""
    inputs = "sensors"
    """Sees both sensors, not a fused image."""

    def __init__(
        self,
        classes: int = 9,
        widths: Sequence[int] = (16, 48, 64, 128, 160),
        blocks: Sequence[int] = (1, 2, 2, 2),
        decoder: int = 48,
        contrast: int = 0,
    ) -> None:
        super().__init__()
        self.stem = ConvBNReLU(4, widths[0], kernel=6, stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                ConvBNReLU(widths[i], widths[i + 1], stride=2),
                *(ResidualBlock(widths[i + 1]) for _ in range(blocks[i])),
            )
            for i in range(4)
        )
        self.contrast = ContrastBranch(contrast, widths[1]) if contrast else None
        self.context = ConvBNReLU(widths[4], decoder, kernel=1)
        self.scene = nn.Conv2d(widths[4], decoder, 1)
        self.laterals = nn.ModuleList(nn.Conv2d(widths[i + 1], decoder, 1) for i in range(3))
        self.smooth = nn.ModuleList(ConvBNReLU(decoder, decoder) for _ in range(3))
        self.dropout = nn.Dropout2d(0.1)
        self.head = nn.Conv2d(decoder, classes * 4, 1)

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Segment.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W multiples of 32.
            rgb: (B, 3, H, W) in 0..1.

        Returns:
            (B, classes, H / 2, W / 2) logits.
        """
        x = self.stem(torch.cat([thermal, rgb], 1) - 0.25)
        features: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            if self.contrast is not None and not features:
                x = x + self.contrast(thermal, rgb)
            features.append(x)
        x = self.context(x) + self.scene(x.mean((2, 3), keepdim=True))
        for i in (2, 1, 0):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest") + self.laterals[i](features[i])
            x = self.smooth[i](x)
        return pixel_shuffle(self.head(self.dropout(x)), 2)
