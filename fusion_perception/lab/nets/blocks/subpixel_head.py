# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The last convolution of a fuser, whose channels become the four pixels of twice the sides."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle


class SubpixelHead(nn.Conv2d):
    """3x3 convolution and pixel shuffle.

    ``fold`` rewrites it for deployment. One step of the convolution makes two neighbours in a row, so that it has
    twice as many channels: engines compute in blocks of 16 channels and leave half of them idle with eight, and with
    16 there is a fast INT8 kernel. And the maps leave the convolution multiplied by powers of two, so that they share
    eight bits by what they count. The results are the same.

    Args:
        in_channels: channels of the input.
        counts: of each channel of the output: how much a small change of it changes what comes of it, above 0.
    """

    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, in_channels: int, counts: Sequence[float]) -> None:
        super().__init__(in_channels, 4 * len(counts), 3, padding=1)
        self.counts = tuple(counts)
        self.gains: list[float] = []

    def fold(self) -> None:
        """Rewrite the weights, in place; the width of the input must be even from then on."""
        if self.gains:
            return
        maps = len(self.counts)
        taps = self.weight.detach().reshape(maps, 2, 1, 2, self.in_channels, 3, 3)  # map, row, pair, column
        bias = self.bias.detach().reshape(maps, 2, 1, 2)
        sizes = [float(values.norm()) / count for values, count in zip(taps, self.counts, strict=True)]
        self.gains = [2.0 ** round(math.log2(max(sizes) / size)) if size > 0 else 1.0 for size in sizes]
        gains = taps.new_tensor(self.gains)
        taps = taps * gains.reshape(-1, *[1] * 6)
        bias = bias * gains.reshape(-1, 1, 1, 1)
        pair = torch.cat([F.pad(taps, (0, 1)), F.pad(taps, (1, 0))], 2)
        self.weight = nn.Parameter(pair.reshape(8 * maps, self.in_channels, 3, 4))
        self.bias = nn.Parameter(bias.expand(-1, -1, 2, -1).reshape(-1).clone())

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        """(B, C, h, w) -> maps, each (B, 1, 2 h, 2 w)."""
        if not self.gains:
            return pixel_shuffle(super().forward(x), 2).split(1, 1)
        maps = pixel_shuffle(F.conv2d(x, self.weight, self.bias, (1, 2), 1), (2, 4)).split(1, 1)
        return tuple(m if gain == 1 else m * (1 / gain) for m, gain in zip(maps, self.gains, strict=True))
