# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The record of a run: the conditions it was made under, its losses, its score, and its lines for the user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from fusion_perception.lab.training.choices import HELD_OUT
from fusion_perception.lab.training.journal import duration, read_journal
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.recipes.recipe import Stage
from fusion_perception.lab.training.session.data import TrainingData
from fusion_perception.lab.training.session.files import stage_folder
from fusion_perception.lab.training.session.plan import RunPlan
from fusion_perception.lab.training.time_line import BATCHES, CHECKS, UPDATE
from fusion_perception.lab.training.trainer import BEST
from fusion_perception.lab.training.training_summary import (
    DataConditions,
    Ends,
    RunConditions,
    RunRecord,
    StageTime,
    TrainingSummary,
)


def run_record(plan: RunPlan, processes: int) -> RunRecord:
    """Return what checkpoints and summary say of the training.

    Args:
        plan: of the run.
        processes: that train together.
    """
    return RunRecord(conditions=run_conditions(plan), processes=processes)


def run_conditions(plan: RunPlan) -> RunConditions:
    """Return what was asked of a run."""
    options = plan.options
    return RunConditions(
        split=Path(options.split).name if options.split is not None else None,
        recipe=plan.recipe.name,
        budget=options.budget,
        steps=sum(stage.steps for stage in plan.stages),
        seed=options.seed,
        faithful=options.faithful,
        data=plan.source,
        precision=Precision(options.precision, plan.device).name,
        without=tuple(sorted(options.without)) or None,
        init=" + ".join(path.name for path in plan.init) or None,
        teachers=tuple(path.name for path in plan.teachers) or None,
        only=options.only,
        fold=str(options.fold) if options.fold is not None else None,
        deterministic=options.deterministic or None,
        compile=options.compile or None,
    )


def data_conditions(plan: RunPlan, stage: Stage | None = None) -> DataConditions:
    """Return what a run draws from beside its data set.

    Args:
        plan: of the run.
        stage: only what this one depends on; None: all.
    """
    options = plan.options
    labels_pairs = stage is None or stage.unlabelled_share > 0 or plan.self_training
    pretext = tuple(path.resolve().name for path in options.pretext)
    unlabelled = tuple(path.resolve().name for path in options.unlabelled)
    return DataConditions(
        synthetic=plan.rendered_frames,
        labels=plan.labels.name,
        pretext=pretext if pretext and plan.has_tasks else None,
        held_out=options.held_out if options.held_out != HELD_OUT and not plan.self_training else None,
        unlabelled=unlabelled or None,
        pairs_without_labels=sum(map(len, plan.unlabelled)) or None,
        boxes=plan.boxes.form if plan.boxes is not None else None,
        annotated=tuple(plan.labels.names[i] for i in plan.boxes.annotated[1:]) if plan.boxes is not None else None,
        self_trained=plan.self_training or None,
        marks=plan.marks_digest if labels_pairs else None,
        checkpoints=plan.checkpoint_digests or None,
    )


def losses_of(plan: RunPlan) -> dict[str, dict[str, Ends]]:
    """Return every loss at both ends of every stage, from the journals in the run's folder."""
    losses = {}
    for number, stage in enumerate(plan.stages, 1):
        found: dict[str, list[float]] = {}
        for line in read_journal(stage_folder(plan.options.out, number, stage.name) / "log.jsonl"):
            if line["kind"] == "train":
                for name, value in line.items():
                    if name not in ("step", "kind", "seconds"):
                        found.setdefault(name, []).append(float(value))
        losses[stage.name or plan.recipe.name] = {name: _ends(values) for name, values in found.items()}
    return losses


def times_of(plan: RunPlan) -> dict[str, StageTime]:
    """Return where the time of every stage went, from the journals in the run's folder."""
    times = {}
    for number, stage in enumerate(plan.stages, 1):
        lines = read_journal(stage_folder(plan.options.out, number, stage.name) / "log.jsonl")
        lines = [line for line in lines if line["kind"] == "time"]
        seconds = {part: round(sum(line[part] for line in lines), 3) for part in (UPDATE, BATCHES, CHECKS)}
        times[stage.name or plan.recipe.name] = StageTime(sum(line["steps"] for line in lines), **seconds)
    return times


def best_score(folder: Path) -> dict[str, float]:
    """Return step and scores of the best validation of a stage; empty where there was none."""
    lines = [line for line in read_journal(folder / "log.jsonl") if line["kind"] == "validation"]
    if not lines:
        return {}
    best = max(lines, key=lambda line: line["score"])
    return {name: best[name] for name in ("step", "miou", "qabf", "score")}


def first_lines(plan: RunPlan, data: TrainingData) -> list[str]:
    """Return what to tell the user at the start."""
    parts = [f"{len(data.train)} training pairs", f"{len(data.held_out)} held out for validation"]
    if data.synthetic:
        parts.append(f"{len(data.synthetic)} rendered")
    if data.unlabelled:
        parts.append(f"{len(data.unlabelled)} without labels")
    if data.tasks:
        parts.append(f"pretext tasks {', '.join(data.tasks)}")
    stages = " + ".join(f"{s.steps} steps {s.name}".strip() for s in plan.stages)
    lines = [
        f"{plan.recipe.name} ({plan.recipe.summary}), budget {plan.options.budget}: {stages}",
        f"{'; '.join(parts)}; on {plan.device}, {Precision(plan.options.precision, plan.device).name}",
    ]
    lines += plan.boxes.remarks if plan.boxes is not None else ()
    if plan.self_training:
        teachers, start = (", ".join(map(str, paths)) or "nothing" for paths in (plan.teachers, plan.init))
        lines.append(f"{plan.source} has no labels: they come from {teachers}; starts from {start}")
    return lines


def finished_line(summary: TrainingSummary, out: Path) -> str:
    """Return what to tell the user at the end."""
    score, recipe = summary.score, summary.conditions.recipe
    quality = f", held-out mIoU {score['miou']:.3f}, Qabf {score['qabf']:.3f}" if score else ""
    return (
        f"{recipe}: done in {duration(summary.seconds)}{quality}; best: {out / BEST}; "
        f"next: fusion-perception export {out / BEST} --out {recipe}.onnx"
    )


def time_line(summary: TrainingSummary) -> str:
    """Return what to tell the user of where the time went."""
    stages = list((summary.times or {}).values())
    steps = sum(stage.steps for stage in stages)
    batches, checks = (sum(getattr(stage, part) for stage in stages) for part in (BATCHES, CHECKS))
    total = batches + checks + sum(stage.update for stage in stages)
    if not steps or not total:
        return "no step was timed"
    return f"{total / steps:.3g} s a step; {batches / total:.1%} in batches, {checks / total:.1%} in checks and files"


def _ends(values: Sequence[float]) -> Ends:
    """Mean over the first and over the last third of what was logged; single values of small batches are noise."""
    third = -(-len(values) // 3)
    return Ends(fmean(values[:third]), fmean(values[-third:]))
