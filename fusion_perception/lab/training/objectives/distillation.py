# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The segmentation loss, and a loss towards the answer of a slower teacher at every pixel."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective
from fusion_perception.lab.training.precision import Precision

Teacher = Callable[[Tensor, Tensor], Tensor]
"""(thermal, RGB) -> logits (B, C, h, w), constants."""


def divergence(logits: Tensor, teacher: Tensor) -> Tensor:
    """Mean over the pixels of KL(teacher || student) in nats; both (B, C, h, w) logits of one size.

    Source: Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015, at temperature 1.
    """
    student, wanted = (F.log_softmax(x.float(), 1) for x in (logits, teacher))
    return F.kl_div(student, wanted, reduction="none", log_target=True).sum(1).mean()


class DistillationObjective(SegmentationObjective):
    """Segmentation loss on the labels, and divergence from a teacher on all pixels, those without a label too.

    Args:
        system: what is trained.
        teacher: sees the same pairs; not trained, and without offsets.
        config: loss on the labels.
        weight: of the divergence.
        precision: of the networks.
    """

    def __init__(
        self,
        system: System,
        teacher: Teacher,
        config: SegmentationLossConfig,
        weight: float,
        precision: Precision | None = None,
    ) -> None:
        super().__init__(system, config, precision)
        self.teacher, self.weight = teacher, weight

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        with self.precision.autocast():
            logits = self.system.segment(batch.thermal, batch.rgb)
            with torch.no_grad():
                wanted = self.teacher(batch.thermal, batch.rgb)
        return {**self.terms(logits, batch), "distillation": self.weight * divergence(logits, wanted)}
