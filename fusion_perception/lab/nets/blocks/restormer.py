# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Restormer blocks: attention between channels and a gated feed-forward part."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.channel_norm import ChannelLayerNorm
from fusion_perception.lab.nets.blocks.single_precision import at_least_single


def channel_attention(query: Tensor, key: Tensor, value: Tensor, temperature: Tensor) -> Tensor:
    """softmax(temperature q k^T) v per head, q and k of unit length over all pixels (MDTA's core).

    Args:
        query: (B, C, H, W).
        key: (B, C, H, W).
        value: (B, C, H, W).
        temperature: (heads, 1, 1); heads divides C.

    Returns:
        (B, C, H, W).
    """
    batch, channels, height, width = query.shape
    heads = temperature.shape[0]
    shape = (batch, heads, channels // heads, height * width)
    q, k, v = (at_least_single(x.reshape(shape)) for x in (query, key, value))
    q, k = (x * torch.rsqrt((x * x).sum(-1, keepdim=True) + 1e-12) for x in (q, k))
    weights = torch.softmax((q @ k.transpose(-1, -2)) * temperature, -1)
    return (weights @ v).to(query.dtype).reshape(batch, channels, height, width)


class ChannelSelfAttention(nn.Module):
    """Multi-Dconv head transposed attention: 1x1 and depth-wise 3x3 make q, k, v; 1x1 mixes the result.

    Args:
        channels: channels in and out.
        heads: number of heads; divides ``channels``.
    """

    def __init__(self, channels: int, heads: int = 8) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.expand = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.local = nn.Conv2d(3 * channels, 3 * channels, 3, padding=1, groups=3 * channels, bias=False)
        self.project = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        query, key, value = self.local(self.expand(x)).chunk(3, 1)
        return self.project(channel_attention(query, key, value, self.temperature))


class GatedFeedForward(nn.Module):
    """Gated-Dconv feed-forward network: GELU of one half gates the other.

    Args:
        channels: channels in and out.
        expansion: width of each half relative to ``channels``.
    """

    def __init__(self, channels: int, expansion: int = 2) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = nn.Conv2d(channels, 2 * hidden, 1, bias=False)
        self.local = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=False)
        self.project = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        gate, signal = self.local(self.expand(x)).chunk(2, 1)
        return self.project(F.gelu(gate) * signal)


class RestormerBlock(nn.Module):
    """x += attention(norm x); x += feed-forward(norm x) (Zamir et al., Restormer, CVPR 2022).

    Args:
        channels: channels in and out.
        heads: of the attention.
        expansion: of the feed-forward part.
    """

    def __init__(self, channels: int, heads: int = 8, expansion: int = 2) -> None:
        super().__init__()
        self.attention_norm = ChannelLayerNorm(channels)
        self.attention = ChannelSelfAttention(channels, heads)
        self.feed_norm = ChannelLayerNorm(channels)
        self.feed = GatedFeedForward(channels, expansion)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed(self.feed_norm(x))
