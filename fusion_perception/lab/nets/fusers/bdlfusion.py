# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""BDLFusion's fuser: two dilated dense blocks over the stacked sources."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.drdb import DilatedResidualDenseBlock
from fusion_perception.lab.nets.blocks.mid_grey import start_at_mid_grey


class BDLFusion(nn.Module):
    """A convolutional fuser for bi-level dynamic learning (Liu et al., IJCAI 2023); 417,730 parameters.

    Args:
        width: channels of the features, even.
        growth: of the dense blocks.
        blocks: number of dense blocks.
    """

    stride = 1

    def __init__(self, width: int = 64, growth: int = 32, blocks: int = 2) -> None:
        super().__init__()
        self.act = nn.PReLU()
        self.stem = nn.Conv2d(2, width, 3, padding=1)
        self.dense = nn.Sequential(*(DilatedResidualDenseBlock(width, growth) for _ in range(blocks)))
        self.head = nn.ModuleList(
            [nn.Conv2d(width, width // 2, 3, padding=1), start_at_mid_grey(nn.Conv2d(width // 2, 1, 3, padding=1))]
        )

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """(B, 1, H, W) twice, in 0..1 -> (B, 1, H, W) fused luminance, unclamped."""
        x = self.dense(self.act(self.stem(torch.cat([thermal, luma], 1))))
        for conv in self.head:
            x = self.act(conv(x))
        return x
