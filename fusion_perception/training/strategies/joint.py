# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Joint training: one optimiser, one weighted sum of fusion and segmentation losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fusion_perception.nets.system import System, SystemOutput
from fusion_perception.training.losses.fusion import gradient_loss, intensity_loss, ssim
from fusion_perception.training.losses.segmentation import partial_cross_entropy, soft_dice_loss
from fusion_perception.training.samples import Batch


@dataclass(frozen=True)
class JointLossConfig:
    """Weights of the joint loss.

    Attributes:
        fusion: weight of the fusion terms as a whole.
        intensity: L1 to the pixel-wise maximum.
        gradient: L1 to the stronger signed gradient.
        structure: 1 - SSIM, averaged over both sources.
        cross_entropy: partial-label cross entropy.
        dice: soft Dice on ``dice_classes``.
        class_weights: weight of each label id in the cross entropy.
        dice_classes: ids in the Dice term.
        unannotated: ids that incompletely labelled images do not annotate.
    """

    fusion: float = 1.0
    intensity: float = 1.0
    gradient: float = 3.0
    structure: float = 0.2
    cross_entropy: float = 1.0
    dice: float = 0.5
    class_weights: tuple[float, ...] = (1.0, 1.5, 3.0, 2.5, 2.0, 2.0, 2.0, 3.0, 3.0)
    dice_classes: Sequence[int] = (1, 2, 3)
    unannotated: Sequence[int] = (4, 5, 6, 7, 8)


def joint_loss(output: SystemOutput, batch: Batch, config: JointLossConfig) -> dict[str, Tensor]:
    """Return all loss terms and their sum under ``"total"``; labels are compared at the logits' resolution."""
    fused, logits = output.fused.float(), output.logits.float()
    luma = 0.299 * batch.rgb[:, 0:1] + 0.587 * batch.rgb[:, 1:2] + 0.114 * batch.rgb[:, 2:3]
    step = batch.labels.shape[-1] // logits.shape[-1]
    labels = batch.labels[:, step // 2 :: step, step // 2 :: step]
    weights = torch.tensor(config.class_weights, device=logits.device)
    terms = {
        "intensity": config.fusion * config.intensity * intensity_loss(fused, batch.thermal, luma),
        "gradient": config.fusion * config.gradient * gradient_loss(fused, batch.thermal, luma),
        "structure": config.fusion
        * config.structure
        * (1 - 0.5 * ssim(fused, batch.thermal) - 0.5 * ssim(fused, luma)),
        "cross_entropy": config.cross_entropy
        * partial_cross_entropy(logits, labels, batch.complete, config.unannotated, weights),
        "dice": config.dice * soft_dice_loss(logits, labels, config.dice_classes),
    }
    terms["total"] = torch.stack(list(terms.values())).sum()
    return terms


class JointStrategy:
    """AdamW on all parameters, one-cycle cosine schedule, gradient clipping.

    Args:
        system: the system to train, on its device.
        loss: weights of the loss terms.
        steps: length of the schedule.
        lr: peak learning rate.
        weight_decay: on weights of two or more dimensions; biases and norms have none.
        warmup: steps of linear warm-up.
        amp: bfloat16 autocast for the forward pass.
        wrap: applied to the system for the forward pass, for example DistributedDataParallel.
    """

    def __init__(
        self,
        system: System,
        loss: JointLossConfig,
        steps: int,
        lr: float = 2e-3,
        weight_decay: float = 0.02,
        warmup: int = 100,
        amp: bool = True,
        wrap: Callable[[nn.Module], nn.Module] | None = None,
    ) -> None:
        self.system = wrap(system) if wrap else system
        self.loss, self.amp = loss, amp
        decayed = [p for p in system.parameters() if p.dim() > 1]
        plain = [p for p in system.parameters() if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}], lr=lr
        )
        self.lr, self.steps, self.warmup = lr, steps, warmup

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then cosine to 1 % of the peak."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.lr * (0.01 + 0.99 * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * min(1.0, progress))))))

    def step(self, step: int, batch: Batch) -> dict[str, float]:
        """One update; returns the loss terms."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate(step)
        with torch.autocast(batch.rgb.device.type, dtype=torch.bfloat16, enabled=self.amp):
            output = self.system(batch.thermal, batch.rgb)
        terms = joint_loss(output, batch, self.loss)  # in float32: SSIM's variances vanish in bfloat16
        self.optimiser.zero_grad(set_to_none=True)
        terms["total"].backward()
        nn.utils.clip_grad_norm_(self.system.parameters(), 5.0)
        self.optimiser.step()
        return {name: float(value.detach()) for name, value in terms.items()}
