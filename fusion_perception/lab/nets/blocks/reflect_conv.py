# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Convolution with mirrored borders."""

from __future__ import annotations

from torch import nn


def reflect_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """Return a 3x3 convolution with bias that keeps the size and mirrors the image at its borders."""
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, padding_mode="reflect")
