# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The same weights everywhere."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion_perception.lab.training.source_weights.provider import SourceWeights


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
