# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Fusion as a correction of the pixel-wise maximum: the output of our fusers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BLEND_COUNTS = (1 / 8, 1.0)
"""How much a change of weight and of residual changes the blend at most, see ``blend_from_maximum``."""


@torch.no_grad()
def start_at_maximum(head: nn.Conv2d, weights: int) -> None:
    """Let a head begin with weights close to 0 and no residual; its first ``weights`` channels are the weights."""
    nn.init.zeros_(head.weight)
    head.bias.zero_()
    head.bias[:weights] = -3.0


def blend_from_maximum(upper: Tensor, spread: Tensor, weight: Tensor, residual: Tensor) -> Tensor:
    """Blend: f = upper - w spread + r, with w = sigmoid(weight) / 2 in 0..1/2 and a residual r.

    Args:
        upper: (B, 1, H, W) pixel-wise maximum of both sensors.
        spread: (B, 1, H, W) maximum minus minimum, which is the absolute difference.
        weight: (B, 1, H, W), any number.
        residual: (B, 1, H, W).

    Returns:
        (B, 1, H, W), unclamped.
    """
    return upper - 0.5 * torch.sigmoid(weight) * spread + residual
