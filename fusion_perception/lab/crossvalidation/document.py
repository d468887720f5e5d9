# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of a cross-validation: ``fusion_perception.crossvalidation``.

It holds counts, from which every figure follows, pair by pair or pooled, and the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.lab.training.training_summary import DataConditions, RunConditions


@dataclass(frozen=True)
class BoxTally:
    """Counts against the boxes of one class; see ``BoxCounts``."""

    boxes: Count
    matched: Count
    pixels: Count
    inside: Count


@dataclass(frozen=True)
class MaskTally:
    """Pixels of one class where the labels know the class: rightly predicted, in the labels, predicted."""

    hits: Count
    truth: Count
    predicted: Count


BoxTallies = dict[str, dict[str, BoxTally]]
"""Split -> class -> counts."""

MaskTallies = dict[str, dict[str, dict[str, MaskTally]]]
"""Kind of label -> split -> class -> counts."""


@dataclass(frozen=True, kw_only=True)
class FoldRun:
    """One training, judged on the fold that it has not seen.

    Attributes:
        seed: of the training.
        fold: that was left out, from 1.
        pairs: names of the pairs of that fold.
        seconds: wall time of the training.
        boxes: counts against boxes.
        masks: counts against masks.
    """

    seed: Count
    fold: Count
    pairs: tuple[str, ...]
    seconds: Size
    boxes: BoxTallies
    masks: MaskTallies


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure over all folds.

    Attributes:
        measure: ``"matched"`` and ``"precision"`` against boxes, or ``"iou"``.
        kind: kind of label of an IoU; None for boxes.
        split: ``"all"``, ``"day"`` or ``"night"``.
        label: name of the class.
        value: of the counts summed over the folds, the mean of the seeds; None where it cannot be said.
        fold_spread: standard deviation over the folds, the mean of the seeds; None where fewer than two folds
            have one.
        seed_spread: between the lowest and the highest seed, each over all folds; None with one seed.
        count: boxes, or pixels of the labels, that it rests on.
    """

    measure: Literal["matched", "precision", "iou"]
    kind: str | None
    split: str
    label: str
    value: float | None
    fold_spread: float | None
    seed_spread: float | None
    count: Count


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    """A recipe, trained once for each seed and fold.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        created: date and time in UTC, ISO 8601.
        versions: package -> version.
        name: what tables call it.
        conditions: of the first training; the others differ in seed and fold alone.
        data: what the trainings drew from beside the data set.
        folds: number of folds.
        box_set: which annotated boxes were used.
        runs: those that are done, in order.
        figures: over all of them.
    """

    schema: Literal["fusion_perception.crossvalidation"] = "fusion_perception.crossvalidation"
    schema_version: Literal[1] = 1
    created: str
    versions: dict[str, str]
    name: str
    conditions: RunConditions
    data: DataConditions
    folds: Count
    box_set: str
    runs: tuple[FoldRun, ...]
    figures: tuple[Figure, ...]


CROSS_VALIDATION = Schema(
    "fusion_perception.crossvalidation",
    1,
    CrossValidation,
    "cross-validation",
    "write it with: fusion-perception crossvalidate RECIPE --data DIR --out DIR",
)
"""How cross-validations are read and written."""
