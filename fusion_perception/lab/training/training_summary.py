# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of a training: ``summary.json``, schema ``fusion_perception.training``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import INLINE, Count, Size


@dataclass(frozen=True, kw_only=True)
class RunConditions:
    """What was asked of a run; None for each option that was left out.

    Attributes:
        split: name of the training list; written even where none was asked for.
        recipe: name of the recipe.
        budget: size and length.
        steps: of all stages together.
        seed: of everything random.
        faithful: whether the quirks of the released code were reproduced.
        data: name of the data set's folder, or ``"synthetic"``; names of the folders without labels where there are
            no others.
        precision: really in use.
        without: parts of the augmentation that were left out.
        init: names of the checkpoints that it started from.
        teachers: names of the checkpoints that gave pairs without labels theirs.
        only: names of the stages that were run.
        fold: that was held out, as in ``"1/5"``.
        deterministic: True where the same seed and device had to give the same weights.
        compile: True where networks were compiled.
    """

    split: str | None
    recipe: str
    budget: str
    steps: Count
    seed: int
    faithful: bool
    data: str
    precision: str
    without: tuple[str, ...] | None = None
    init: str | None = None
    teachers: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    fold: str | None = None
    deterministic: bool | None = None
    compile: bool | None = None


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What checkpoints say of their training, beside stage, step and scores.

    Attributes:
        conditions: what was asked for.
        processes: that trained together.
    """

    conditions: Annotated[RunConditions, INLINE]
    processes: Count


@dataclass(frozen=True, kw_only=True)
class DataConditions:
    """What a run draws from beside its data set; None for what was left out.

    Attributes:
        synthetic: number of rendered frames.
        labels: name of the label set.
        pretext: names of the folders of further tasks.
        held_out: share of the labelled pairs kept for validation.
        unlabelled: names of the folders of further pairs without labels.
        pairs_without_labels: number of the pairs in these folders.
        boxes: form of the boxes that stand in for masks.
        annotated: names of the classes that these boxes annotate.
        self_trained: True where no pair has labels.
        marks: first digits of the SHA-256 of the file of boxes that say where objects may be in recordings without
            labels.
        checkpoints: the same of each checkpoint that it started from, and of each that gave labels.
    """

    synthetic: Count
    labels: str
    pretext: tuple[str, ...] | None = None
    held_out: Size | None = None
    unlabelled: tuple[str, ...] | None = None
    pairs_without_labels: Count | None = None
    boxes: str | None = None
    annotated: tuple[str, ...] | None = None
    self_trained: bool | None = None
    marks: str | None = None
    checkpoints: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Ends:
    """A loss at both ends of a stage: mean over the first and over the last third of what was logged."""

    first: float
    last: float


@dataclass(frozen=True)
class StageTime:
    """Where the time of a stage went, without what was lost with an interruption; see ``time_line``.

    Attributes:
        steps: that were timed.
        update: seconds in forward, backward and optimiser.
        batches: seconds in the draw of batches.
        checks: seconds in all else: averages of the weights, log, validation, files.
    """

    steps: Count
    update: Size
    batches: Size
    checks: Size


@dataclass(frozen=True, kw_only=True)
class TrainingSummary:
    """A finished training.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        record: what was asked for.
        data: what it drew from beside its data set.
        crops: drawn in all stages, for every network and level; None where that is not known.
        seconds: wall time.
        losses: stage -> loss -> both ends.
        times: stage -> where its time went; None in files of earlier versions.
        score: step, mIoU, Qabf and their sum at the best validation; empty without a validation, None for a last stage
            that is not scored.
    """

    schema: Literal["fusion_perception.training"] = "fusion_perception.training"
    schema_version: Literal[1] = 1
    record: Annotated[RunRecord, INLINE]
    data: Annotated[DataConditions, INLINE]
    crops: Count | None = None
    seconds: Size
    losses: dict[str, dict[str, Ends]]
    times: dict[str, StageTime] | None = None
    score: dict[str, float] | None = None

    @property
    def conditions(self) -> RunConditions:
        """What was asked for."""
        return self.record.conditions


TRAINING = Schema(
    "fusion_perception.training",
    1,
    TrainingSummary,
    "summary of a training",
    "name another folder with --out",
    said=False,
)
"""How summaries are read and written; those of 0.1 did not say what they are."""
