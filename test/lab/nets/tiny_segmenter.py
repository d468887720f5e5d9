# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The smallest segmenter with every part of the interface, for tests of fusers."""

from __future__ import annotations

import torch
from torch import nn


class TinySegmenter(nn.Module):
    stride = 8
    inputs = "fused"

    def __init__(self, classes=9, in_channels=3, widths=(16, 32)):
        super().__init__()
        self.in_channels = in_channels
        self.feature_channels = tuple(widths)
        self.first = nn.Conv2d(in_channels, widths[0], 4, 4)
        self.second = nn.Conv2d(widths[0], widths[1], 2, 2)
        self.classify = nn.Conv2d(widths[1], classes, 1)

    def features(self, image):
        first = torch.tanh(self.first(4 * image - 2))
        return [first, torch.tanh(self.second(first))]

    def forward(self, image):
        return self.classify(self.features(image)[1])
