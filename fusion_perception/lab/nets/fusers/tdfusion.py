# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TDFusion's fuser: Restormer streams with cross channel attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.cross_fusion import AdaptiveFusionModule
from fusion_perception.lab.nets.blocks.restormer import RestormerBlock


class TDFusion(nn.Module):
    """The ReFusion network that TDFusion trains (Bai et al., CVPR 2025); 59,856 parameters at width 16.

    The channel attention averages over the whole image: the result for a crop differs a little from the crop
    of the result.

    Args:
        width: channels of one stream, a multiple of ``heads``.
        blocks: Restormer blocks of each stream, and of the fused stream.
        heads: of the attention.
    """

    stride = 1

    def __init__(self, width: int = 16, blocks: int = 2, heads: int = 8) -> None:
        super().__init__()
        self.thermal = restormer_stream(width, blocks, heads)
        self.luma = restormer_stream(width, blocks, heads)
        self.fuse = AdaptiveFusionModule(width, heads)
        self.decode = nn.Sequential(*(RestormerBlock(2 * width, heads) for _ in range(blocks)))
        self.narrow = nn.Conv2d(2 * width, width, 3, padding=1, bias=False)
        self.head = nn.Conv2d(width, 1, 3, padding=1, bias=False)

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """(B, 1, H, W) twice, in 0..1 -> (B, 1, H, W) fused luminance in 0..1."""
        x = self.decode(self.fuse(self.thermal(thermal), self.luma(luma)))
        return torch.sigmoid(self.head(F.leaky_relu(self.narrow(x), 0.01)))


def restormer_stream(width: int, blocks: int, heads: int) -> nn.Sequential:
    """Return an encoder of one image: a 3x3 convolution 1 -> ``width``, then Restormer blocks."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1, bias=False), *(RestormerBlock(width, heads) for _ in range(blocks))
    )
