# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of an evaluation, made once from its document for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.attribution_tables import attribution_tables
from fusion_perception.lab.evaluation.document import EvaluationDocument, RobustnessRow
from fusion_perception.lab.evaluation.failure_tables import FLOOR, failure_tables
from fusion_perception.lab.evaluation.figures import FusionMeans, PerClass
from fusion_perception.lab.evaluation.fusion_metrics import FUSION_METRICS
from fusion_perception.lab.evaluation.robustness import RGB_MISSING, THERMAL_MISSING
from fusion_perception.lab.evaluation.stability_tables import stability_tables
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell
from fusion_perception.lab.evaluation.video.video_tables import video_tables

KIND_TITLES = {
    "masks": "Against the masks",
    "consensus": "Against the consensus masks (two networks agree; not human truth)",
    "boxes": "Against masks grown inside human boxes (person, bike and car only; not human truth)",
}


def fusion_table(methods: Iterable[tuple[str, FusionMeans]]) -> Table | None:
    """Return the fusion metrics of methods, given by name, by day, by night and over all pairs; None without any."""
    rows = [
        (f"{name}, {split}", *(cell(means.get(m.key)) for m in FUSION_METRICS))
        for name, splits in methods
        for split, means in splits.items()
    ]
    if not rows:
        return None
    return Table(
        "Fusion",
        ("method", *(m.key for m in FUSION_METRICS)),
        tuple(rows),
        "higher is better, Nabf alone lower; grey levels of luminance, nothing stretched",
    )


def iou_tables(document: EvaluationDocument) -> Iterable[Table]:
    """Yield one table of IoU per kind of label."""
    for kind, splits in document.segmentation.items():
        first = next(iter(splits.values()))
        classes = [name for name in first.iou if any(s.iou[name] is not None for s in splits.values())]
        rows = tuple(
            (
                split,
                str(s.images),
                *(cell(s.iou[name]) for name in classes),
                cell(s.miou_with_background),
                cell(s.miou_without_background),
                cell(s.ece),
                cell(s.ece_objects),
            )
            for split, s in splits.items()
        )
        absent = ", ".join(first.absent)
        yield Table(
            f"{KIND_TITLES.get(kind, kind)}: IoU",
            ("split", "images", *classes, "mIoU", "mIoU no background", "ECE", "ECE objects"),
            rows,
            f"absent from the labels and in no mean: {absent}" if absent else "",
        )


def detail_tables(document: EvaluationDocument) -> Iterable[Table]:
    """Yield accuracy, precision and boundary F-score per kind of label."""
    for kind, splits in document.segmentation.items():
        first = next(iter(splits.values()))
        classes = [name for name in first.iou if any(s.iou[name] is not None for s in splits.values())]
        rows = []
        for split, s in splits.items():
            for title, figures in (("accuracy", s.accuracy), ("precision", s.precision), ("boundary F", s.boundary_f)):
                rows.append((f"{split}, {title}", *(cell(figures[name]) for name in classes)))
            rows.append((f"{split}, boundary px", *(str(s.boundary_known_pixels[name]) for name in classes)))
        yield Table(
            f"{KIND_TITLES.get(kind, kind)}: accuracy, precision, boundaries",
            ("split", *classes),
            tuple(rows),
            "boundary F over the boundary pixels that the labels know; outlines in unknown bands are not judged",
        )


def box_table(document: EvaluationDocument) -> Table | None:
    """Return matched / precision against the boxes, or None without boxes."""
    if document.scores is None:
        return None
    splits = document.scores.boxes
    names = [name for name in BOX_LABELS if any(name in classes for classes in splits.values())]
    if not names:
        return None
    rows = tuple(
        (
            split,
            *(f"{cell(c.matched, 2)} / {cell(c.precision, 2)} ({c.boxes})" for c in (classes[name] for name in names)),
        )
        for split, classes in splits.items()
    )
    return Table(
        f"Against the boxes (set '{document.scores.box_set}'): matched / precision (boxes)",
        ("split", *names),
        rows,
        "matched: a quarter of the box has the class; precision: pixels of the class inside some box of it",
    )


