# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a recipe is: stages, each of which builds a strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from fusion_perception.lab.nets.system import System, SystemSpec
from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.choices import BUDGETS
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.search_result import SearchResult
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.labels import MSRS9, LabelSet

TRAIN_ONLY, TWO_LEVEL, WITH_META, TASKS = "train", "two-level", "meta", "tasks"
"""Which streams a stage draws from, see ``session``."""


@dataclass(frozen=True)
class RecipeOptions:
    """What the user may choose about any recipe.

    Attributes:
        budget: one of ``BUDGETS``.
        labels: label set of the data.
        faithful: reproduce the quirks of the released code.
        scale: factor on the length of every stage.
        latency: (edges, candidates) latencies in ms of an earlier search, to search with the same; None measures.
        annotated: ids that incompletely labelled samples annotate; None: those of the objects, see ``object_ids``.
    """

    budget: str = "cpu"
    labels: LabelSet = MSRS9
    faithful: bool = False
    scale: float = 1.0
    latency: tuple[tuple[float, ...], ...] | None = None
    annotated: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Check the budget."""
        if self.budget not in BUDGETS:
            raise ValueError(f"unknown budget '{self.budget}'; allowed: {', '.join(BUDGETS)}")

    def steps(self, number: int) -> int:
        """Scale a number of steps, at least 1."""
        return max(1, round(number * self.scale))


@dataclass(frozen=True)
class StageContext:
    """What a stage needs to build its strategy.

    Attributes:
        device: where networks live.
        processes: that train together.
        precision: of the networks.
        seed: of the run.
        tasks: names of the streams of fusion tasks.
        previous: averaged network of the stage before, or what to start from; None for a first stage from nothing.
        result: ``Strategy.result`` of the stages before; None where there was none.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    processes: Processes = ALONE
    precision: Precision = field(default_factory=Precision)
    seed: int = 0
    tasks: tuple[str, ...] = ()
    previous: nn.Module | None = None
    result: SearchResult | None = None

    def place(self, module: nn.Module) -> nn.Module:
        """Move a network to the device, trainable, in the memory format that convolutions prefer."""
        return module.to(self.device, memory_format=torch.channels_last).requires_grad_(True)  # type: ignore[call-overload]

    def system(self, spec: SystemSpec) -> System:
        """Build a system; each of its networks takes over the weights of the stage before if it has the same ones."""
        system = System(spec)
        for name in ("fuser", "segmenter"):
            if self.hands_on(name, system):
                getattr(system, name).load_state_dict(getattr(self.previous, name).state_dict(), strict=False)
        self.place(system)
        return system

    def hands_on(self, name: str, system: System) -> bool:
        """Return whether the stage before, or what to start from, has the same network as ``system``.

        It may lack what changes nothing while it is zero, as the segmenter's ``zero_at_first`` says.

        Args:
            name: ``"fuser"`` or ``"segmenter"``.
            system: what is to be trained.
        """
        if not isinstance(self.previous, System):
            return False
        old, new = (
            {key: value.shape for key, value in getattr(whole, name).state_dict().items()}
            for whole in (self.previous, system)
        )
        late = getattr(getattr(system, name), "zero_at_first", ())
        return old == {key: shape for key, shape in new.items() if key in old or not any(part in key for part in late)}


@dataclass(frozen=True)
class Stage:
    """One training of a recipe.

    Attributes:
        name: of the stage; ``""`` where there is one only.
        steps: its length.
        batch: samples per step and process.
        augment: crop and augmentation.
        build: makes the strategy.
        streams: ``TRAIN_ONLY``; ``TWO_LEVEL``: training and upper part; ``WITH_META``: training part twice, in
            two orders; ``TASKS``: one stream per fusion task.
        upper_share: of the training part that only the upper level sees (two-level).
        average_decay: of the averaged weights.
        scored: validate, and keep the best; else the last is the result.
        unlabelled_share: of its samples that have no labels, where there are such beside labelled ones; 0: it learns
            nothing from them.
        complete_turns: how often, for each time that others are, pairs are drawn whose labels name all classes.
        plainer: augmentation that half of the samples get instead of ``augment``; None: all get that.
    """

    name: str
    steps: int
    batch: int
    augment: AugmentConfig
    build: Callable[[StageContext], Strategy]
    streams: str = TRAIN_ONLY
    upper_share: float = 0.5
    average_decay: float = 0.998
    scored: bool = True
    unlabelled_share: float = 0.0
    complete_turns: int = 1
    plainer: AugmentConfig | None = None


@dataclass(frozen=True)
class Recipe:
    """A method.

    Attributes:
        name: what the command line calls it.
        summary: what it is, in one line.
        stages: its stages, in order.
        synthetic_share: of training samples that are rendered, where there are rendered ones; 0: none are made.
        second_derivatives: whether a stage takes gradients of gradients, which compiled networks do not have.
    """

    name: str
    summary: str
    stages: Callable[[RecipeOptions], list[Stage]]
    synthetic_share: float = 0.2
    second_derivatives: bool = False
