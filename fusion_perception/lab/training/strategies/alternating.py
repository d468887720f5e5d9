# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Alternating cascade: rounds of fusion steps and segmentation steps (SegMiF)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.balancers.balancer import Balancer
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.frozen import frozen
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.optimisation.schedule import Schedule
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import TRAIN, Streams

FUSION, TASK = "fusion", "task"
FusionLoss = Callable[[Tensor, Batch], Tensor]


@dataclass(frozen=True)
class Round:
    """One round of the cascade.

    Attributes:
        fusion_steps: updates of the fuser, the segmenter frozen.
        task_steps: updates of the segmenter, the fuser frozen.
    """

    fusion_steps: int
    task_steps: int


class Place(NamedTuple):
    """Where a step is in the cascade.

    Attributes:
        round: from 1.
        phase: ``"fusion"`` or ``"task"``.
        local: step within the phase, from 0.
        total: steps of this phase in all rounds before this one, and in this one.
    """

    round: int
    phase: str
    local: int
    total: int


def place_of(step: int, rounds: Sequence[Round]) -> Place:
    """Return where a step is.

    Raises:
        ValueError: the step is after the last round.
    """
    rest = step
    totals = {FUSION: 0, TASK: 0}
    for number, item in enumerate(rounds, 1):
        for phase, length in ((FUSION, item.fusion_steps), (TASK, item.task_steps)):
            if rest < length:
                return Place(number, phase, rest, totals[phase] + rest)
            rest -= length
            totals[phase] += length
    raise ValueError(f"step {step} of a cascade of {sum(totals.values())} steps")


@dataclass(frozen=True)
class AlternatingConfig:
    """Losses, rounds and optimisers of the cascade.

    Attributes:
        first_loss: of fused image and batch in round 1.
        later_loss: likewise from round 2 on.
        segmentation: which task loss.
        rounds: of the cascade.
        fusion: optimiser of the fuser; its learning rate is divided by the round.
        fusion_schedule: by step within the round.
        task: optimiser of the segmenter.
        task_schedule: by step over all rounds.
        fusion_weight: of the fusion loss from round 2 on, divided by the round.
        task_weight: of the task loss in fusion steps from round 2 on.
    """

    first_loss: FusionLoss
    later_loss: FusionLoss
    segmentation: SegmentationLossConfig
    rounds: tuple[Round, ...]
    fusion: OptimiserConfig
    fusion_schedule: Schedule
    task: OptimiserConfig
    task_schedule: Schedule
    fusion_weight: float = 0.4
    task_weight: float = 0.8


class AlternatingStrategy(Strategy):
    """Fusion and segmentation take turns (Liu et al., SegMiF, ICCV 2023).

    Round 1 trains the fuser on ``first_loss`` alone. In round r >= 2 its loss is

        lambda_1 (fusion_weight / r) L_fusion + lambda_2 task_weight L_task(segmenter(fused)),

    lambda from the balancer, L_task passing through the frozen segmenter. The task phase trains the segmenter on
    images of the frozen fuser, computed as they are needed instead of written to disk.

    Args:
        system: a cascade.
        config: losses, rounds, optimisers.
        balancer: of ``"fusion"`` and ``"task"``; it sees the fusion steps from round 2 on.
        processes: that train together.
        precision: of the networks.
    """

    def __init__(
        self,
        system: System,
        config: AlternatingConfig,
        balancer: Balancer,
        processes: Processes = ALONE,
        precision: Precision | None = None,
    ) -> None:
        self.system: System = system
        self.config, self.balancer = config, balancer
        self.processes, self.precision = processes, precision or Precision()
        # The schedule of the fuser depends on the round as well; it is asked by overall step.
        self.fusion = Updater.of(system.fuser, config.fusion, self._fusion_factor, processes)
        self.task = Updater.of(system.segmenter, config.task, config.task_schedule, processes)

    def _fusion_factor(self, step: int) -> float:
        place = place_of(step, self.config.rounds)
        return self.config.fusion_schedule(place.local) / place.round

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Do one fusion or one task step, whichever the round has now."""
        place = place_of(step, self.config.rounds)
        batch = streams(TRAIN, step)
        if place.phase == FUSION:
            return self._fusion_step(step, place, batch)
        return self._task_step(place, batch)

    def _fusion_step(self, step: int, place: Place, batch: Batch) -> dict[str, Tensor]:
        self.system.fuser.train()
        with frozen(self.system.segmenter):
            with self.precision.autocast():
                fused = self.system.fuse(batch.thermal, batch.rgb)
            if place.round == 1:
                loss = self.config.first_loss(fused, batch)
                self.fusion.minimise(step, loss)
                return self.processes.average_terms({"fusion_first": loss.detach()})
            terms = {FUSION: self.config.later_loss(fused, batch), TASK: self._task_loss(fused, batch)}
            weights = self.balancer.weights(step)
            factors = {FUSION: self.config.fusion_weight / place.round, TASK: self.config.task_weight}
            total = torch.stack([weights[n] * factors[n] * terms[n] for n in terms]).sum()
            self.fusion.minimise(step, total)
        reported = self.processes.average_terms({name: value.detach() for name, value in terms.items()})
        self.balancer.observe({name: float(value) for name, value in reported.items()})
        return reported | {f"weight_{name}": total.new_tensor(value) for name, value in weights.items()}

    def _task_step(self, place: Place, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad(), frozen(self.system), self.precision.autocast():
            fused = self.system.fuse(batch.thermal, batch.rgb)
        self.system.segmenter.train()
        loss = self._task_loss(fused, batch)
        self.task.minimise(place.total, loss)
        self.processes.average_buffers(self.system.segmenter)
        return self.processes.average_terms({"segmentation": loss.detach()})

    def _task_loss(self, fused: Tensor, batch: Batch) -> Tensor:
        with self.precision.autocast():
            logits = self.system.segment_fused(fused, batch.rgb)
        return segmentation_loss(logits, batch.labels, batch.complete, self.config.segmentation)

    def updaters(self) -> dict[str, Updater]:
        """Return the optimisers of fuser and segmenter."""
        return {"fusion": self.fusion, "task": self.task}

    def state(self) -> dict[str, Any]:
        """Return the balancer's state."""
        return self.balancer.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self.balancer.restore(state)
