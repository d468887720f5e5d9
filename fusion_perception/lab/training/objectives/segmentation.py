# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The segmentation loss alone."""

from __future__ import annotations

from torch import Tensor, nn

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_terms
from fusion_perception.lab.training.precision import Precision


class SegmentationObjective(nn.Module):
    """How well a system segments; in a cascade the fuser learns from it too, else it gets no gradient.

    Args:
        system: what is trained.
        config: which loss.
        precision: of the networks.
    """

    def __init__(self, system: System, config: SegmentationLossConfig, precision: Precision | None = None) -> None:
        super().__init__()
        self.system, self.config = system, config
        self.precision = precision or Precision()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        with self.precision.autocast():
            logits = self.system.segment(batch.thermal, batch.rgb)
        return self.terms(logits, batch)

    def terms(self, logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Compare logits (B, C, h, w) with the labels."""
        return segmentation_terms(logits, batch.labels, batch.complete, self.config)
