# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A fusion loss towards weighted sources, alone or as the regulariser of a task."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.source_weights.provider import SourceWeights, WeightProvider

SourceLoss = Callable[[Tensor, Tensor, Tensor, SourceWeights], Tensor]
"""(fused, thermal, luma, weights) -> scalar; images (B, 1, H, W)."""


class WeightedFusionLoss:
    """A source loss with its weight provider.

    Args:
        loss: compares the fused image with the weighted sources.
        provider: computes the weights.
    """

    def __init__(self, loss: SourceLoss, provider: WeightProvider) -> None:
        self.loss, self.provider = loss, provider

    def __call__(self, fused: Tensor, batch: Batch) -> Tensor:
        """Return the loss of fused luminance (B, 1, H, W), a scalar in float32."""
        luma = luma_of(batch.rgb)
        weights = self.provider(batch.thermal, luma, batch.labels)
        return self.loss(fused.float(), batch.thermal, luma, weights)


class FusionObjective(nn.Module):
    """The fusion loss alone: how fusers are warmed up.

    Args:
        system: its fuser is trained.
        loss: of fused image and batch.
        precision: of the networks.
    """

    def __init__(
        self, system: System, loss: Callable[[Tensor, Batch], Tensor], precision: Precision | None = None
    ) -> None:
        super().__init__()
        self.system, self.loss = system, loss
        self.precision = precision or Precision()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the fusion loss."""
        with self.precision.autocast():
            fused = self.system.fuse(batch.thermal, batch.rgb)
        return {"fusion": self.loss(fused, batch)}


class TaskGuidedObjective(nn.Module):
    """Task loss plus eta times the fusion loss, through the whole cascade (TIM).

    Args:
        system: a cascade.
        loss: fusion loss of fused image and batch.
        eta: its weight.
        segmentation: which task loss.
        precision: of the networks.
    """

    def __init__(
        self,
        system: System,
        loss: Callable[[Tensor, Batch], Tensor],
        eta: float,
        segmentation: SegmentationLossConfig,
        precision: Precision | None = None,
    ) -> None:
        super().__init__()
        self.system, self.loss, self.eta, self.segmentation = system, loss, eta, segmentation
        self.precision = precision or Precision()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        with self.precision.autocast():
            fused, logits = self.system(batch.thermal, batch.rgb)
        return {
            "task": segmentation_loss(logits, batch.labels, batch.complete, self.segmentation),
            "fusion": self.eta * self.loss(fused, batch),
        }
