# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The measured figures that a model file carries, taken from an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fusion_perception.lab.evaluation.document import EVALUATION, EvaluationDocument


def read_quality(path: str | Path) -> dict[str, Any]:
    """Summarise the JSON of ``fusion-perception evaluate --json``.

    Args:
        path: the JSON file.

    Returns:
        Data set, command, mean fusion metrics, IoU per kind of label and by day and night, box figures.

    Raises:
        DataError: the file is missing or is no evaluation.
    """
    return quality_of(EVALUATION.read_file(path))


def quality_of(document: EvaluationDocument) -> dict[str, Any]:
    """Return the figures of an evaluation that a model file carries: the free part ``quality`` of its metadata."""
    data = document.data
    quality: dict[str, Any] = {
        "data": f"{data.name} {data.split}, {data.pairs} pairs",
        "command": "fusion-perception evaluate MODEL --data DIR --split FILE --json OUT",
        "fusion": _rounded(document.fusion.get("all", {})),
    }
    for kind, splits in document.segmentation.items():
        quality[f"iou_{kind}"] = {time: _rounded(scores.iou) for time, scores in splits.items()}
    if document.scores is not None:
        quality["boxes"] = {
            time: {
                name: _rounded({"matched": figures.matched, "precision": figures.precision})
                for name, figures in classes.items()
            }
            for time, classes in document.scores.boxes.items()
        }
    return quality


def _rounded(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items() if value is not None}
