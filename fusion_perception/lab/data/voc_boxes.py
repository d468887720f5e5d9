# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes in XML files, one for each image, as Pascal VOC, LLVIP, M3FD, KAIST and aligned FLIR have them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from fusion_perception.documents.strict_json import DocumentError
from fusion_perception.errors import DataError
from fusion_perception.lab.data.coco_boxes import LARGEST, corners
from fusion_perception.lab.data.named_boxes import MAX_BOXES, MAX_CLASS_NAME, BoxFile, NamedBox
from fusion_perception.text import printable

FOLDERS = ("Annotations", "Annotation", "annotations")
"""Where the files lie below the data set or its split, in folders of sequences or not."""

_LONGEST = 1 << 20  # bytes of one file
_EDGES, _SIDES = ("xmin", "ymin", "xmax", "ymax"), ("x", "y", "w", "h")
_NEXT = "export the annotations again as Pascal VOC"


def xml_files(home: Path) -> tuple[Path, dict[str, Path]]:
    """Return the folder of XML files below a folder, and path of each below it, without ending -> file."""
    for name in FOLDERS:
        folder = home / name
        found = sorted(folder.rglob("*.xml")) if folder.is_dir() else []
        found = [path for path in found if path.is_file() and not path.name.startswith(".")]
        if found:
            return folder, {path.relative_to(folder).with_suffix("").as_posix(): path for path in found}
    return home, {}


def read_voc(folder: Path, files: Mapping[str, Path]) -> BoxFile:
    """Read XML files; one without objects says that there is nothing of any class in its image.

    Args:
        folder: where they are, for messages.
        files: name of an image -> file.

    Raises:
        DataError: a file cannot be read, or is not what it should be; the message names it.
    """
    return BoxFile(folder, "VOC", {name: _read(path) for name, path in files.items()})


class _Plain(ElementTree.TreeBuilder):
    """Refuses what no annotation has, and what small files make giants of."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise DocumentError("it has a document type with definitions of its own; allowed: none")


def _read(path: Path) -> tuple[NamedBox, ...]:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
        if len(data) > _LONGEST:
            raise DocumentError(f"it is longer than {_LONGEST >> 20} MiB")
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_Plain()))  # noqa: S314 - see _Plain
        return _boxes(root)
    except DocumentError as error:
        raise DataError(f"{path}: {error}; {_NEXT}") from error
    except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
        raise DataError(f"{path}: cannot be read as XML ({printable(error, 100)}); {_NEXT}") from error


def _boxes(root: ElementTree.Element) -> tuple[NamedBox, ...]:
    objects = root.findall("object")
    if root.tag != "annotation":
        raise DocumentError(f"its outermost element is '{printable(root.tag, 40)}'; allowed: annotation")
    if len(objects) > MAX_BOXES:
        raise DocumentError(f"it has {len(objects)} objects; allowed: {MAX_BOXES}")
    if not objects:
        return ()
    width, height = (round(_number(root, f"size/{name}", "the annotation")) for name in ("width", "height"))
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise DocumentError(f"size is {width} x {height}; allowed: 1 to {LARGEST} a side")
    found = []
    for number, item in enumerate(objects):
        place = f"object {number + 1}"
        name = (item.findtext("name") or "").strip()
        if not 0 < len(name) <= MAX_CLASS_NAME:
            raise DocumentError(f"{place} has no name, or one longer than {MAX_CLASS_NAME} characters")
        edges = corners(_box(item, place), place, width, height)
        found.append(NamedBox(name, *edges))
    return tuple(found)


def _box(item: ElementTree.Element, place: str) -> list[float]:
    """Return left, top, width and height in pixels."""
    if item.find("bndbox/w") is not None:
        return [_number(item, f"bndbox/{name}", place) for name in _SIDES]
    x0, y0, x1, y1 = (_number(item, f"bndbox/{name}", place) for name in _EDGES)
    return [x0, y0, x1 - x0, y1 - y0]


def _number(item: ElementTree.Element, path: str, place: str) -> float:
    text = item.findtext(path)
    if text is None:
        raise DocumentError(f"{place} has no {path}")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < LARGEST:
        raise DocumentError(f"{place}: {path} is '{printable(text, 40)}'; allowed: a number of pixels")
    return value