def robustness_table(rows: Sequence[RobustnessRow]) -> Table | None:
    """Return fusion, IoU by day and night and matched boxes under every perturbation."""
    if not rows:
        return None
    scores = rows[0].scores
    kind = main_kind(scores.iou) if scores else None
    iou = scores.iou[kind] if scores and kind else {}
    classes = [c for c in BOX_LABELS if any(figures.get(c) is not None for figures in iou.values())]
    pairs = [(c, s) for c in classes for s in iou if s != "all" or len(iou) == 1]
    boxes = list(scores.boxes) if scores else []
    box_splits = [s for s in boxes if s != "all"] or boxes
    metrics = FUSION_METRICS[:9] if all(row.fusion for row in rows) else ()
    columns = ["input", *(m.key for m in metrics)]
    columns += [f"{c} {s}" for c, s in pairs]
    columns += [f"{c} {s} matched" for c in ("person", "car") for s in box_splits]
    body = []
    for row in rows:
        cells = [row.name, *(cell(row.fusion["all"].get(m.key)) for m in metrics)]
        cells += [_with_share(row, kind, split, name) for name, split in pairs]
        cells += [_matched(row, split, name) for name in ("person", "car") for split in box_splits]
        body.append(tuple(cells))
    notes = [f"IoU against '{kind}' labels with the share kept"] if pairs else []
    notes += ["fusion metrics over all pairs, against the pairs as recorded"] if metrics else []
    return Table("Robustness", tuple(columns), tuple(body), "; ".join(notes))


def missing_sensor_table(rows: Sequence[RobustnessRow]) -> Table | None:
    """Return what is left of the objects' IoU without a sensor, in the light in which the other should do."""
    by_name = {row.name: row for row in rows}
    body = []
    for kind, clean in rows[0].scores.iou.items() if rows and rows[0].scores else ():
        for name, split in ((THERMAL_MISSING.name, "day"), (RGB_MISSING.name, "night")):
            if name not in by_name or split not in clean:
                continue
            left, share = _iou(by_name[name], kind, split), _kept(by_name[name], kind, split)
            cells = [f"{name}, {split} ({kind})"]
            for label in BOX_LABELS:
                before, kept = clean[split].get(label), share.get(label)
                mark = "" if kept is None else f" = {kept:.0%}{'' if kept >= FLOOR else ' (low)'}"
                cells.append(NOTHING if before is None else f"{cell(before)} -> {cell(left.get(label))}{mark}")
            body.append(tuple(cells))
    if not body:
        return None
    return Table(
        "One sensor left: IoU with both, with one, share kept",
        ("input", *BOX_LABELS),
        tuple(body),
        f"kind of labels in brackets; person and car should keep at least {FLOOR:.0%}",
    )


def _iou(row: RobustnessRow, kind: str | None, split: str) -> PerClass:
    return row.scores.iou.get(kind or "", {}).get(split, {}) if row.scores else {}


def _kept(row: RobustnessRow, kind: str | None, split: str) -> PerClass:
    kept = row.scores.iou_kept if row.scores else None
    return kept.get(kind or "", {}).get(split, {}) if kept else {}


def _with_share(row: RobustnessRow, kind: str | None, split: str, name: str) -> str:
    value, share = _iou(row, kind, split).get(name), _kept(row, kind, split).get(name)
    return cell(value) if share is None else f"{cell(value)} ({share:.0%})"


def _matched(row: RobustnessRow, split: str, name: str) -> str:
    figures = row.scores.boxes.get(split, {}).get(name) if row.scores else None
    return cell(figures.matched if figures else None, 2)


def main_kind(kinds: Collection[str]) -> str | None:
    """Return the kind of label to quote first: full masks, else consensus, else grown from boxes."""
    return next((kind for kind in ("masks", "consensus", "boxes") if kind in kinds), None)


def summary_tables(documents: Sequence[EvaluationDocument]) -> list[Table]:
    """Return the tables that a terminal shows, the first document being the method's own."""
    document = documents[0]
    fusion = fusion_table((d.method.name, d.fusion) for d in documents)
    tables: list[Table | None] = [fusion, box_table(document), *iou_tables(document)]
    tables += [*video_tables(document.video or ()), *stability_tables(document), *attribution_tables(document)]
    rows = document.robustness or ()
    tables += [missing_sensor_table(rows), robustness_table(rows), *failure_tables(document.failures or ())]
    return [table for table in tables if table is not None]
