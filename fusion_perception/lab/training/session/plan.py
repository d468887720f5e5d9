# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a run will do: everything that its options decide before an image is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from fusion_perception.errors import BackendError, DataError
from fusion_perception.lab.data.box_annotations import BoxAnnotations, find_boxes
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.video_marks import RecordingMarks, read_marks
from fusion_perception.lab.training.augmentation.config import without
from fusion_perception.lab.training.choices import DEVICES, HELD_OUT, SHIPPED
from fusion_perception.lab.training.recipes.recipe import TASKS, Recipe, RecipeOptions, Stage
from fusion_perception.lab.training.search_result import SEARCH
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.lab.training.unlabelled import marks_of, open_unlabelled
from fusion_perception.labels import MSRS9, LabelSet, get_label_set
from fusion_perception.model_store import find_shared

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
        unlabelled: further pairs, whose labels are not read.
        marks: root of a recording without labels -> what is marked in it.
        marks_digest: of the file of marks.
        checkpoint_digests: of the files of ``init`` and ``teachers``.
        boxes: of the pairs of a data set without masks, or None.
        labels: what the ids in the labels mean.
        stages: those to run, in order, as long as the run makes them.
        init: checkpoints to start from.
        teachers: checkpoints that give pairs without labels theirs; none: what the run has trained before does.
    """

    recipe: Recipe
    options: SessionOptions
    device: torch.device
    dataset: PairDataset | None
    labels: LabelSet
    stages: tuple[Stage, ...]
    unlabelled: tuple[PairDataset, ...] = ()
    marks: Mapping[Path, RecordingMarks] = field(default_factory=dict)
    marks_digest: str | None = None
    boxes: BoxAnnotations | None = None
    init: tuple[Path, ...] = ()
    teachers: tuple[Path, ...] = ()
    checkpoint_digests: tuple[str, ...] = ()

    @property
    def self_training(self) -> bool:
        """Whether there are pairs, but none with labels, so that a teacher gives all of them."""
        if self.dataset is None:
            return bool(self.unlabelled)
        return not self.dataset.has_labels and self.boxes is None

    @property
    def without_labels(self) -> tuple[PairDataset, ...]:
        """Recordings and folders of pairs that a teacher labels."""
        own = (self.dataset,) if self.dataset is not None and self.self_training else ()
        return (*own, *self.unlabelled)

    @property
    def annotated(self) -> tuple[int, ...] | None:
        """Ids that incompletely labelled samples annotate, or None where masks say it."""
        return self.boxes.annotated if self.boxes is not None else None

    @property
    def learns_unlabelled(self) -> bool:
        """Whether a stage learns from pairs without labels."""
        return any(stage.unlabelled_share > 0 for stage in self.stages)

    @property
    def source(self) -> str:
        """Names of the folders that the pairs come from, ``"synthetic"`` without any; for records."""
        folders = (self.options.data,) if self.options.data is not None else self.options.unlabelled
        return " + ".join(folder.resolve().name for folder in folders) or "synthetic"

    @property
    def has_tasks(self) -> bool:
        """Whether a stage draws from fusion tasks."""
        return any(stage.streams == TASKS for stage in self.stages)

    @property
    def rendered_frames(self) -> int:
        """How many frames are rendered for the run."""
        alone = self.dataset is None and not self.unlabelled
        if not alone and self.recipe.synthetic_share == 0:
            return 0
        counts = _RENDERED_ALONE if alone else _RENDERED
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
    boxes = find_boxes(dataset, labels) if dataset is not None and not dataset.has_labels else None
    annotated = boxes.annotated if boxes is not None else None
    latency = SEARCH.read_file(options.latency).latency_ms if options.latency is not None else None

    def scaled(scale: float) -> list[Stage]:
        chosen = RecipeOptions(options.budget, labels, options.faithful, scale, latency, annotated)
        return _chosen(recipe, recipe.stages(chosen), options.only)

    stages = scaled(1.0)
    if options.steps is not None:
        stages = scaled(options.steps / sum(stage.steps for stage in stages))
    if options.compile and recipe.second_derivatives:
        raise DataError(
            f"recipe '{recipe.name}' differentiates twice, which compiled networks cannot; leave --compile out"
        )
    stages = [
        replace(
            stage,
            augment=without(stage.augment, options.without),
            plainer=without(stage.plainer, options.without) if stage.plainer is not None else None,
        )
        for stage in stages
    ]
    plan = RunPlan(
        recipe,
        options,
        device,
        dataset,
        labels,
        tuple(stages),
        open_unlabelled(options.unlabelled, dataset),
        boxes=boxes,
        init=options.init,
        teachers=options.teachers,
    )
    if options.marks is not None:
        marks = marks_of(plan.without_labels, read_marks(options.marks))
        plan = replace(plan, marks=marks, marks_digest=_digest(options.marks))
    _check_unlabelled(plan)
    _check_fold(plan)
    if plan.self_training:
        init = options.init if options.init or options.teachers else (_shipped(plan.source),)
        plan = replace(plan, init=init, teachers=options.teachers or init)
    return replace(plan, checkpoint_digests=tuple(_digest(path) for path in (*plan.init, *plan.teachers)))


def _digest(path: Path) -> str:
    """Return the first digits of the SHA-256 of a file; checkpoints of different trainings have the same names.

    What cannot be read has none: whoever opens it says why.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def _check_fold(plan: RunPlan) -> None:
    """Raise DataError where a fold is asked for, and there are no labelled pairs, or a share is to be held out too."""
    options = plan.options
    if options.fold is None:
        return
    if plan.dataset is None or plan.self_training:
        raise DataError(f"fold {options.fold} of what? folds are made of labelled pairs; name a data set with --data")
    if options.held_out != HELD_OUT:
        raise DataError(f"fold {options.fold} is held out, whole; leave --held-out {options.held_out} out")


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
        return (dataset.label_set if dataset is not None and dataset.has_labels else None) or MSRS9
    try:
        return get_label_set(options.labels)
    except KeyError as error:
        raise DataError(str(error.args[0])) from error


def _check_unlabelled(plan: RunPlan) -> None:
    """Raise DataError where there are pairs without labels, but no stage learns from such."""
    what = f"{plan.source} has neither masks nor boxes" if plan.self_training else "--unlabelled"
    if (plan.self_training or plan.unlabelled) and not plan.learns_unlabelled:
        raise DataError(
            f"{what}: no stage of this run of '{plan.recipe.name}' learns from pairs without labels; "
            "leave such pairs out, take another recipe, or leave --stages out"
        )


def _shipped(source: str) -> Path:
    """Return the checkpoint that self-training on ``source`` starts and learns from where the user names none."""
    try:
        return find_shared(Path("models") / f"{SHIPPED}.safetensors")
    except FileNotFoundError as error:
        raise DataError(
            f"{source} has no labels, and the shipped model to learn from is not there ({error}); "
            "name a checkpoint with --teacher or --init"
        ) from error


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
