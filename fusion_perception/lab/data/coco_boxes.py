# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes in one JSON file, as COCO has them: ``images``, ``annotations`` and ``categories``."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from fusion_perception.documents.strict_json import MAX_INTEGER, DocumentError, Fields, read_object
from fusion_perception.errors import DataError
from fusion_perception.files.text_file import MOST_BYTES, read_text
from fusion_perception.lab.data.named_boxes import MAX_BOXES, MAX_CLASS_NAME, MAX_CLASSES, BoxFile, NamedBox
from fusion_perception.text import printable

FILES = (
    "annotations.json",
    "_annotations.coco.json",
    "annotations/instances_default.json",
    "thermal_annotations.json",  # FLIR ADAS 1.3
    "video_rgb_test/coco.json",  # FLIR ADAS 2
)
"""Where the file may lie below the data set or its split."""

_MOST_IMAGES = 500_000
_MOST_ANNOTATIONS = 5_000_000
LARGEST = 100_000
"""Most pixels of a side of an image."""

_LONGEST_NAME = 1000
_NEXT = "export the annotations again as COCO JSON with boxes"


def read_coco(path: Path) -> BoxFile:
    """Read a COCO file; outlines, keypoints and everything else in it is passed over.

    An image without annotations holds nothing of any class.

    Raises:
        DataError: it cannot be read, or a part is missing or not what it should be; the message names the place.
    """
    try:
        return BoxFile(path, "COCO", _boxes(Fields(read_object(read_text(path), MOST_BYTES))))
    except DocumentError as error:
        raise DataError(f"{path}: {error}; {_NEXT}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); {_NEXT}") from error


def _boxes(document: Fields) -> dict[str, tuple[NamedBox, ...]]:
    names: dict[int, str] = {}
    for i, entry in enumerate(document.entries("categories", MAX_CLASSES)):
        fields = Fields(entry, f"categories[{i}]")
        names[_new_id(fields, f"categories[{i}]", names)] = fields.text("name", MAX_CLASS_NAME, shortest=1)
    images: dict[int, tuple[str, int, int]] = {}
    for i, entry in enumerate(document.entries("images", _MOST_IMAGES)):
        fields = Fields(entry, f"images[{i}]")
        number = _new_id(fields, f"images[{i}]", images)
        name = PurePosixPath(fields.text("file_name", _LONGEST_NAME, shortest=1).replace("\\", "/")).stem
        images[number] = (name, fields.integer("width", 1, LARGEST), fields.integer("height", 1, LARGEST))
    boxes: dict[str, list[NamedBox]] = {}
    for name, _, _ in images.values():
        if name in boxes:
            raise DocumentError(
                f"two images are called '{printable(name, 80)}'; keep those of one sensor, of one folder"
            )
        boxes[name] = []
    for i, entry in enumerate(document.entries("annotations", _MOST_ANNOTATIONS)):
        place = f"annotations[{i}]"
        fields = Fields(entry, place)
        name, width, height = images[_known(fields, "image_id", place, images, "images")]
        category = names[_known(fields, "category_id", place, names, "categories")]
        crowd = fields.integer("iscrowd", 0, 1, 0) == 1
        if len(boxes[name]) == MAX_BOXES:
            raise DocumentError(f"image '{printable(name, 80)}' has more than {MAX_BOXES} boxes; leave some out")
        boxes[name].append(
            NamedBox(category, *corners(fields.get("bbox"), f"{place}.bbox", width, height), crowd=crowd)
        )
    return {name: tuple(found) for name, found in boxes.items()}


def _new_id(fields: Fields, place: str, seen: dict[int, Any]) -> int:
    number = fields.integer("id", -MAX_INTEGER, MAX_INTEGER - 1)
    if number in seen:
        raise DocumentError(f"{place}.id is {number}, which stands twice; allowed: each once")
    return number


def _known(fields: Fields, key: str, place: str, known: dict[int, Any], part: str) -> int:
    number = fields.integer(key, -MAX_INTEGER, MAX_INTEGER - 1)
    if number not in known:
        raise DocumentError(f"{place}.{key} is {number}; allowed: an id of {part}")
    return number


def corners(bbox: Any, place: str, width: int, height: int) -> tuple[float, float, float, float]:
    """Return the edges of [left, top, width, height] in pixels as shares of the image, cut at the image.

    Args:
        bbox: what a file says.
        place: of it in the file, for messages.
        width: of the image.
        height: of the image.

    Raises:
        DocumentError: it is no box, or lies outside of the image.
    """
    fits = isinstance(bbox, list) and len(bbox) == 4
    if not fits or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in bbox):
        raise DocumentError(f"{place} is {printable(repr(bbox), 80)}; allowed: [left, top, width, height] in pixels")
    x, y, w, h = (float(value) for value in bbox)
    if w <= 0 or h <= 0:
        raise DocumentError(f"{place} is {printable(repr(bbox), 80)}; allowed: a width and height above 0")
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise DocumentError(
            f"{place} is {printable(repr(bbox), 80)}; allowed: what lies in the image of {width} x {height}"
        )
    return max(x / width, 0.0), max(y / height, 0.0), min((x + w) / width, 1.0), min((y + h) / height, 1.0)
