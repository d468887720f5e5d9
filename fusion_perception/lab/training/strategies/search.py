# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Architecture search: operations compete on quality and measured latency (TIM)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.optimisation.hypergradient import HyperGradient, rank_one_hypergradient
from fusion_perception.lab.training.optimisation.schedule import Schedule
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.search_result import SearchResult
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import TRAIN, UPPER, Streams


class Supernet(Protocol):
    """A fuser in which every candidate operation is present."""

    def weight_parameters(self) -> list[nn.Parameter]:
        """Return theta."""
        ...

    def architecture_parameters(self) -> list[nn.Parameter]:
        """Return alpha."""
        ...

    def latency(self, table: Tensor) -> Tensor:
        """Return the expected latency."""
        ...

    def genotype(self) -> list[list[Any]]:
        """Return the most probable operations."""
        ...


class SearchStrategy(Strategy):
    """min over alpha of L_val(theta*(alpha), alpha) + latency_weight LAT(alpha), theta* = argmin L_train.

    theta takes a step on every training batch; every ``period`` steps, after a warm-up, alpha takes one along the
    rank-one hyper-gradient. LAT is the expected latency over the table, divided by its value for equal
    probabilities, so that it starts at 1 whatever the machine. Source: Liu et al., TIM, TPAMI 2024.

    Args:
        supernet: the relaxed fuser.
        loss: of fused image and batch.
        table: (edges, candidates) measured latencies, see ``measure_latency``.
        latency_weight: lambda.
        weights: optimiser of theta.
        weights_schedule: its schedule.
        architecture: optimiser of alpha.
        warmup: steps before alpha moves.
        period: steps between two updates of alpha.
        processes: that train together.
        precision: of the network.
    """

    def __init__(
        self,
        supernet: nn.Module,
        loss: Callable[[Tensor, Batch], Tensor],
        table: Tensor,
        latency_weight: float,
        weights: OptimiserConfig,
        weights_schedule: Schedule,
        architecture: OptimiserConfig,
        warmup: int = 0,
        period: int = 1,
        processes: Processes = ALONE,
        precision: Precision | None = None,
    ) -> None:
        self.system = self.supernet = supernet
        self.loss, self.table, self.latency_weight = loss, table, latency_weight
        self.warmup, self.period = warmup, period
        self.processes, self.precision = processes, precision or Precision()
        space: Supernet = supernet  # type: ignore[assignment]
        self.space = space
        self.theta = Updater(
            ((f"theta{i}", p) for i, p in enumerate(space.weight_parameters())), weights, weights_schedule, processes
        )
        self.alpha = Updater(
            ((f"alpha{i}", p) for i, p in enumerate(space.architecture_parameters())),
            architecture,
            processes=processes,
        )

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Update theta, and alpha when its turn has come."""
        train = streams(TRAIN, step)
        terms = {}
        if step >= self.warmup and (step - self.warmup) % self.period == 0:
            gradient, value = self.architecture_gradient(train, streams(UPPER, (step - self.warmup) // self.period))
            self.alpha.apply(step, gradient.gradients, averaged=True)
            terms = {"upper": value, "rho": gradient.rho, "latency": self.relative_latency().detach()}
        loss = self._fusion_loss(train)
        self.theta.minimise(step, loss)
        self.processes.average_buffers(self.supernet)
        return self.processes.average_terms({"fusion": loss.detach(), **terms})

    def relative_latency(self) -> Tensor:
        """Return LAT(alpha), 1 for equal probabilities."""
        return self.space.latency(self.table) / self.table.mean(1).sum()

    def architecture_gradient(self, train: Batch, upper: Batch) -> tuple[HyperGradient, Tensor]:
        """Return G_alpha and the value of the upper loss.

        Args:
            train: batch of the lower loss.
            upper: batch of the upper loss.
        """
        above = self._fusion_loss(upper) + self.latency_weight * self.relative_latency()
        below = self._fusion_loss(train)
        gradient = rank_one_hypergradient(
            above, below, self.alpha.parameters, self.theta.parameters, reduce=self.processes.average
        )
        return gradient, above.detach()

    def _fusion_loss(self, batch: Batch) -> Tensor:
        with self.precision.autocast():
            fused = self.supernet(batch.thermal, luma_of(batch.rgb))
        return self.loss(fused, batch)

    def updaters(self) -> dict[str, Updater]:
        """Return the optimisers of theta and alpha."""
        return {"theta": self.theta, "alpha": self.alpha}

    def state(self) -> dict[str, Any]:
        """Return the table: measured anew, it would differ."""
        return {"table": self.table.tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over the table."""
        self.table = torch.tensor(state["table"], dtype=self.table.dtype, device=self.table.device)

    def result(self) -> SearchResult:
        """Return the chosen operations, their expected latency (1 for equal probabilities) and the table in ms."""
        return SearchResult(
            genotype=self.space.genotype(),
            relative_latency=self.relative_latency().item(),
            latency_ms=tuple(map(tuple, self.table.tolist())),
        )
