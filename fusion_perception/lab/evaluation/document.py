# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of an evaluation, ``fusion_perception.evaluation``: one schema for people, plots and comparisons.

None stands for "cannot be said".
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Literal

import cv2
import numpy as np

from fusion_perception import __version__
from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import INLINE, Count, Size
from fusion_perception.lab.data.dataset import Dataset
from fusion_perception.lab.evaluation.attribution_figures import (
    AgreementFigures,
    CorruptionFigures,
    FaithfulnessFigures,
    OcclusionFigures,
    ShapleyFigures,
)
from fusion_perception.lab.evaluation.evaluation_results import Evaluation
from fusion_perception.lab.evaluation.failure_figures import FailureFigures
from fusion_perception.lab.evaluation.figures import (
    BoxSummary,
    FusionMeans,
    IouByKind,
    MaskSummary,
    iou_by_kind,
    iou_shares,
)
from fusion_perception.lab.evaluation.method_info import MethodInfo
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.robustness import CLEAN, Perturbation
from fusion_perception.lab.evaluation.segmentation_metrics import number
from fusion_perception.lab.evaluation.stability_figures import StabilityFigures, TemporalFigures
from fusion_perception.lab.evaluation.video.video_figures import RecordingFigures


@dataclass(frozen=True)
class DataInfo:
    """What a method was measured on.

    Attributes:
        name: of the data set.
        layout: arrangement of its files.
        split: name of the part of it.
        pairs: number of pairs.
        day: of them, by day.
        night: of them, by night.
    """

    name: str
    layout: str
    split: str
    pairs: Count
    day: Count
    night: Count


@dataclass(frozen=True)
class EngineTimes:
    """Times of the engine in ms: median, and what 95 % of the pairs do not exceed."""

    p50: Size
    p95: Size


@dataclass(frozen=True)
class FrameFigures:
    """Figures of one pair; see ``FrameResult``.

    Attributes:
        name: of the pair.
        time: ``"day"``, ``"night"`` or None.
        object_iou: mean IoU of the objects; None without labels.
        boxes: number of boxes; None without.
        boxes_matched: of them, matched.
        fusion: key -> value; empty where they were left out.
        engine_ms: time of the engine; None for a method that did not run here.
    """

    name: str
    time: str | None
    object_iou: float | None
    boxes: Count | None
    boxes_matched: Count | None
    fusion: dict[str, float | None]
    engine_ms: Size | None = None


@dataclass(frozen=True)
class ScoreFigures:
    """Figures of a method with masks.

    Attributes:
        box_set: which annotated boxes were used.
        segmentation: against masks.
        boxes: against boxes.
    """

    box_set: str
    segmentation: MaskSummary
    boxes: BoxSummary


@dataclass(frozen=True)
class AttributionCheck:
    """Figures of the attribution.

    Attributes:
        attribution: split -> agreement with what taking a sensor away does; None for a method without attribution.
        faithfulness: of an attribution by gradient; None where the model could not be looked into.
        shapley: of Shapley values; None where the model could not be looked into.
        occlusion: split -> agreement with local occlusion.
        corruption: one for each way in which a sensor fails while its images arrive.
    """

    attribution: dict[str, AgreementFigures] | None
    faithfulness: FaithfulnessFigures | None
    shapley: ShapleyFigures | None = None
    occlusion: dict[str, OcclusionFigures] | None = None
    corruption: tuple[CorruptionFigures, ...] | None = None


@dataclass(frozen=True)
class DisturbedScores:
    """Scores under a perturbation.

    Attributes:
        boxes: against boxes.
        iou: against masks.
        iou_kept: shares of the IoU of the clean pairs; None for these themselves.
    """

    boxes: BoxSummary
    iou: IouByKind
    iou_kept: IouByKind | None = None


@dataclass(frozen=True)
class RobustnessRow:
    """Figures under one perturbation.

    Attributes:
        name: of the perturbation.
        description: for a reader of the table.
        fusion: means of the fusion metrics.
        scores: None for a method without masks.
    """

    name: str
    description: str
    fusion: FusionMeans
    scores: Annotated[DisturbedScores | None, INLINE] = None


