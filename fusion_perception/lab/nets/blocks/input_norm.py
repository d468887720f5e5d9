# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The one normalisation of images that every published segmenter here uses."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.colour import luma

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_STD = (0.229, 0.224, 0.225)
"""Channel statistics of ImageNet, images in 0..1: what pre-trained encoders expect."""


class InputNorm(nn.Module):
    """(x - mean) / std per channel, inside the network, so that no caller can forget or repeat it.

    Args:
        channels: 3: RGB statistics; any other number: those of the luminance.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        mean, std = torch.tensor(RGB_MEAN).view(1, 3, 1, 1), torch.tensor(RGB_STD).view(1, 3, 1, 1)
        if channels != 3:
            mean, std = luma(mean), luma(std)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """(B, C, H, W) in 0..1 -> the same shape."""
        return (image - self.mean) / self.std
