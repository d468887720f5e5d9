# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A small two-encoder segmenter for RGB and thermal."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU


class MiniInception(nn.Module):
    """Two 3x3 convolutions whose second halves are dilated and plain, side by side.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output, even.
        dilation: of the wide branch of the second convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, dilation: int) -> None:
        super().__init__()
        half = out_channels // 2
        self.near = nn.Sequential(ConvBNReLU(in_channels, half), ConvBNReLU(half, half))
        self.far = nn.Sequential(ConvBNReLU(in_channels, half), ConvBNReLU(half, half, dilation=dilation))

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H, W)."""
        return torch.cat([self.near(x), self.far(x)], 1)


class SensorEncoder(nn.Module):
    """Five stages at 1/2, 1/4, 1/8 and, twice, 1/16; the last two with dilated branches.

    Args:
        in_channels: of the image.
        widths: channels of the stages; the last two even.
    """

    def __init__(self, in_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        first, second, third, fourth, fifth = widths
        self.stages = nn.ModuleList(
            [
                ConvBNReLU(in_channels, first, kernel=6, stride=2),
                nn.Sequential(ConvBNReLU(first, second, stride=2), ConvBNReLU(second, second)),
                nn.Sequential(ConvBNReLU(second, third, stride=2), ConvBNReLU(third, third)),
                nn.Sequential(ConvBNReLU(third, fourth, stride=2), MiniInception(fourth, fourth, 2)),
                MiniInception(fourth, fifth, 4),
            ]
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, in, H, W) -> the maps of the five stages."""
        maps = []
        for stage in self.stages:
            image = stage(image)
            maps.append(image)
        return maps


class MFNet(nn.Module):
    """One encoder for each sensor, joined in a light decoder.

    After MFNet (Ha et al., IROS 2017): a wider RGB and a narrower thermal encoder, dilated mini-inception
    blocks instead of more downsampling, skips from both encoders added in the decoder. Unlike it, strided
    convolutions instead of max pooling and logits at half resolution, which deploy faster.

    Args:
        classes: number of classes.
        rgb_widths: channels of the RGB encoder.
        thermal_widths: channels of the thermal encoder.
        decoder: channels of the decoder.
    """

    stride = 16
    inputs = "sensors"

    def __init__(
        self,
        classes: int = 9,
        rgb_widths: Sequence[int] = (16, 48, 48, 96, 96),
        thermal_widths: Sequence[int] = (16, 16, 16, 36, 36),
        decoder: int = 48,
    ) -> None:
        super().__init__()
        self.rgb = SensorEncoder(3, rgb_widths)
        self.thermal = SensorEncoder(1, thermal_widths)
        joint = [r + t for r, t in zip(rgb_widths, thermal_widths, strict=True)]
        self.join = ConvBNReLU(joint[4], decoder, kernel=1)
        self.laterals = nn.ModuleList(nn.Conv2d(c, decoder, 1) for c in joint[:4])
        self.smooth = nn.ModuleList(ConvBNReLU(decoder, decoder) for _ in joint[:4])
        self.classify = nn.Conv2d(decoder, classes, 1)

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Segment.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W multiples of 16.
            rgb: (B, 3, H, W) in 0..1.

        Returns:
            (B, classes, H / 2, W / 2) logits.
        """
        pairs = zip(self.rgb(rgb - 0.25), self.thermal(thermal - 0.25), strict=True)
        joint = [torch.cat(maps, 1) for maps in pairs]
        x = self.smooth[3](self.join(joint[4]) + self.laterals[3](joint[3]))
        for i in (2, 1, 0):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.smooth[i](x + self.laterals[i](joint[i]))
        return self.classify(x)
