# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The fusion module between two streams of TDFusion's fuser."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.restormer import channel_attention


class CrossChannelAttention(nn.Module):
    """x + 1x1(channel attention), the query from the other stream, key and value from its own.

    Args:
        channels: of both streams.
        heads: number of heads; divides ``channels``.
    """

    def __init__(self, channels: int, heads: int = 8) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.query = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        )
        self.key_value = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 1, bias=False),
            nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels, bias=False),
        )
        self.project = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """(B, C, H, W) twice -> (B, C, H, W)."""
        key, value = self.key_value(x).chunk(2, 1)
        return x + self.project(channel_attention(self.query(other), key, value, self.temperature))


class AdaptiveFusionModule(nn.Module):
    """Cross attention both ways, then a gated feed-forward part in which each stream is gated by both.

    o = [x1, x2]; (g1, g2) = local(1x1(o)); y = o + sum over m of 1x1(GELU(g_m) * local(1x1(x_m))).
    Source: the fuser of Bai et al., ReFusion and TDFusion (CVPR 2025).

    Args:
        channels: of each of the two streams.
        heads: of the attention.
        expansion: width of a gate relative to ``channels``.
    """

    def __init__(self, channels: int, heads: int = 8, expansion: int = 4) -> None:
        super().__init__()
        hidden = channels * expansion
        self.cross = nn.ModuleList(CrossChannelAttention(channels, heads) for _ in range(2))
        self.gates = nn.Sequential(
            nn.Conv2d(2 * channels, 2 * hidden, 1, bias=False),
            nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=False),
        )
        self.signals = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, hidden, 1, bias=False),
                nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden, bias=False),
            )
            for _ in range(2)
        )
        self.project = nn.ModuleList(nn.Conv2d(hidden, 2 * channels, 1, bias=False) for _ in range(2))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """(B, C, H, W) twice -> (B, 2 C, H, W)."""
        streams = self.cross[0](first, second), self.cross[1](second, first)
        result = both = torch.cat(streams, 1)
        for x, gate, signal, project in zip(
            streams, self.gates(both).chunk(2, 1), self.signals, self.project, strict=True
        ):
            result = result + project(F.gelu(gate) * signal(x))
        return result
