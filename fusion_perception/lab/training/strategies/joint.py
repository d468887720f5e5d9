# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Joint training: one optimiser, one weighted sum of losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fusion_perception.lab.training.balancers.balancer import Balancer
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.optimisation.schedule import Schedule
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import TRAIN, Streams


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
