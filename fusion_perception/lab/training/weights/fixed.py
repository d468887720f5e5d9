# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The pair of weight maps that every provider returns, and the provider of constant ones."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class SourceWeights(NamedTuple):
    """Weights of the two sources; they sum to 1 at every pixel.

    Attributes:
        thermal: (B, 1, H, W) in 0..1.
        luma: (B, 1, H, W) in 0..1.
    """

    thermal: Tensor
    luma: Tensor

    @classmethod
    def of_thermal(cls, thermal: Tensor) -> SourceWeights:
        """Complete the thermal weight w with 1 - w."""
        return cls(thermal, 1 - thermal)

    def blend(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """Weighted mean of the sources: the image these weights ask for."""
        return self.thermal * thermal + self.luma * luma


class WeightProvider(Protocol):
    """Computes weight maps for a batch."""

    def __call__(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return weights.

        Args:
            thermal: (B, 1, H, W) in 0..1.
            luma: (B, 1, H, W) in 0..1.
            regions: (B, H, W) int64 class ids, 255 unknown.
        """
        ...


class FixedWeights:
    """The same weight everywhere.

    Args:
        thermal: weight of the thermal image, 0..1; the RGB luminance gets the rest.

    Raises:
        ValueError: the weight is outside 0..1.
    """

    def __init__(self, thermal: float = 0.5) -> None:
        if not 0.0 <= thermal <= 1.0:
            raise ValueError(f"thermal weight {thermal}; allowed: 0..1")
        self.thermal = thermal

    def __call__(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return constant maps."""
        return SourceWeights.of_thermal(torch.full_like(thermal, self.thermal))
