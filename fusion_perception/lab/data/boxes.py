# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes around objects, and the file they are read from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError
from fusion_perception.files.text_file import read_text

BOX_SETS = ("fusion", "infrared", "visible")
"""The images that people drew the MSRS boxes on."""
BOX_LABELS = ("person", "bike", "car")
"""Class of the box ids 0, 1, 2, named as in the MSRS label set."""
COCO_PARTS = ("images", "annotations", "categories")
"""Lists that every COCO file has."""
LABEL_SOURCES = ("consensus", "boxes")
"""Where the mask of an image comes from: all ids known, or person, bike and car only."""


@dataclass(frozen=True)
class Box:
    """One annotated object.

    Attributes:
        label: class name.
        x0: left edge in pixels; the image spans 0..W.
        y0: top edge.
        x1: right edge.
        y1: bottom edge.
    """

    label: str
    x0: float
    y0: float
    x1: float
    y1: float

    def window(self, height: int, width: int) -> tuple[slice, slice]:
        """Return the (rows, columns) of the pixels that the box touches, cut at the image; may be empty."""

        def span(low: float, high: float, size: int) -> slice:
            return slice(min(max(math.floor(low), 0), size), min(max(math.ceil(high), 0), size))

        return span(self.y0, self.y1, height), span(self.x0, self.x1, width)

    def scaled(self, down: float, across: float) -> Box:
        """Return the box in an image whose height and width are so many times as large."""
        return Box(self.label, self.x0 * across, self.y0 * down, self.x1 * across, self.y1 * down)

    def resized(self, factor: float) -> Box:
        """Return a box with the same middle whose sides are ``factor`` times as long."""
        dx, dy = ((factor - 1) / 2 * (high - low) for low, high in ((self.x0, self.x1), (self.y0, self.y1)))
        return Box(self.label, self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)


@dataclass(frozen=True)
class Annotation:
    """What people and networks said of one image.

    Attributes:
        source: ``"consensus"``: the mask knows all ids, unknown pixels are 255; ``"boxes"``: the mask was
            grown inside boxes, and 0 only means "not a person, bike or car".
        boxes: box set -> boxes.
    """

    source: str
    boxes: dict[str, tuple[Box, ...]]


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; DataError where it cannot be read."""
    try:
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from error


def is_coco(document: Any) -> bool:
    """Return whether a JSON document means to be in the format of COCO."""
    return isinstance(document, dict) and any(isinstance(document.get(part), list) for part in COCO_PARTS)


def read_annotations(path: Path) -> dict[str, Annotation]:
    """Read ``annotations.json``.

    Args:
        path: a JSON object NAME -> {"source": ..., "boxes": {set: [[class, x0, y0, x1, y1], ...]}}
            with class 0 person, 1 bicycle, 2 car.

    Returns:
        Name -> annotation; empty for a COCO file, which has the same name with many programs.

    Raises:
        DataError: the file is not that.
    """
    document = read_json(path)
    if is_coco(document):
        return {}
    if not isinstance(document, dict):
        raise DataError(f"{path}: the top level must be an object NAME -> annotation; got {type(document).__name__}")
    return {name: _annotation(entry, f"{path}, image '{name}'") for name, entry in document.items()}


def _annotation(entry: Any, where: str) -> Annotation:
    if not isinstance(entry, dict) or not isinstance(entry.get("boxes", {}), dict):
        raise DataError(f"{where}: must be an object with 'source' and 'boxes'")
    source = entry.get("source", "consensus")
    if source not in LABEL_SOURCES:
        raise DataError(f"{where}: unknown source {source!r}; allowed: {', '.join(LABEL_SOURCES)}")
    boxes = {}
    for box_set, rows in entry.get("boxes", {}).items():
        if box_set not in BOX_SETS:
            raise DataError(f"{where}: unknown box set {box_set!r}; allowed: {', '.join(BOX_SETS)}")
        if not isinstance(rows, list):
            raise DataError(f"{where}: the boxes of '{box_set}' must be a list")
        boxes[box_set] = tuple(_box(row, where) for row in rows)
    return Annotation(source, boxes)


def _box(row: Any, where: str) -> Box:
    try:
        numbers = isinstance(row, list) and all(isinstance(v, (int, float)) and math.isfinite(v) for v in row)
    except OverflowError:  # a whole number beyond every decimal one
        numbers = False
    if not numbers or len(row) != 5 or row[0] not in range(len(BOX_LABELS)):
        raise DataError(f"{where}: a box is [class 0..{len(BOX_LABELS) - 1}, x0, y0, x1, y1]; got {row!r}")
    label, x0, y0, x1, y1 = row
    return Box(BOX_LABELS[int(label)], float(x0), float(y0), float(x1), float(y1))
