# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pretext meta-initialisation: weights from which one step suffices for any fusion task (TIM)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.optimisation.functional_step import functional_forward, functional_step, trainable
from fusion_perception.lab.training.optimisation.updater import Updater
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import Streams


class PretextStrategy(Strategy):
    """Model-agnostic meta-learning over fusion tasks (Liu et al., TIM, TPAMI 2024; Finn et al., MAML, 2017).

    For each task i: theta_i = w - beta grad L(F(batch; w)); then w takes a step down the sum over the tasks of
    L(F(other batch; theta_i(w))), differentiated through the inner step.

    Args:
        system: its fuser is trained.
        loss: of fused image and batch.
        tasks: names of the streams.
        inner_lr: beta.
        outer: updates w.
        first_order: treat the inner step as a constant, which halves the cost.
        processes: that train together.
    """

    def __init__(
        self,
        system: System,
        loss: Callable[[Tensor, Batch], Tensor],
        tasks: Sequence[str],
        inner_lr: float,
        outer: Updater,
        first_order: bool = False,
        processes: Processes = ALONE,
    ) -> None:
        if not tasks:
            raise ValueError("pretext meta-initialisation needs at least one fusion task; got none")
        self.system: System = system
        self.loss, self.tasks, self.inner_lr, self.outer = loss, tuple(tasks), inner_lr, outer
        self.first_order, self.processes = first_order, processes

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Do one outer step over all tasks."""
        total = [torch.zeros_like(p) for p in self.outer.parameters]
        values = []
        for task in self.tasks:
            # Task by task, so that only one inner graph is in memory.
            loss = self.adapted_loss(streams(task, 2 * step), streams(task, 2 * step + 1))
            found = torch.autograd.grad(loss, self.outer.parameters, allow_unused=True)
            for accumulated, gradient in zip(total, found, strict=True):
                if gradient is not None:
                    accumulated.add_(gradient)
            values.append(loss.detach())
        self.outer.apply(step, total)
        return self.processes.average_terms({"pretext": torch.stack(values).mean()})

    def adapted_loss(self, inner: Batch, outer: Batch) -> Tensor:
        """Return the loss on ``outer`` after one step on ``inner``, differentiable in w."""
        w = trainable(self.system.fuser)
        moved = functional_step(self._loss(inner, w), w, self.inner_lr, create_graph=not self.first_order)
        if self.first_order:
            # The same value, with the gradient of theta_i passed on to w unchanged.
            moved = {name: w[name] + (moved[name] - w[name]).detach() for name in w}
        return self._loss(outer, moved)

    def _loss(self, batch: Batch, parameters: dict[str, Tensor]) -> Tensor:
        fused = functional_forward(self.system.fuser, parameters, batch.thermal, luma_of(batch.rgb))
        return self.loss(fused, batch)

    def updaters(self) -> dict[str, Updater]:
        """Return the optimiser of w."""
        return {"outer": self.outer}
