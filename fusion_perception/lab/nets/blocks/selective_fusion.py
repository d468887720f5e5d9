# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Selective kernel feature fusion."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class SelectiveFusion(nn.Module):
    """Adds feature maps with weights per channel that sum to 1 over the maps (SKFF of MIRNet, ECCV 2020).

    Args:
        channels: of every map.
        inputs: number of maps.
        reduction: how much narrower the descriptor is than the maps; it has at least four channels.
    """

    def __init__(self, channels: int, inputs: int = 3, reduction: int = 8) -> None:
        super().__init__()
        narrow = max(channels // reduction, 4)
        self.describe = nn.Sequential(nn.Conv2d(channels, narrow, 1, bias=False), nn.PReLU())
        self.weigh = nn.ModuleList(nn.Conv2d(narrow, channels, 1, bias=False) for _ in range(inputs))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps of one shape (B, C, H, W) -> their weighted sum."""
        total = torch.stack(list(maps)).sum(0)
        descriptor = self.describe(total.mean((2, 3), keepdim=True))
        weights = torch.softmax(torch.stack([weigh(descriptor) for weigh in self.weigh], 1), 1)
        result = maps[0] * weights[:, 0]
        for i in range(1, len(maps)):
            result = result + maps[i] * weights[:, i]
        return result
