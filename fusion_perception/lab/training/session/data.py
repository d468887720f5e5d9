# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The samples of a run, and which of them each stage draws."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from fusion_perception.errors import DataError
from fusion_perception.lab.training.batch_source import BatchSource
from fusion_perception.lab.training.box_samples import load_box_samples
from fusion_perception.lab.training.distributed import Processes
from fusion_perception.lab.training.folds import leave_out
from fusion_perception.lab.training.losses.segmentation import object_ids
from fusion_perception.lab.training.pretext_tasks import load_tasks
from fusion_perception.lab.training.recipes.recipe import TASKS, TRAIN_ONLY, TWO_LEVEL, WITH_META, Stage
from fusion_perception.lab.training.rendered_samples import synthetic_samples
from fusion_perception.lab.training.sample_store import SampleStore
from fusion_perception.lab.training.samples import Sample, load_samples
from fusion_perception.lab.training.session.plan import RunPlan
from fusion_perception.lab.training.splits import halves, hold_out, hold_out_groups
from fusion_perception.lab.training.streams import META, TRAIN, UPPER, Streams
from fusion_perception.lab.training.unlabelled import load_unlabelled
from fusion_perception.labels import IGNORE, LabelSet
from fusion_perception.progress import Progress


@dataclass(frozen=True)
class TrainingData:
    """Samples of a run.

    Attributes:
        train: labelled samples of the data set, without the held-out part; where nothing has labels, all pairs.
        held_out: for validation.
        synthetic: rendered samples to mix in.
        tasks: task name -> samples of a pretext.
        unlabelled: further samples, whose labels are all unknown, beside labelled ones.
    """

    train: list[Sample]
    held_out: list[Sample]
    synthetic: list[Sample]
    tasks: dict[str, list[Sample]] = field(default_factory=dict)
    unlabelled: list[Sample] = field(default_factory=list)

    def drawn(self) -> list[Sample]:
        """Return all samples that batches may be made of, each once."""
        listed = [
            *self.train,
            *self.synthetic,
            *self.unlabelled,
            *(s for samples in self.tasks.values() for s in samples),
        ]
        return list({id(sample): sample for sample in listed}.values())

    def digest(self) -> str:
        """Return a short hash of the names and sizes of all samples, in order and part by part."""
        parts = {"": self.train, "held out": self.held_out, **{f"task {k}": v for k, v in self.tasks.items()}}
        if self.unlabelled:
            parts["unlabelled"] = self.unlabelled
        listed = {part: [(s.name, *s.labels.shape) for s in samples] for part, samples in parts.items()}
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


def load_data(plan: RunPlan, *, silent: bool = False) -> TrainingData:
    """Read and render the samples of a run.

    Args:
        plan: of the run.
        silent: say nothing of the rendering.

    Raises:
        DataError: an image cannot be trained on, or there is nothing to train on.
    """
    own: list[Sample] = []
    unlabelled = load_unlabelled(plan.without_labels, marks=plan.marks, labels=plan.labels)
    if plan.self_training:
        own, unlabelled = unlabelled, []
    elif plan.dataset is not None and plan.boxes is not None:
        own, further_pairs = load_box_samples(plan.dataset, plan.boxes, plan.labels)
        unlabelled = [*further_pairs, *unlabelled] if plan.learns_unlabelled else []
    elif plan.dataset is not None:
        own = load_samples(plan.dataset)
        check_labels(own, plan.labels)
    further = [load_tasks(root) for root in plan.options.pretext] if plan.has_tasks else []
    count = plan.rendered_frames
    with Progress(silent=silent, unit="frame") as progress:
        progress.stage("rendering scenes")
        rendered = (
            synthetic_samples(count, plan.options.seed, progress=lambda done: progress.tick(done, count))
            if count > 0
            else []
        )
    if own:
        # Without labels there is nothing to validate by.
        train, held_out = (own, []) if plan.self_training else _hold_out(plan, own)
        synthetic = rendered
    else:
        train, held_out = hold_out_groups(rendered)
        synthetic = []
    if not train:
        raise DataError("nothing to train on; give a data set with --data or a number of scenes with --synthetic")
    tasks = gather_tasks(train, further) if plan.has_tasks else {}
    return TrainingData(train, held_out, synthetic, tasks, unlabelled)


