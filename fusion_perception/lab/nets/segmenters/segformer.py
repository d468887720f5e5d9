# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""SegFormer: a Mix Transformer and a head of linear layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.input_norm import InputNorm
from fusion_perception.lab.nets.blocks.mix_transformer import MixTransformer


class SegFormer(nn.Module):
    """All four feature maps, projected, enlarged to 1/4, concatenated and classified (Xie et al., 2021).

    Sizes with nine classes: B0 with one input channel 3.71 M (TDFusion), B3 with three 44.60 M (SegMiF).

    Args:
        classes: number of classes.
        in_channels: 3 for RGB, 1 for luminance.
        widths: channels of the encoder's stages.
        depths: blocks of the encoder's stages.
        heads: attention heads of the encoder's stages.
        embed: channels of the head.
        dropout: of whole channels before the classifier.
        drop_path: of the encoder's residual branches.
    """

    stride = 32
    inputs = "fused"

    def __init__(
        self,
        classes: int = 9,
        in_channels: int = 3,
        widths: Sequence[int] = (32, 64, 160, 256),
        depths: Sequence[int] = (2, 2, 2, 2),
        heads: Sequence[int] = (1, 2, 5, 8),
        embed: int = 256,
        dropout: float = 0.1,
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.feature_channels = tuple(widths)
        self.normalise = InputNorm(in_channels)
        self.encoder = MixTransformer(in_channels, widths, depths, heads, drop_path)
        self.project = nn.ModuleList(nn.Conv2d(width, embed, 1) for width in widths)
        self.merge = ConvBNReLU(4 * embed, embed, kernel=1)
        self.dropout = nn.Dropout2d(dropout)
        self.classify = nn.Conv2d(embed, classes, 1)

    def features(self, image: Tensor) -> list[Tensor]:
        """(B, in_channels, H, W) in 0..1 -> the encoder's four maps at 1/4, 1/8, 1/16 and 1/32."""
        return self.encoder(self.normalise(image))

    def forward(self, image: Tensor) -> Tensor:
        """Segment.

        Args:
            image: (B, in_channels, H, W) in 0..1, H and W multiples of 32.

        Returns:
            (B, classes, H / 4, W / 4) logits.
        """
        maps = [project(x) for project, x in zip(self.project, self.features(image), strict=True)]
        size = maps[0].shape[-2:]
        enlarged = [F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in maps[:0:-1]]
        return self.classify(self.dropout(self.merge(torch.cat([*enlarged, maps[0]], 1))))
