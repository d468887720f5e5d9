# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The measured figures that a model file carries, taken from an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fusion_perception.document import read_object
from fusion_perception.errors import DataError
from fusion_perception.text_file import read_text

_SCHEMA = "fusion_perception.evaluation"
_MAX_BYTES = 1 << 26  # an evaluation lists every pair


def read_quality(path: str | Path) -> dict[str, Any]:
    """Summarise the JSON of ``fusion-perception evaluate --json``.

    Args:
        path: the JSON file.

    Returns:
        Data set, command, mean fusion metrics, IoU per kind of label and by day and night, box figures.

    Raises:
        DataError: the file is missing or is no evaluation.
    """
    path = Path(path)
    try:
        document = read_object(read_text(path), _MAX_BYTES)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as JSON ({error}); write it with: evaluate MODEL --json FILE"
        ) from error
    if document.get("schema") != _SCHEMA:
        raise DataError(f"{path} is no evaluation of this package; write it with: evaluate MODEL --json FILE")
    try:
        return _figures(document)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{path} is no evaluation of this package ({type(error).__name__}: {error}); "
            "write it with: evaluate MODEL --json FILE"
        ) from error


def _figures(document: dict[str, Any]) -> dict[str, Any]:
    data = document.get("data", {})
    quality: dict[str, Any] = {
        "data": f"{data.get('name')} {data.get('split') or ''}, {data.get('pairs')} pairs".replace(" ,", ","),
        "command": "fusion-perception evaluate MODEL --data DIR --split FILE --json OUT",
        "fusion": _rounded(document.get("fusion", {}).get("all", {})),
    }
    for kind, splits in document.get("segmentation", {}).items():
        quality[f"iou_{kind}"] = {time: _rounded(scores.get("iou", {})) for time, scores in splits.items()}
    if "boxes" in document:
        quality["boxes"] = {
            time: {name: _rounded({k: row[k] for k in ("matched", "precision")}) for name, row in classes.items()}
            for time, classes in document["boxes"].items()
        }
    return quality


def _rounded(values: dict[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items() if isinstance(value, (int, float))}
