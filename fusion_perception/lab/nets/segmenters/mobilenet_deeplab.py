# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2 with a DeepLab-like decoder: UAAFusion's segmenter."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.input_norm import InputNorm
from fusion_perception.lab.nets.blocks.mobilenet_v2 import MobileNetV2


class MobileNetDeepLab(nn.Module):
    """Encoder to 1/16, features enlarged to 1/4, joined with a shallow skip and refined twice.

    The decoder of DeepLabV3+ (Chen et al., ECCV 2018) without spatial pyramid pooling, as UAAFusion uses it;
    3,255,519 parameters with one input channel and 15 classes. It returns logits, where the release returns
    their sigmoid and feeds that to a cross entropy.

    Args:
        classes: number of classes.
        in_channels: 1 for luminance, 3 for RGB.
        multiplier: scales the encoder's channels.
        skip: channels of the shallow features in the decoder.
        decoder: channels of the decoder.
    """

    stride = 16
    inputs = "fused"

    def __init__(
        self, classes: int = 9, in_channels: int = 1, multiplier: float = 1.0, skip: int = 48, decoder: int = 256
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.normalise = InputNorm(in_channels)
        self.encoder = MobileNetV2(in_channels, multiplier)
        shallow, middle, deep = (self.encoder.widths[i] for i in (1, 2, 6))
        self.feature_channels = (shallow, middle, deep)
        # The convolutions have biases before their normalisation, as in the published count.
        self.skip = ConvBNReLU(shallow, skip, kernel=1, bias=True)
        self.refine = nn.Sequential(
            ConvBNReLU(deep + skip, decoder, bias=True),
            nn.Dropout(0.5),
            ConvBNReLU(decoder, decoder, bias=True),
            nn.Dropout(0.1),
        )
        self.classify = nn.Conv2d(decoder, classes, 1)

    def features(self, image: Tensor) -> list[Tensor]:
        """(B, in_channels, H, W) in 0..1 -> maps at 1/4, 1/8 and 1/16."""
        maps = self.encoder(self.normalise(image))
        return [maps[1], maps[2], maps[6]]

    def forward(self, image: Tensor) -> Tensor:
        """Segment.

        Args:
            image: (B, in_channels, H, W) in 0..1, H and W multiples of 16.

        Returns:
            (B, classes, H / 4, W / 4) logits.
        """
        shallow, _, deep = self.features(image)
        deep = F.interpolate(deep, size=shallow.shape[-2:], mode="bilinear", align_corners=True)
        return self.classify(self.refine(torch.cat([deep, self.skip(shallow)], 1)))
