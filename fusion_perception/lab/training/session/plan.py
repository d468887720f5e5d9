# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a run will do: everything that its options decide before an image is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from fusion_perception.errors import BackendError, DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.training.augment import without
from fusion_perception.lab.training.choices import DEVICES
from fusion_perception.lab.training.recipes.recipe import TASKS, Recipe, RecipeOptions, Stage
from fusion_perception.lab.training.search_result import SEARCH
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.labels import MSRS9, LabelSet, get_label_set

_RENDERED = {"smoke": 8, "cpu": 64, "paper": 400}
_RENDERED_ALONE = {"smoke": 12, "cpu": 160, "paper": 800}


@dataclass(frozen=True)
class RunPlan:
    """A recipe under the options of a run.

    Attributes:
        recipe: what is trained.
        options: what was asked for.
        device: what it runs on.
        dataset: the pairs to train on, opened once for the whole run; None for rendered scenes alone.
        labels: what the ids in the labels mean.
        stages: those to run, in order, as long as the run makes them.
    """

    recipe: Recipe
    options: SessionOptions
    device: torch.device
    dataset: PairDataset | None
    labels: LabelSet
    stages: tuple[Stage, ...]

    @property
    def has_tasks(self) -> bool:
        """Whether a stage draws from fusion tasks."""
        return any(stage.streams == TASKS for stage in self.stages)

    @property
    def rendered_frames(self) -> int:
        """How many frames are rendered for the run."""
        if self.dataset is not None and self.recipe.synthetic_share == 0:
            return 0
        counts = _RENDERED if self.dataset is not None else _RENDERED_ALONE
        return counts[self.options.budget] if self.options.synthetic is None else self.options.synthetic


def plan_run(recipe: Recipe, options: SessionOptions, device: torch.device) -> RunPlan:
    """Plan a run.

    Args:
        recipe: what to train.
        options: how.
        device: what it runs on.

    Raises:
        DataError: the data set cannot be opened or trained on, there is no label set of the name asked for, the
            recipe lacks a stage that was asked for, or the table of latencies cannot be read.
    """
    dataset = open_training_set(options.data, options.split) if options.data is not None else None
    labels = _labels(options, dataset)
    latency = SEARCH.read_file(options.latency).latency_ms if options.latency is not None else None

    def scaled(scale: float) -> list[Stage]:
        chosen = RecipeOptions(options.budget, labels, options.faithful, scale, latency)
        return _chosen(recipe, recipe.stages(chosen), options.only)

    stages = scaled(1.0)
    if options.steps is not None:
        stages = scaled(options.steps / sum(stage.steps for stage in stages))
    stages = [replace(stage, augment=without(stage.augment, options.without)) for stage in stages]
    return RunPlan(recipe, options, device, dataset, labels, tuple(stages))


def chosen_device(name: str) -> torch.device:
    """Return the device of one of ``DEVICES``; BackendError where there is none such."""
    if name not in DEVICES:
        raise BackendError(f"unknown device '{name}'; allowed: {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError("device 'cuda' was asked for, but PyTorch sees no GPU; use --device cpu")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


def _labels(options: SessionOptions, dataset: PairDataset | None) -> LabelSet:
    """Return the label set of a run; DataError where there is none of the name asked for."""
    if options.labels is None:
        return (dataset.label_set if dataset is not None else None) or MSRS9
    try:
        return get_label_set(options.labels)
    except KeyError as error:
        raise DataError(str(error.args[0])) from error


def _chosen(recipe: Recipe, stages: Sequence[Stage], only: tuple[str, ...] | None) -> list[Stage]:
    if only is None:
        return list(stages)
    names = [stage.name for stage in stages]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise DataError(
            f"recipe '{recipe.name}' has no stage '{', '.join(unknown)}'; its stages: "
            + (", ".join(names) if any(names) else "one without a name, so leave --stages out")
        )
    return [stage for stage in stages if stage.name in only]