@dataclass(frozen=True, kw_only=True)
class EvaluationDocument:
    """Everything that was measured of one method on one data set.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        created: date and time in UTC, ISO 8601.
        versions: package -> version.
        method: what was measured.
        data: what it was measured on.
        notes: what was left out, and why.
        fusion: means of the fusion metrics; empty where they were left out.
        fusion_ms_per_pair: time that they took.
        engine_ms: None for a method that did not run here.
        temporal: stability from frame to frame.
        frames: one for each pair, in order.
        scores: None for a method without masks.
        attribution_check: None where it was not asked for.
        stability: None where it was not asked for.
        robustness: clean pairs first; None where it was not asked for.
        video: every recording of a video; None for pairs.
        failures: both sensors there, one of them sending nonsense; None where it was not asked for, or without masks.
        baselines: name -> their fusion metrics; None where they were not asked for.
    """

    schema: Literal["fusion_perception.evaluation"] = "fusion_perception.evaluation"
    schema_version: Literal[1] = 1
    created: str
    versions: dict[str, str]
    method: MethodInfo
    data: DataInfo
    notes: tuple[str, ...]
    fusion: FusionMeans
    fusion_ms_per_pair: Size
    engine_ms: EngineTimes | None
    temporal: TemporalFigures | None
    frames: tuple[FrameFigures, ...]
    scores: Annotated[ScoreFigures | None, INLINE] = None
    attribution_check: Annotated[AttributionCheck | None, INLINE] = None
    stability: StabilityFigures | None = None
    robustness: tuple[RobustnessRow, ...] | None = None
    video: tuple[RecordingFigures, ...] | None = None
    failures: tuple[FailureFigures, ...] | None = None
    baselines: dict[str, FusionMeans] | None = None

    @property
    def segmentation(self) -> MaskSummary:
        """Figures against masks; empty without."""
        return self.scores.segmentation if self.scores else {}


EVALUATION = Schema(
    "fusion_perception.evaluation",
    1,
    EvaluationDocument,
    "evaluation of this package",
    "write it with: evaluate MODEL --json FILE",
)
"""How evaluations are read and written."""


def evaluation_document(dataset: Dataset, method: Method, evaluation: Evaluation, box_set: str) -> EvaluationDocument:
    """Return what was measured.

    Args:
        dataset: what it was measured on.
        method: what was measured.
        evaluation: the figures.
        box_set: which annotated boxes were used.
    """
    engine, scores = evaluation.engine_ms, evaluation.scores
    timed = engine if len(engine) == len(evaluation.frames) else [None] * len(evaluation.frames)
    return EvaluationDocument(
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions={
            "fusion_perception": __version__,
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "python": platform.python_version(),
        },
        method=method.describe(),
        data=DataInfo(
            name=dataset.title,
            layout=dataset.layout_name,
            split=dataset.split,
            pairs=len(evaluation.frames),
            day=sum(f.time == "day" for f in evaluation.frames),
            night=sum(f.time == "night" for f in evaluation.frames),
        ),
        notes=tuple(evaluation.notes),
        fusion=evaluation.fusion_means(),
        fusion_ms_per_pair=evaluation.fusion_ms,
        engine_ms=EngineTimes(float(np.percentile(engine, 50)), float(np.percentile(engine, 95))) if engine else None,
        temporal=evaluation.temporal.summary() if evaluation.temporal else None,
        frames=tuple(
            FrameFigures(
                name=frame.name,
                time=frame.time,
                object_iou=frame.object_iou,
                boxes=frame.boxes[0] if frame.boxes else None,
                boxes_matched=frame.boxes[1] if frame.boxes else None,
                fusion={key: number(value) for key, value in frame.fusion.items()},
                engine_ms=ms,
            )
            for frame, ms in zip(evaluation.frames, timed, strict=True)
        ),
        scores=ScoreFigures(box_set, scores.mask_summary(), scores.box_summary()) if scores else None,
    )


def robustness_row(perturbation: Perturbation, evaluation: Evaluation, clean: Evaluation) -> RobustnessRow:
    """Return one row of the robustness table.

    Args:
        perturbation: what was done to the pairs.
        evaluation: the figures under it.
        clean: the figures of the clean pairs, for the share of each IoU that is kept.
    """
    scores = None
    if evaluation.scores is not None and clean.scores is not None:
        iou = iou_by_kind(evaluation.scores.mask_summary())
        kept = None if perturbation is CLEAN else iou_shares(iou, iou_by_kind(clean.scores.mask_summary()))
        scores = DisturbedScores(evaluation.scores.box_summary(), iou, kept)
    return RobustnessRow(perturbation.name, perturbation.description, evaluation.fusion_means(), scores)
