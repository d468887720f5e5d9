# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON document of an evaluation: one schema for people, plots and later comparisons."""

from __future__ import annotations

import platform
from datetime import datetime, timezone
from typing import Any

import cv2
import numpy as np

from fusion_perception import __version__
from fusion_perception.lab.data.dataset import Dataset
from fusion_perception.lab.evaluation.evaluator import Evaluation
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.robustness import CLEAN, Perturbation
from fusion_perception.lab.evaluation.segmentation_metrics import number

SCHEMA = "fusion_perception.evaluation"
SCHEMA_VERSION = 1


def evaluation_document(dataset: Dataset, method: Method, evaluation: Evaluation, box_set: str) -> dict[str, Any]:
    """Return what was measured as JSON values; None stands for "cannot be said".

    Args:
        dataset: what it was measured on.
        method: what was measured.
        evaluation: the figures.
        box_set: which annotated boxes were used.
    """
    engine = evaluation.engine_ms
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {
            "fusion_perception": __version__,
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "python": platform.python_version(),
        },
        "method": method.describe(),
        "data": {
            "name": dataset.title,
            "layout": dataset.layout_name,
            "split": dataset.split,
            "pairs": len(evaluation.frames),
            "day": sum(f.time == "day" for f in evaluation.frames),
            "night": sum(f.time == "night" for f in evaluation.frames),
        },
        "notes": list(evaluation.notes),
        "fusion": evaluation.fusion_means(),
        "fusion_ms_per_pair": evaluation.fusion_ms,
        "engine_ms": {"p50": float(np.percentile(engine, 50)), "p95": float(np.percentile(engine, 95))}
        if engine
        else None,
        "temporal": evaluation.temporal.summary() if evaluation.temporal else None,
        "frames": [
            {
                "name": frame.name,
                "time": frame.time,
                "object_iou": frame.object_iou,
                "boxes": frame.boxes[0] if frame.boxes else None,
                "boxes_matched": frame.boxes[1] if frame.boxes else None,
                "fusion": {key: number(value) for key, value in frame.fusion.items()},
            }
            for frame in evaluation.frames
        ],
    }
    if evaluation.scores is not None:
        document["box_set"] = box_set
        document["segmentation"] = evaluation.scores.mask_summary()
        document["boxes"] = evaluation.scores.box_summary()
    return document


def robustness_row(perturbation: Perturbation, evaluation: Evaluation, clean: Evaluation) -> dict[str, Any]:
    """Return one row of the robustness table as JSON values.

    Args:
        perturbation: what was done to the pairs.
        evaluation: the figures under it.
        clean: the figures of the clean pairs, for the share of each IoU that is kept.
    """
    row: dict[str, Any] = {
        "name": perturbation.name,
        "description": perturbation.description,
        "fusion": evaluation.fusion_means(),
    }
    if evaluation.scores is None or clean.scores is None:
        return row
    row["boxes"] = evaluation.scores.box_summary()
    row["iou"] = _iou(evaluation)
    if perturbation is not CLEAN:
        reference = _iou(clean)
        row["iou_kept"] = {
            kind: {
                split: {name: _share(value, reference[kind][split][name]) for name, value in iou.items()}
                for split, iou in splits.items()
            }
            for kind, splits in row["iou"].items()
        }
    return row


def _iou(evaluation: Evaluation) -> dict[str, dict[str, dict[str, float | None]]]:
    """Kind of label -> split -> class -> IoU."""
    if evaluation.scores is None:
        return {}
    return {
        kind: {split: summary["iou"] for split, summary in splits.items()}
        for kind, splits in evaluation.scores.mask_summary().items()
    }


def _share(value: float | None, reference: float | None) -> float | None:
    return None if value is None or not reference else value / reference
