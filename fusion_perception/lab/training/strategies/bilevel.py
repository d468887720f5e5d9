# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bi-level training: the fuser foresees how the networks that judge it will respond (BDLFusion)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fusion_perception.lab.training.balancers.balancer import Balancer
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.optimisation.hypergradient import HyperGradient, rank_one_hypergradient
from fusion_perception.lab.training.optimisation.updater import Updater
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import TRAIN, UPPER, Streams

ConstraintLoss = Callable[[Tensor, Batch], Tensor]


@dataclass(frozen=True)
class Constraint:
    """A network that judges fused images, and what it learns itself.

    Attributes:
        name: of the constraint, for balancer and reports.
        network: the judge, whose parameters are theta.
        lower: phi(fused, batch), what the judge minimises.
        upper: Phi(fused, batch), what the fuser minimises.
        updater: of theta.
        clamp: largest magnitude of theta after an update, or None.
    """

    name: str
    network: nn.Module
    lower: ConstraintLoss
    upper: ConstraintLoss
    updater: Updater
    clamp: float | None = None


class BilevelStrategy(Strategy):
    """min over w of sum_i lambda_i Phi_i(w, theta_i*(w)), theta_i*(w) = argmin phi_i (Liu et al., IJCAI 2023).

    Every step updates each theta_i on phi_i of a training batch. Every ``period`` steps the fuser takes one step
    along sum_i lambda_i G_i, G_i the rank-one hyper-gradient with Phi_i on a batch of the upper part and phi_i
    on the training batch.

    Args:
        system: what is saved; holds the fuser.
        fuse: batch -> fused luminance (B, 1, H, W), differentiable in w.
        upper: updates w.
        constraints: the judges.
        balancer: lambda by constraint name.
        period: steps between two updates of the fuser.
        extra: networks outside the system, to be saved with it.
        processes: that train together.
        precision: of the networks.
    """

    def __init__(
        self,
        system: nn.Module,
        fuse: Callable[[Batch], Tensor],
        upper: Updater,
        constraints: Sequence[Constraint],
        balancer: Balancer,
        period: int = 10,
        extra: Mapping[str, nn.Module] | None = None,
        processes: Processes = ALONE,
        precision: Precision | None = None,
    ) -> None:
        self.system = system
        self.fuse, self.upper, self.constraints, self.balancer = fuse, upper, tuple(constraints), balancer
        self.period, self.extra = period, dict(extra or {})
        self.processes, self.precision = processes, precision or Precision()

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Update the judges, and the fuser when its turn has come."""
        batch = streams(TRAIN, step)
        terms = self._lower_step(step, batch)
        if (step + 1) % self.period == 0:
            terms |= self._upper_step(step, batch, streams(UPPER, step // self.period))
        for network in self.networks().values():
            self.processes.average_buffers(network)
        return terms

    def _fused(self, batch: Batch) -> Tensor:
        with self.precision.autocast():
            fused = self.fuse(batch)
        return fused.float() if fused.dtype == torch.bfloat16 else fused

    def _lower_step(self, step: int, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            fused = self._fused(batch)
        terms = {}
        for constraint in self.constraints:
            loss = constraint.lower(fused, batch)
            constraint.updater.minimise(step, loss)
            if constraint.clamp is not None:
                with torch.no_grad():
                    for parameter in constraint.updater.parameters:
                        parameter.clamp_(-constraint.clamp, constraint.clamp)
            terms[f"lower_{constraint.name}"] = loss.detach()
        return self.processes.average_terms(terms)

    def hypergradients(self, train: Batch, upper: Batch) -> dict[str, tuple[HyperGradient, Tensor]]:
        """Return G_i and the value of Phi_i for each constraint, at the present parameters.

        Args:
            train: batch of the lower losses.
            upper: batch of the upper losses.
        """
        fused_train, fused_upper = self._fused(train), self._fused(upper)
        result = {}
        for constraint in self.constraints:
            above = constraint.upper(fused_upper, upper)
            below = constraint.lower(fused_train, train)
            gradient = rank_one_hypergradient(
                above, below, self.upper.parameters, constraint.updater.parameters, reduce=self.processes.average
            )
            result[constraint.name] = (gradient, above.detach())
        return result

    def _upper_step(self, step: int, train: Batch, upper: Batch) -> dict[str, Tensor]:
        found = self.hypergradients(train, upper)
        weights = self.balancer.weights(step)
        total = [torch.zeros_like(p) for p in self.upper.parameters]
        terms = {}
        for name, (gradient, value) in found.items():
            for accumulated, part in zip(total, gradient.gradients, strict=True):
                accumulated.add_(part, alpha=weights[name])
            terms[f"upper_{name}"] = value
        reported = self.processes.average_terms(terms)
        self.upper.apply(step, total, averaged=True)
        self.balancer.observe({name: float(reported[f"upper_{name}"]) for name in found})
        rho = {f"rho_{name}": gradient.rho for name, (gradient, _) in found.items()}
        return reported | rho | {f"weight_{n}": total[0].new_tensor(w) for n, w in weights.items()}

    def networks(self) -> dict[str, nn.Module]:
        """Return the system and the judges outside it."""
        return {"system": self.system, **self.extra}

    def updaters(self) -> dict[str, Updater]:
        """Return the optimisers of the fuser and of every judge."""
        return {"upper": self.upper, **{f"lower_{c.name}": c.updater for c in self.constraints}}

    def state(self) -> dict[str, Any]:
        """Return the balancer's state."""
        return self.balancer.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self.balancer.restore(state)
