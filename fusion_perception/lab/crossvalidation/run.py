# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A recipe trained once for each seed and fold, and judged on what each training has not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.bench.machine import describe_versions
from fusion_perception.lab.crossvalidation.document import CROSS_VALIDATION, CrossValidation, FoldRun
from fusion_perception.lab.crossvalidation.figures import figures_of
from fusion_perception.lab.crossvalidation.judge import box_tallies, judge, mask_tallies
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.training.folds import Fold, assign_folds
from fusion_perception.lab.training.losses.segmentation import object_ids
from fusion_perception.lab.training.recipes.recipe import Recipe
from fusion_perception.lab.training.samples import load_samples
from fusion_perception.lab.training.session.finished import train_once
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.plan import RunPlan, chosen_device, plan_run
from fusion_perception.lab.training.session.record import data_conditions, run_conditions
from fusion_perception.lab.training.session.run import Say
from fusion_perception.lab.training.trainer import LAST

DOCUMENT, TABLES = "crossvalidation.json", "crossvalidation.md"
_MAY_DIFFER = ("seed", "fold")


@dataclass(frozen=True)
class CrossValidationOptions:
    """What is trained how often.

    Attributes:
        training: how; its ``out``, ``seed`` and ``fold`` are not used.
        out: output folder; each training has a folder of its own below it.
        name: what tables call it.
        folds: number of folds.
        seeds: of the trainings.
        box_set: which annotated boxes.
    """

    training: SessionOptions
    out: Path
    name: str
    folds: int = 5
    seeds: tuple[int, ...] = (0,)
    box_set: str = "fusion"


def crossvalidate(recipe: Recipe, options: CrossValidationOptions, say: Say = print) -> CrossValidation:
    """Train and judge what is not done yet; ``options.out`` receives the document after each training.

    Judged are the last weights, of which nothing was chosen by the fold that was left out.

    Args:
        recipe: what is trained.
        options: see there.
        say: writes a line for the user.

    Raises:
        DataError: there are no pairs with masks, fewer than folds, or the folder holds a cross-validation under other
            conditions.
    """
    first = replace(options.training, out=options.out, seed=options.seeds[0], fold=Fold(1, options.folds))
    plan = plan_run(recipe, first, chosen_device(first.device))
    if plan.boxes is not None:
        raise DataError(
            f"{first.data} has boxes and no masks, by which folds are judged; train with --fold 1/{options.folds}, and "
            "look at what that validates"
        )
    document = _begun(plan, options)
    todo = [(seed, fold) for seed in options.seeds for fold in range(1, options.folds + 1)]
    todo = [key for key in todo if key not in {(run.seed, run.fold) for run in document.runs}]
    if not todo or plan.dataset is None:
        return document
    folds = assign_folds(load_samples(plan.dataset), options.folds, object_ids(plan.labels))
    for seed, fold in todo:
        say(f"{options.name}: seed {seed}, fold {fold} of {options.folds}")
        out = options.out / f"seed{seed}" / f"fold{fold}"
        out.mkdir(parents=True, exist_ok=True)
        summary = train_once(recipe, replace(first, out=out, seed=seed, fold=Fold(fold, options.folds)), say)
        members = [i for i, place in enumerate(folds) if place == fold]
        run = _judged(plan, plan.dataset, members, out / LAST, options.box_set)
        run = replace(run, seed=seed, fold=fold, seconds=summary.seconds)
        runs = tuple(sorted((*document.runs, run), key=lambda run: (run.seed, run.fold)))
        document = replace(document, runs=runs, figures=figures_of(runs), created=_now())
        CROSS_VALIDATION.write_file(options.out / DOCUMENT, document)
    return document


def _judged(plan: RunPlan, dataset: PairDataset, members: list[int], checkpoint: Path, box_set: str) -> FoldRun:
    height, width = dataset[members[0]].rgb.shape[:2]
    pairs = Evaluator(dataset, box_set=box_set).items(members)
    scores = judge(checkpoint, pairs, (height, width), plan.device, box_set)
    names = tuple(dataset.names[i] for i in members)
    return FoldRun(seed=0, fold=0, pairs=names, seconds=0, boxes=box_tallies(scores), masks=mask_tallies(scores))


def _begun(plan: RunPlan, options: CrossValidationOptions) -> CrossValidation:
    """Return the document that the folder holds, or one without a run."""
    path = options.out / DOCUMENT
    fresh = CrossValidation(
        created=_now(),
        versions=describe_versions(),
        name=options.name,
        conditions=replace(run_conditions(plan), fold=None),
        data=data_conditions(plan),
        folds=options.folds,
        box_set=options.box_set,
        runs=(),
        figures=(),
    )
    if not path.is_file():
        return fresh
    found = CROSS_VALIDATION.read_file(path)
    theirs, ours = (
        {"folds": d.folds, "box_set": d.box_set, **vars(d.conditions), **vars(d.data)} for d in (found, fresh)
    )
    for key, value in ours.items():
        if key not in _MAY_DIFFER and theirs[key] != value:
            raise DataError(
                f"{path}: made with {key} = {theirs[key]!r}, this run has {value!r}; "
                "give the same arguments, or name another folder with --out"
            )
    return replace(found, name=options.name)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
