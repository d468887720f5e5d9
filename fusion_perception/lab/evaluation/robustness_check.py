# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Measure a method on pairs that get worse: sensors missing, disturbed, and failing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fusion_perception.lab.evaluation.document import RobustnessRow, robustness_row
from fusion_perception.lab.evaluation.evaluation_results import Evaluation
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick
from fusion_perception.lab.evaluation.failure_figures import FailureFigures
from fusion_perception.lab.evaluation.failures import FAILED_SENSORS, FROZEN, FailedSensor, Sensor
from fusion_perception.lab.evaluation.figures import iou_by_kind, iou_shares
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.robustness import CLEAN, PERTURBATIONS, RGB_MISSING, THERMAL_MISSING

ALONE: dict[Sensor, str] = {"thermal": THERMAL_MISSING.name, "rgb": RGB_MISSING.name}
"""Failing sensor -> the perturbation that leaves the other one alone."""


@dataclass(frozen=True)
class RobustnessFigures:
    """What was measured.

    Attributes:
        rows: one for each perturbation, the clean pairs first.
        failures: one for each way in which a sensor fails; None for a method without masks.
        notes: what was left out, and why.
    """

    rows: tuple[RobustnessRow, ...]
    failures: tuple[FailureFigures, ...] | None
    notes: tuple[str, ...]


def measure_robustness(
    evaluator: Evaluator,
    method: Method,
    clean: Evaluation,
    tick: Tick | None = None,
    stage: Callable[[str], None] | None = None,
    *,
    fusion: bool = True,
) -> RobustnessFigures:
    """Run a method on perturbed pairs; one with masks also on pairs of which one sensor fails, in every way.

    Args:
        evaluator: reads the pairs.
        method: what to run; it must run here.
        clean: what was measured on the pairs as recorded.
        tick: progress over the pairs.
        stage: told what is next.
        fusion: take the fusion metrics of the perturbed pairs; they are never taken under failures.
    """
    runs = {CLEAN.name: clean}
    for perturbation in PERTURBATIONS[1:]:
        if stage:
            stage(perturbation.name)
        runs[perturbation.name] = evaluator.run(method, perturbation, tick, fusion=fusion)
    rows = tuple(robustness_row(perturbation, runs[perturbation.name], clean) for perturbation in PERTURBATIONS)
    if method.labels is None:
        return RobustnessFigures(rows, None, ())
    failures, notes = [], []
    for failed in FAILED_SENSORS:
        if failed.failure is FROZEN and not evaluator.can_freeze:
            notes.append(
                f"'{failed.name}' was not measured: it takes two pairs of the same time of day, and a pair has no other"
            )
            continue
        if stage:
            stage(failed.name)
        evaluation = evaluator.run(method, failed, tick, fusion=False)
        failures.append(_figures(failed, evaluation, runs[ALONE[failed.sensor]]))
    return RobustnessFigures(rows, tuple(failures), tuple(notes))


def _figures(failed: FailedSensor, evaluation: Evaluation, alone: Evaluation) -> FailureFigures:
    if evaluation.scores is None or alone.scores is None:
        raise ValueError("a method without masks has no figures under failures")
    iou = iou_by_kind(evaluation.scores.mask_summary())
    return FailureFigures(
        sensor=failed.sensor,
        name=failed.failure.name,
        description=failed.failure.description,
        boxes=evaluation.scores.box_summary(),
        iou=iou,
        iou_of_other_alone=iou_shares(iou, iou_by_kind(alone.scores.mask_summary())),
    )
