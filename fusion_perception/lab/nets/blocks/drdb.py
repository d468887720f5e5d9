# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Dilated residual dense block, as SegMiF and BDLFusion use it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DilatedResidualDenseBlock(nn.Module):
    """Five densely connected dilated 3x3 convolutions, a 1x1 back to the input width, and the input added.

    Source: AHDRNet's block (Yan et al., CVPR 2019) in the form of SegMiF (Liu et al., ICCV 2023).

    Args:
        channels: channels in and out.
        growth: channels that each dense convolution adds.
        layers: number of dense convolutions.
        dilation: of the dense convolutions.
    """

    def __init__(self, channels: int = 64, growth: int = 32, layers: int = 5, dilation: int = 2) -> None:
        super().__init__()
        self.dense = nn.ModuleList(
            nn.Conv2d(channels + i * growth, growth, 3, padding=dilation, dilation=dilation) for i in range(layers)
        )
        self.squeeze = nn.Conv2d(channels + layers * growth, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        features = x
        for conv in self.dense:
            features = torch.cat([features, torch.relu(conv(features))], 1)
        return x + torch.relu(self.squeeze(features))
