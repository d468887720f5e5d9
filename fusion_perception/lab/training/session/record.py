# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The record of a run: the conditions it was made under, its losses, its score, and its lines for the user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from fusion_perception.lab.training.choices import HELD_OUT
from fusion_perception.lab.training.journal import duration, read_journal
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.session.data import TrainingData
from fusion_perception.lab.training.session.files import stage_folder
from fusion_perception.lab.training.session.plan import RunPlan
from fusion_perception.lab.training.trainer import BEST


def run_conditions(plan: RunPlan) -> dict[str, Any]:
    """Return what was asked of a run, as its summary says it; None for each option that was left out."""
    options = plan.options
    return {
        "recipe": plan.recipe.name,
        "budget": options.budget,
        "steps": sum(stage.steps for stage in plan.stages),
        "seed": options.seed,
        "faithful": options.faithful,
        "data": options.data.resolve().name if options.data is not None else "synthetic",
        "split": Path(options.split).name if options.split is not None else None,
        "precision": Precision(options.precision, plan.device).name,
        "without": sorted(options.without) or None,
        "init": " + ".join(path.name for path in options.init) or None,
        "teachers": [path.name for path in options.teachers] or None,
        "only": list(options.only) if options.only is not None else None,
    }


def data_conditions(plan: RunPlan) -> dict[str, Any]:
    """Return what a run draws from beside its data set, as its summary says it; None for what was left out."""
    options = plan.options
    pretext = [path.resolve().name for path in options.pretext]
    return {
        "synthetic": plan.rendered_frames,
        "labels": plan.labels.name,
        "pretext": pretext if pretext and plan.has_tasks else None,
        "held_out": options.held_out if options.held_out != HELD_OUT else None,
    }


def asked_for(conditions: dict[str, Any]) -> dict[str, Any]:
    """Return the conditions without those that were left out."""
    return {name: value for name, value in conditions.items() if value is not None}


def run_record(plan: RunPlan, processes: int) -> dict[str, Any]:
    """Return what checkpoints and summary say of the training; the split is named even where none was asked for."""
    found = run_conditions(plan)
    return {"split": found["split"], **asked_for(found), "processes": processes}


def losses_of(plan: RunPlan) -> dict[str, Any]:
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


def best_score(folder: Path) -> dict[str, float]:
    """Return step and scores of the best validation of a stage; empty where there was none."""
    lines = [line for line in read_journal(folder / "log.jsonl") if line["kind"] == "validation"]
    if not lines:
        return {}
    best = max(lines, key=lambda line: line["score"])
    return {name: best[name] for name in ("step", "miou", "qabf", "score")}


def first_lines(plan: RunPlan, data: TrainingData) -> tuple[str, str]:
    """Return what to tell the user at the start."""
    parts = [f"{len(data.train)} training pairs", f"{len(data.held_out)} held out for validation"]
    if data.synthetic:
        parts.append(f"{len(data.synthetic)} rendered")
    if data.tasks:
        parts.append(f"pretext tasks {', '.join(data.tasks)}")
    stages = " + ".join(f"{s.steps} steps {s.name}".strip() for s in plan.stages)
    return (
        f"{plan.recipe.name} ({plan.recipe.summary}), budget {plan.options.budget}: {stages}",
        f"{'; '.join(parts)}; on {plan.device}, {Precision(plan.options.precision, plan.device).name}",
    )


def finished_line(summary: dict[str, Any], out: Path) -> str:
    """Return what to tell the user at the end."""
    score = summary.get("score") or {}
    quality = f", held-out mIoU {score['miou']:.3f}, Qabf {score['qabf']:.3f}" if score else ""
    return (
        f"{summary['recipe']}: done in {duration(summary['seconds'])}{quality}; best: {out / BEST}; "
        f"next: fusion-perception export {out / BEST} --out {summary['recipe']}.onnx"
    )


def _ends(values: Sequence[float]) -> dict[str, float]:
    """Mean over the first and over the last third of what was logged; single values of small batches are noise."""
    third = -(-len(values) // 3)
    return {"first": fmean(values[:third]), "last": fmean(values[-third:])}
