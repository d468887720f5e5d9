# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What boxes say of a data set without masks, in the classes of a label set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.boxes import BOX_LABELS, BOX_SETS, Box, is_coco, read_json
from fusion_perception.lab.data.class_names import DOUBTFUL, match_class
from fusion_perception.lab.data.coco_boxes import FILES, read_coco
from fusion_perception.lab.data.dataset import ANNOTATIONS, PairDataset
from fusion_perception.lab.data.image_files import some
from fusion_perception.lab.data.named_boxes import BoxFile, NamedBox
from fusion_perception.lab.data.voc_boxes import read_voc, xml_files
from fusion_perception.lab.data.yolo_boxes import label_files, read_yolo
from fusion_perception.labels import LabelSet


@dataclass(frozen=True)
class BoxAnnotations:
    """Boxes of the pairs of a data set.

    Attributes:
        path: where they come from.
        form: ``"YOLO"``, ``"COCO"``, ``"VOC"`` or ``"MSRS"``.
        boxes: pair -> boxes, their edges as shares of the image or in its pixels; a pair that nobody looked at is not
            in it. Labels are classes of the label set, or ``DOUBTFUL``.
        in_pixels: which of the two.
        annotated: ids of the classes that have boxes wherever there are things of them, with 0.
        remarks: what the user should know, a line each.
    """

    path: Path
    form: str
    boxes: Mapping[str, tuple[Box, ...]]
    in_pixels: bool
    annotated: tuple[int, ...]
    remarks: tuple[str, ...] = ()

    def of(self, name: str, stored: tuple[int, int], wanted: tuple[int, int]) -> tuple[Box, ...] | None:
        """Return the boxes of a pair, or None for one that nobody looked at.

        Args:
            name: of the pair.
            stored: height and width of its RGB image.
            wanted: height and width that the boxes are for, in pixels.
        """
        if name not in self.boxes:
            return None
        height, width = stored if self.in_pixels else (1, 1)
        return tuple(box.scaled(wanted[0] / height, wanted[1] / width) for box in self.boxes[name])


def find_boxes(dataset: PairDataset, labels: LabelSet) -> BoxAnnotations | None:
    """Return the boxes that lie beside the pairs of a data set, or None where there are none.

    Looked for: text files of YOLO in ``labels``, XML files of Pascal VOC (``voc_boxes.FOLDERS``), a COCO file
    (``coco_boxes.FILES``), and ``annotations.json`` as ``boxes.read_annotations`` reads it.

    Args:
        dataset: the pairs.
        labels: whose classes are wanted.

    Raises:
        DataError: there are boxes in two forms, they cannot be read, are those of other pairs, or there is not one of
            the classes of the label set.
    """
    homes = tuple(dict.fromkeys((dataset.home, dataset.root)))
    found = [(home / "labels", "YOLO") for home in homes if label_files(home)]
    found += [(path, "COCO") for path in (home / name for home in homes for name in FILES) if _holds_coco(path)]
    beside = (dataset.root.parent,) if dataset.root.name == "images" else ()  # where KAIST has them
    found += [(home, "VOC") for home in (*homes, *beside) if xml_files(home)[1]]
    drawn = _drawn(dataset)
    if drawn:
        found.append((dataset.home, "MSRS"))
    if not found:
        return None
    if len(found) > 1:
        raise DataError(f"boxes in two places: {' and '.join(str(path) for path, _ in found)}; keep one of them")
    path, form = found[0]
    if form == "YOLO":
        file = read_yolo(path.parent, dataset.root)
    elif form == "VOC":
        folder, paths = xml_files(path)
        names = dataset.names_of(paths)
        file = read_voc(folder, {names[key] or key: item for key, item in paths.items()})
    else:
        file = read_coco(path) if form == "COCO" else BoxFile(path, form, drawn)
    return _annotations(file, dataset.names, labels)


def _holds_coco(path: Path) -> bool:
    return path.is_file() and (path.name != ANNOTATIONS or is_coco(read_json(path)))


def _drawn(dataset: PairDataset) -> dict[str, tuple[NamedBox, ...]]:
    """Return the boxes of ``annotations.json``, in pixels."""
    drawn = {}
    for name, annotation in dataset.annotations.items():
        boxes = next((annotation.boxes[kind] for kind in BOX_SETS if kind in annotation.boxes), None)
        if boxes is not None:
            drawn[name] = tuple(NamedBox(b.label, b.x0, b.y0, b.x1, b.y1) for b in boxes)
    return drawn


def _annotations(file: BoxFile, names: Sequence[str], labels: LabelSet) -> BoxAnnotations:
    pairs = [name for name in names if name in file.boxes]
    if not pairs:
        raise DataError(
            f"{file.path} ({file.form}): has boxes of {some(sorted(file.boxes)) or 'nothing'}, the pairs are "
            f"{some(names)}; give the files of boxes the names of their pairs"
        )
    counts = Counter(box.name for name in pairs for box in file.boxes[name])
    meant = {name: match_class(name, labels) for name in counts}
    drawn_on = BOX_LABELS if file.form == "MSRS" else ()  # there a class without a box is absent, too
    whole = {
        match.label for match in (*meant.values(), *(match_class(name, labels) for name in drawn_on)) if match.whole
    }
    if all(match.label in (None, DOUBTFUL) for match in meant.values()):
        raise DataError(
            f"{file.path} ({file.form}): no box of a class of {labels.name} ({', '.join(labels.names[1:])}), but of "
            f"{some(sorted(counts)) or 'nothing'}; rename the classes, or name another label set with --labels"
        )
    boxes: dict[str, tuple[Box, ...]] = {}
    for name in pairs:
        matched = ((box, meant[box.name].label) for box in file.boxes[name])
        boxes[name] = tuple(
            Box(DOUBTFUL if box.crowd else label, box.x0, box.y0, box.x1, box.y1)
            for box, label in matched
            if label is not None
        )
    annotated = (0, *sorted(labels.id_of(label) for label in whole if label is not None))
    remarks = _remarks(file, names, labels, counts)
    return BoxAnnotations(file.path, file.form, boxes, file.form == "MSRS", annotated, remarks)


def _remarks(file: BoxFile, names: Sequence[str], labels: LabelSet, counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return what became of the classes and pairs."""
    by_label: dict[str | None, list[str]] = {}
    whole = set()
    for name in sorted(counts):
        match = match_class(name, labels)
        by_label.setdefault(match.label, []).append(f"{name} ({counts[name]})")
        whole |= {match.label} if match.whole else set()
    skipped, doubtful = by_label.pop(None, []), by_label.pop(DOUBTFUL, [])
    taken = "; ".join(f"{label}: {some(found)}" for label, found in by_label.items())
    known = sum(name in file.boxes for name in names)
    lines = [f"boxes of {file.path} ({file.form}) for {known} of {len(names)} pairs; {taken}"]
    partly = [str(label) for label in by_label if label not in whole]
    if partly and file.form != "MSRS":
        lines.append(f"no names of the class itself, so it is not taken to be absent elsewhere: {', '.join(partly)}")
    if doubtful:
        lines.append(f"of no class for certain, their boxes are unknown: {some(doubtful)}")
    if skipped:
        lines.append(f"warning: no class of {labels.name}, skipped: {some(skipped)}")
    missing = [name for name in names if name not in file.boxes]
    if missing:
        lines.append(f"warning: {len(missing)} pairs are not in it and count as unlabelled: {some(missing)}")
    lonely = sorted(file.boxes.keys() - set(names))
    if lonely:
        lines.append(f"{len(lonely)} of its images belong to no pair of this part: {some(lonely)}")
    return tuple(lines)
