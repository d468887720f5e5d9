# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TDFusion's loss generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.restormer import RestormerBlock
from fusion_perception.lab.nets.fusers.tdfusion import restormer_stream


class LossGenerator(nn.Module):
    """Proposes, for every pixel, how much the fused image should follow each source.

    Source: Bai et al., "Task-driven image fusion with learnable fusion loss", CVPR 2025; 44,529 parameters
    at width 16.

    Args:
        width: channels of one stream, a multiple of ``heads``.
        blocks: Restormer blocks of each stream, and after their union.
        heads: of the attention.
    """

    stride = 1

    def __init__(self, width: int = 16, blocks: int = 2, heads: int = 8) -> None:
        super().__init__()
        self.thermal = restormer_stream(width, blocks, heads)
        self.luma = restormer_stream(width, blocks, heads)
        self.decode = nn.Sequential(*(RestormerBlock(2 * width, heads) for _ in range(blocks)))
        self.narrow = nn.Conv2d(2 * width, width, 3, padding=1, bias=False)
        self.act = nn.PReLU()
        self.head = nn.Conv2d(width, 2, 3, padding=1, bias=False)

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """Propose weights.

        Args:
            thermal: (B, 1, H, W) in 0..1.
            luma: (B, 1, H, W) in 0..1.

        Returns:
            (B, 2, H, W) weights of thermal and luma, which sum to 1 over the channels.
        """
        x = self.decode(torch.cat([self.thermal(thermal), self.luma(luma)], 1))
        return torch.softmax(self.head(self.act(self.narrow(x))), 1)
