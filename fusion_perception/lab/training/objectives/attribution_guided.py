# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""UAAFusion's loss: weights and attention from attribution, and the task loss on all three images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.attribution.iterate_path import IteratePath, score_gradient
from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.frozen import evaluating
from fusion_perception.lab.training.losses.edges import edge_maximum_loss
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.losses.weighted import weighted_intensity_loss
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.source_weights.attribution import AttributionWeights
from fusion_perception.lab.training.source_weights.fixed import FixedWeights
from fusion_perception.lab.training.source_weights.provider import SourceWeights
from fusion_perception.labels import IGNORE


@dataclass(frozen=True)
class AttributionGuidedConfig:
    """Weights and settings of the loss.

    Attributes:
        segmentation: which task loss.
        intensity: weight of the weighted intensity term.
        gradient: weight of the edge term.
        task: weight of the task loss.
        points: path points of the attribution weights.
        exact: one backward pass per class, see ``AttributionWeights``.
        neutral_share: share of steps without guidance (w = 1/2, A = 0), so that the fuser also works where
            no attribution is computed; 0 in the paper.
        faithful: the release's quirks: squared weights, pooling over the batch, sigmoid instead of softmax.
    """

    segmentation: SegmentationLossConfig
    intensity: float = 1.0
    gradient: float = 1.0
    task: float = 0.1
    points: int = 5
    exact: bool = True
    neutral_share: float = 0.0
    faithful: bool = False


class AttributionGuidedObjective(nn.Module):
    """Weights, fusion and segmentation of UAAFusion in one forward pass (Bai et al., TCSVT 2025).

    Args:
        system: a cascade whose fuser takes ``weight`` and ``attention``.
        config: weights.
        precision: of the networks.
    """

    def __init__(self, system: System, config: AttributionGuidedConfig, precision: Precision | None = None) -> None:
        super().__init__()
        self.system, self.config = system, config
        self.precision = precision or Precision()

    def logits(self, image: Tensor) -> Tensor:
        """Segment a luminance image (B, 1, H, W)."""
        channels = getattr(self.system.segmenter, "in_channels", 1)
        return self.system.segmenter(image.expand(-1, channels, -1, -1)).float()

    def probabilities(self, image: Tensor) -> Tensor:
        """Class scores 0..1 that attributions explain."""
        logits = self.logits(image)
        return logits.sigmoid() if self.config.faithful else logits.softmax(1)

    def regions(self, labels: Tensor, start: Tensor) -> Tensor:
        """Label map with what is unknown filled in by the network's own prediction on the start image."""
        with torch.no_grad(), evaluating(self.system.segmenter):
            logits = at_full_size(self.logits(start), labels)
        return torch.where(labels == IGNORE, logits.argmax(1), labels)

    def guidance(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> tuple[Tensor, IteratePath]:
        """Return the thermal weight (B, 1, H, W) and the attention of one forward pass."""
        config = self.config
        provider = AttributionWeights(
            self.system.segmenter,
            self.probabilities,
            points=config.points,
            exact=config.exact,
            pooled=config.faithful,
        )
        weight = provider(thermal, luma, regions).thermal
        classes = len(self.system.labels)
        target = F.one_hot(regions, classes).permute(0, 3, 1, 2).to(thermal.dtype)

        def probabilities(image: Tensor) -> Tensor:
            with evaluating(self.system.segmenter):
                return at_full_size(self.probabilities(image), regions)

        return weight, IteratePath(score_gradient(probabilities, target))

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        config = self.config
        thermal, luma = batch.thermal, luma_of(batch.rgb)
        with self.precision.autocast():
            if config.neutral_share > 0 and float(torch.rand(())) < config.neutral_share:
                weights = FixedWeights()(thermal, luma, batch.labels)
                fused = self.system.fuse(thermal, batch.rgb)
            else:
                regions = self.regions(batch.labels, 0.5 * (thermal + luma))
                weight, attention = self.guidance(thermal, luma, regions)
                weights = SourceWeights.of_thermal(weight)
                fused = self.system.fuse(thermal, batch.rgb, weight=weight, attention=attention)
            # One call for all three: batch normalisation sees the mixture, and the graph is small.
            logits = self.logits(torch.cat([fused.to(thermal.dtype), thermal, luma]))
        fused = fused.float()
        labels, complete = batch.labels.repeat(3, 1, 1), batch.complete.repeat(3)
        return {
            "intensity": config.intensity
            * weighted_intensity_loss(fused, thermal, luma, weights, square_weights=config.faithful),
            "gradient": config.gradient * edge_maximum_loss(fused, thermal, luma),
            "task": config.task * segmentation_loss(logits, labels, complete, config.segmentation),
        }


class SourceSegmentationObjective(AttributionGuidedObjective):
    """The task loss on both sources alone: how UAAFusion's segmenter is prepared."""

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the task loss."""
        thermal, luma = batch.thermal, luma_of(batch.rgb)
        with self.precision.autocast():
            logits = self.logits(torch.cat([0.5 * (thermal + luma), thermal, luma]))
        labels, complete = batch.labels.repeat(3, 1, 1), batch.complete.repeat(3)
        return {"task": segmentation_loss(logits, labels, complete, self.config.segmentation)}


def at_full_size(scores: Tensor, labels: Tensor) -> Tensor:
    """Interpolate scores (B, C, h, w) to the size of labels (B, H, W)."""
    if scores.shape[-2:] == labels.shape[-2:]:
        return scores
    return F.interpolate(scores, size=labels.shape[-2:], mode="bilinear", align_corners=False)
