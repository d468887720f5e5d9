# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Two convolutions with one PReLU between them."""

from __future__ import annotations

from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.reflect_conv import reflect_conv


class ConvUnit(nn.Sequential):
    """3x3 convolution, PReLU with one slope, 3x3 convolution; reflect padding ("CU" of UAAFusion).

    Args:
        in_channels: channels of the input.
        hidden: channels between the convolutions.
        out_channels: channels of the output.
    """

    def __init__(self, in_channels: int, hidden: int, out_channels: int) -> None:
        super().__init__(
            reflect_conv(in_channels, hidden),
            nn.PReLU(),
            reflect_conv(hidden, out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H, W)."""
        return super().forward(x)