def _hold_out(plan: RunPlan, samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return (training part, held-out part) of labelled samples."""
    fold = plan.options.fold
    return leave_out(samples, fold, object_ids(plan.labels)) if fold else hold_out(samples, plan.options.held_out)


def gather_tasks(train: Sequence[Sample], further: Sequence[dict[str, list[Sample]]]) -> dict[str, list[Sample]]:
    """Return task name -> samples: the data set and the further tasks; alone, the data set's own conditions."""
    tasks: dict[str, list[Sample]] = {"main": list(train)}
    if not further:
        # Without other tasks: the conditions of the data, which differ in what each sensor sees.
        tasks = {}
        for sample in train:
            tasks.setdefault(sample.key, []).append(sample)
    for found in further:
        for name, samples in found.items():
            tasks[name if name not in tasks else f"{name}2"] = samples
    return tasks


def open_streams(
    plan: RunPlan, stage: Stage, number: int, data: TrainingData, store: SampleStore, processes: Processes
) -> Streams:
    """Return the batches of a stage.

    Args:
        plan: of the run.
        stage: the stage.
        number: of the stage, from 1; its draws depend on it.
        data: samples of the run.
        store: made of ``data.drawn()``, on the device.
        processes: that train together.
    """
    rendered = plan.recipe.synthetic_share

    def source(
        real: list[Sample], offset: int, further: list[Sample] | None = None, share: float = rendered
    ) -> BatchSource:
        return BatchSource(
            store,
            store.positions(with_turns(real, stage.complete_turns)),
            store.positions(data.synthetic if further is None else further),
            share,
            stage.batch,
            stage.augment,
            10_000 * plan.options.seed + 100 * number + offset,
            processes.rank,
            processes.count,
            stage.plainer,
        )

    if stage.streams == TRAIN_ONLY and stage.unlabelled_share and data.unlabelled:
        sources = {TRAIN: source(data.train, 0, data.unlabelled, stage.unlabelled_share)}
    elif stage.streams == TRAIN_ONLY:
        sources = {TRAIN: source(data.train, 0)}
    elif stage.streams == WITH_META:
        sources = {TRAIN: source(data.train, 0), META: source(data.train, 1)}
    elif stage.streams == TWO_LEVEL:
        lower, upper = halves(data.train, stage.upper_share)
        sources = {TRAIN: source(lower, 0), UPPER: source(upper, 1, [])}
    elif stage.streams == TASKS:
        sources = {name: source(samples, i, []) for i, (name, samples) in enumerate(data.tasks.items())}
    else:
        raise ValueError(f"unknown streams '{stage.streams}'")
    return Streams(sources, plan.device)


def with_turns(samples: Sequence[Sample], turns: int) -> list[Sample]:
    """Return samples with those whose labels name all classes ``turns`` times, the others once; all once if all do."""
    if all(sample.complete for sample in samples):
        return list(samples)
    return [*samples, *(sample for sample in samples if sample.complete for _ in range(turns - 1))]


def check_labels(samples: Sequence[Sample], labels: LabelSet) -> None:
    """Raise DataError if a sample has an id that the label set does not know."""
    for sample in samples:
        known = sample.labels[sample.labels != IGNORE]
        if known.size and int(known.max()) >= len(labels):
            raise DataError(
                f"'{sample.name}' has label id {int(known.max())}; label set '{labels.name}' has 0..{len(labels) - 1} "
                f"and {IGNORE} for unknown; name the right set with --labels"
            )
