# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weights from a learned loss generator (TDFusion)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.training.source_weights.provider import SourceWeights


class GeneratedWeights:
    """Per-pixel weights that a network proposes for both sources.

    Source: Bai et al., "Task-driven image fusion with learnable fusion loss", CVPR 2025.

    Args:
        generator: maps thermal and luma, each (B, 1, H, W), to (B, 2, H, W), thermal first: weights that
            sum to 1 over the channels.
    """

    def __init__(self, generator: nn.Module) -> None:
        self.generator = generator

    def __call__(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return the weights; gradients reach the generator."""
        maps = self.generator(thermal, luma)
        return SourceWeights(maps[:, :1], maps[:, 1:])

    def detached(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return the weights as constants."""
        with torch.no_grad():
            return self(thermal, luma, regions)
