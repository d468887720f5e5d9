# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every provider of weights returns: a pair of weight maps, one for each source."""

from __future__ import annotations

from typing import NamedTuple, Protocol

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
