# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Layer normalisation over the channels of every pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelLayerNorm(nn.Module):
    """(x - mean) / sqrt(variance + eps) over the channels of each pixel, then an affine map.

    Written with two means instead of ``nn.LayerNorm``, which normalises the last axis: no transposition to
    channels-last and back, and a gradient made of the same operators.

    Args:
        channels: channels in and out.
        eps: added to the variance.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        centred = x - x.mean(1, keepdim=True)
        scale = torch.rsqrt((centred * centred).mean(1, keepdim=True) + self.eps)
        return centred * scale * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)
