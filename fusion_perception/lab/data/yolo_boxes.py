# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes in text files, one for each image, as YOLO has them: lines ``class x_centre y_centre width height``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fusion_perception.documents.strict_json import DocumentError, check_text
from fusion_perception.errors import DataError, require
from fusion_perception.files.text_file import read_text
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.data.named_boxes import MAX_BOXES, MAX_CLASS_NAME, MAX_CLASSES, BoxFile, NamedBox
from fusion_perception.text import printable

LABELS = "labels"
"""Folder of the text files, below the data set or its split."""
YAML = "data.yaml"
NAMES = "classes.txt"
FIELDS = ("class", "x of the centre", "y of the centre", "width", "height")

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)
_ROUNDING = 1e-3
_LONGEST_YAML = 1 << 17


def label_files(folder: Path) -> dict[str, Path]:
    """Return name of an image -> text file, of a folder that may be missing."""
    labels = folder / LABELS
    if not labels.is_dir():
        return {}
    return {path.stem: path for path in sorted(labels.glob("*.txt")) if path.name != NAMES and path.is_file()}


def read_yolo(folder: Path, root: Path) -> BoxFile:
    """Read the text files of ``folder/labels``.

    An empty file says that there is nothing of any class in its image. Names of classes come from ``data.yaml`` (its
    ``names``) or ``classes.txt`` (one a line) in ``labels``, ``folder`` or ``root``; without them the classes 0, 1
    and 2 are person, bike and car, and no others are allowed.

    Args:
        folder: holds ``labels``.
        root: of the data set.

    Raises:
        DataError: a file cannot be read, or a line is not what it should be; the message names both.
    """
    places = dict.fromkeys((folder / LABELS, folder, root))
    found = next((p / name for p in places for name in (YAML, NAMES) if (p / name).is_file()), None)
    names = BOX_LABELS if found is None else read_class_names(found)
    where = (
        f"named in {found}" if found else f"without {YAML} or {NAMES}: {', '.join(BOX_LABELS)}; write one of the two"
    )
    boxes = {name: _read_boxes(path, names, where) for name, path in label_files(folder).items()}
    return BoxFile(folder / LABELS, "YOLO", boxes)


def read_class_names(path: Path) -> tuple[str, ...]:
    """Return the names of the classes 0, 1, 2 and so on.

    Args:
        path: a text file with one name a line, or a YAML file whose ``names`` are a list, or an object with the
            numbers as keys.

    Raises:
        DataError: the file is not that.
    """
    names = _yaml_names(path) if path.name == YAML else [line.strip() for line in _lines(path)]
    while names and not names[-1]:
        names.pop()
    if not 1 <= len(names) <= MAX_CLASSES:
        raise DataError(f"{path}: names {len(names)} classes; allowed: 1 to {MAX_CLASSES}")
    for i, name in enumerate(names):
        try:
            check_text(name, f"the name of class {i}", MAX_CLASS_NAME, shortest=1)
        except DocumentError as error:
            raise DataError(f"{path}: {error}; give every class a name, in the order of their numbers") from error
    return tuple(names)


def _yaml_names(path: Path) -> list[Any]:
    yaml = require("yaml", f"reading {path.name}")
    try:
        text = read_text(path)
        if len(text) > _LONGEST_YAML:
            raise DataError(f"{path}: has {len(text)} characters; allowed: {_LONGEST_YAML}")
        document = yaml.load(text, Loader=yaml.BaseLoader)  # every value stays a text
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataError(
            f"{path}: cannot be read as YAML ({error}); write the names into {NAMES}, one a line"
        ) from error
    names = document.get("names") if isinstance(document, dict) else None
    if isinstance(names, list):
        return list(names)
    if isinstance(names, dict) and all(names.get(str(i)) is not None for i in range(len(names))):
        return [names[str(i)] for i in range(len(names))]
    raise DataError(
        f"{path}: its 'names' are no list, and no object with the keys 0 to the number of classes less 1; "
        f"correct them, or write the names into {NAMES} instead, one a line"
    )


def _lines(path: Path) -> list[str]:
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); write it again, or delete it") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _read_boxes(path: Path, names: tuple[str, ...], where: str) -> tuple[NamedBox, ...]:
    boxes: list[NamedBox] = []
    for number, line in enumerate(_lines(path), 1):
        values = line.split()
        if not values:
            continue
        if len(boxes) == MAX_BOXES:
            raise DataError(f"{path}: more than {MAX_BOXES} boxes, the most of an image; leave some out")
        try:
            boxes.append(_box(values, names, where))
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}") from None
    return tuple(boxes)


def _box(values: list[str], names: tuple[str, ...], where: str) -> NamedBox:
    """Return a box; ValueError says what of it is wrong."""
    if len(values) != len(FIELDS):
        raise ValueError(
            f"has {len(values)} values ('{printable(' '.join(values), 60)}'); allowed: {len(FIELDS)} "
            f"({', '.join(FIELDS)}); export boxes, not outlines, and without confidences"
        )
    if not _WHOLE.fullmatch(values[0]) or int(values[0]) >= len(names):
        raise ValueError(f"the class is '{printable(values[0], 40)}'; allowed: 0 to {len(names) - 1} ({where})")
    x, y, width, height = (_share(text, field) for text, field in zip(values[1:], FIELDS[1:], strict=True))
    for size, field in ((width, "width"), (height, "height")):
        if size <= 0:
            raise ValueError(f"the {field} is 0; allowed: above 0; delete the line")
    left, top = max(x - width / 2, 0.0), max(y - height / 2, 0.0)
    return NamedBox(names[int(values[0])], left, top, min(x + width / 2, 1.0), min(y + height / 2, 1.0))


def _share(text: str, field: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0 <= value <= 1 + _ROUNDING:
        raise ValueError(
            f"the {field} is '{printable(text, 40)}'; allowed: 0 to 1, as a share of the image; "
            "divide pixels by its size"
        )
    return min(value, 1.0)
