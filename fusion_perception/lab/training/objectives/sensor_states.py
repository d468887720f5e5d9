# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation by both sensors, by one of them alone and by neither."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.segmentation import (
    SegmentationLossConfig,
    partial_cross_entropy,
    segmentation_terms,
)
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective
from fusion_perception.lab.training.precision import Precision

PRIOR_STEP = 8
"""The answer of neither sensor is one for all pixels: every eighth row and column of the labels is enough."""


class SensorStatesObjective(SegmentationObjective):
    """Segmentation loss with both sensors, and with one of the two alone, drawn for every sample.

    The segmenter must have ``both_and_alone``. The encoders run once for both answers. So the network learns what
    each sensor knows by itself, which the attribution asks for, and what to do without the other.

    Args:
        system: what is trained.
        config: which loss.
        alone: weight of the loss with one sensor.
        precision: of the networks.
    """

    def __init__(
        self, system: System, config: SegmentationLossConfig, alone: float, precision: Precision | None = None
    ) -> None:
        super().__init__(system, config, precision)
        self.alone = alone

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        thermal_alone = torch.rand(len(batch.labels), 1, 1, 1, device=batch.labels.device) < 0.5
        segmenter = self.system.segmenter
        with self.precision.autocast():
            both, alone = segmenter.both_and_alone(batch.thermal, batch.rgb, thermal_alone)
        terms = self.terms(both, batch)
        single = segmentation_terms(alone, batch.labels, batch.complete, self.config)
        labels = batch.labels[:, ::PRIOR_STEP, ::PRIOR_STEP]
        prior = segmenter.prior.float()[None, :, None, None].expand(len(labels), -1, *labels.shape[1:])
        return {
            **terms,
            "alone": self.alone * torch.stack(list(single.values())).sum(),
            "prior": partial_cross_entropy(prior, labels, batch.complete, self.config.unannotated),
        }
