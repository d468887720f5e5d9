# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Joint training: one optimiser, one weighted sum of losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fusion_perception.nets.system import System, SystemOutput
from fusion_perception.training.balancers.constant import Balancer
from fusion_perception.training.distributed import ALONE, Processes
from fusion_perception.training.losses.fusion import gradient_loss, intensity_loss, ssim
from fusion_perception.training.losses.segmentation import partial_cross_entropy, soft_dice_loss
from fusion_perception.training.optimisation.schedule import Schedule
from fusion_perception.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.training.precision import Precision
from fusion_perception.training.samples import Batch
from fusion_perception.training.strategies.base import Strategy
from fusion_perception.training.streams import TRAIN, Streams


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


class JointObjective(nn.Module):
    """The joint loss as a module, so that DistributedDataParallel sees one forward pass.

    Args:
        system: the system to train.
        config: weights of the loss terms.
        precision: of the forward pass.
    """

    def __init__(self, system: System, config: JointLossConfig, precision: Precision | None = None) -> None:
        super().__init__()
        self.system, self.config = system, config
        self.precision = precision or Precision()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted loss terms."""
        with self.precision.autocast():
            output = self.system(batch.thermal, batch.rgb)
        terms = joint_loss(output, batch, self.config)  # in float32: SSIM's variances vanish in bfloat16
        del terms["total"]
        return terms


class JointStrategy(Strategy):
    """One optimiser for everything the objective holds.

    Args:
        objective: module with the attribute ``system`` that maps a batch to its loss terms.
        config: which optimiser.
        schedule: factor on the learning rate by step.
        balancer: weighs the terms; None sums them.
        processes: that train together.
        named: parameters to train, or None for all of the objective's that require a gradient.
    """

    def __init__(
        self,
        objective: nn.Module,
        config: OptimiserConfig,
        schedule: Schedule,
        balancer: Balancer | None = None,
        processes: Processes = ALONE,
        named: Iterable[tuple[str, Tensor]] | None = None,
    ) -> None:
        self.system = objective.system  # type: ignore[assignment]
        pairs = list(named) if named is not None else list(objective.named_parameters())
        # One prefix for what multipliers name, whatever the objective is called.
        trained = [(n.removeprefix("system."), p) for n, p in pairs if p.requires_grad]
        self.updater = Updater(trained, config, schedule, processes)
        self.objective = processes.wrap(objective)
        self.balancer, self.processes = balancer, processes

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Do one update on one batch of the training part."""
        terms = self.objective(streams(TRAIN, step))
        weights = self.balancer.weights(step) if self.balancer is not None else {}
        total = torch.stack([weights.get(name, 1.0) * value for name, value in terms.items()]).sum()
        reported = self.processes.average_terms(
            {**{name: value.detach() for name, value in terms.items()}, "total": total.detach()}
        )
        total.backward()
        self.updater.step(step)
        if self.balancer is not None:
            self.balancer.observe({name: float(reported[name]) for name in terms})
            reported |= {f"weight_{name}": total.new_tensor(value) for name, value in weights.items()}
        return reported

    def updaters(self) -> dict[str, Updater]:
        """Return the optimiser."""
        return {"joint": self.updater}

    def state(self) -> dict[str, Any]:
        """Return the balancer's state."""
        return self.balancer.state() if self.balancer is not None else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        if self.balancer is not None:
            self.balancer.restore(state)
