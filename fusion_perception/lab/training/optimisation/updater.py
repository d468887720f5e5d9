# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""An optimiser with its schedule, fed with explicit gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.optimisation.schedule import Schedule, constant

KINDS = ("adam", "adamw", "sgd")


@dataclass(frozen=True)
class OptimiserConfig:
    """How parameters are updated.

    Attributes:
        kind: ``"adam"``, ``"adamw"`` or ``"sgd"``.
        lr: peak learning rate.
        weight_decay: on parameters of two or more dimensions; biases, norms and gains have none.
        betas: of Adam.
        momentum: of SGD.
        clip: largest norm of the whole gradient, or None.
        multipliers: factor on the learning rate of parameters whose name starts with a key.
    """

    kind: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    momentum: float = 0.9
    clip: float | None = 5.0
    multipliers: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Check the kind."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown optimiser '{self.kind}'; allowed: {', '.join(KINDS)}")


def _build(named: Sequence[tuple[str, Tensor]], config: OptimiserConfig) -> torch.optim.Optimizer:
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in named:
        factor = next((f for key, f in (config.multipliers or {}).items() if name.startswith(key)), 1.0)
        decay = config.weight_decay if parameter.dim() > 1 else 0.0
        groups.setdefault((factor, decay), []).append(parameter)
    options = [
        {"params": parameters, "lr": config.lr * factor, "base_lr": config.lr * factor, "weight_decay": decay}
        for (factor, decay), parameters in groups.items()
    ]
    if config.kind == "sgd":
        return torch.optim.SGD(options, lr=config.lr, momentum=config.momentum)
    kind = torch.optim.AdamW if config.kind == "adamw" else torch.optim.Adam
    return kind(options, lr=config.lr, betas=config.betas)


class Updater:
    """Moves a set of parameters down given gradients, on a schedule.

    Gradients come from ``torch.autograd.grad`` or from ``backward``; between steps nothing is kept in
    ``.grad``, so losses of other phases cannot leak in.

    Args:
        named: (name, parameter) pairs.
        config: which optimiser.
        schedule: factor on the learning rate by step.
        processes: gradients are averaged over these.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, Tensor]],
        config: OptimiserConfig,
        schedule: Schedule | None = None,
        processes: Processes = ALONE,
    ) -> None:
        pairs = list(named)
        if not pairs:
            raise ValueError("an optimiser needs at least one parameter; got none that requires a gradient")
        self.parameters = [p for _, p in pairs]
        self.config, self.schedule, self.processes = config, schedule or constant(), processes
        self.optimiser = _build(pairs, config)

    @classmethod
    def of(
        cls,
        module: nn.Module,
        config: OptimiserConfig,
        schedule: Schedule | None = None,
        processes: Processes = ALONE,
    ) -> Updater:
        """Return an updater of all parameters of a module that require a gradient."""
        return cls([(n, p) for n, p in module.named_parameters() if p.requires_grad], config, schedule, processes)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate at a step."""
        return self.config.lr * self.schedule(step)

    def minimise(self, step: int, loss: Tensor, *, retain_graph: bool = False) -> None:
        """Take one step down a loss; only the gradients of these parameters are computed."""
        found = torch.autograd.grad(loss, self.parameters, retain_graph=retain_graph, allow_unused=True)
        self.apply(step, [torch.zeros_like(p) if g is None else g for p, g in zip(self.parameters, found, strict=True)])

    def apply(self, step: int, gradients: Sequence[Tensor], *, averaged: bool = False) -> None:
        """Take one step along given gradients.

        Args:
            step: for the schedule.
            gradients: one per parameter.
            averaged: they are the same in all processes already.
        """
        if not averaged:
            gradients = self.processes.average(gradients)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        self.step(step)

    def step(self, step: int) -> None:
        """Take one step along ``.grad``, then empty it."""
        factor = self.schedule(step)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base_lr"] * factor
        if self.config.clip is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.config.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
