# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2's encoder with a dilated last stage."""

from __future__ import annotations

from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU

STAGES = (
    # expansion, channels, blocks, stride, dilation
    (1, 16, 1, 1, 1),
    (6, 24, 2, 2, 1),
    (6, 32, 3, 2, 1),
    (6, 64, 4, 2, 1),
    (6, 96, 3, 1, 1),
    (6, 160, 3, 1, 2),
    (6, 320, 1, 1, 2),
)
"""Table 2 of the paper, with dilation in place of the last stride."""


class InvertedResidual(nn.Module):
    """1x1 expansion, depth-wise 3x3, linear 1x1; the input added where the shapes allow.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        expansion: width of the depth-wise convolution relative to the input.
        stride: 1 or 2.
        dilation: of the depth-wise convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, expansion: int, stride: int, dilation: int) -> None:
        super().__init__()
        hidden = in_channels * expansion
        expand = [ConvBNReLU(in_channels, hidden, kernel=1, act=nn.ReLU6())] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            ConvBNReLU(hidden, hidden, stride=stride, act=nn.ReLU6(), groups=hidden, dilation=dilation),
            ConvBNReLU(hidden, out_channels, kernel=1, act=False),
        )
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H / stride, W / stride)."""
        return x + self.layers(x) if self.residual else self.layers(x)


class MobileNetV2(nn.Module):
    """The convolutional part up to 320 channels at 1/16 (Sandler et al., CVPR 2018).

    Args:
        in_channels: of the image.
        multiplier: scales all channels, rounded to multiples of 8.
    """

    def __init__(self, in_channels: int = 3, multiplier: float = 1.0) -> None:
        super().__init__()

        def scaled(channels: int) -> int:
            return max(8, round(channels * multiplier / 8) * 8)

        width = scaled(32)
        self.stem = ConvBNReLU(in_channels, width, stride=2, act=nn.ReLU6())
        self.stages = nn.ModuleList()
        self.widths: list[int] = []
        for expansion, channels, blocks, stride, dilation in STAGES:
            layers = []
            for i in range(blocks):
                layers.append(InvertedResidual(width, scaled(channels), expansion, stride if i == 0 else 1, dilation))
                width = scaled(channels)
            self.stages.append(nn.Sequential(*layers))
            self.widths.append(width)

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, in, H, W) -> the maps of all seven stages, at 1/2, 1/4, 1/8, and four at 1/16."""
        x = self.stem(image)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps
