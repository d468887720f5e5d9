# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of an evaluation, made once from its document for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.attribution_tables import attribution_tables
from fusion_perception.lab.evaluation.fusion_metrics import FUSION_METRICS
from fusion_perception.lab.evaluation.robustness import RGB_MISSING, THERMAL_MISSING
from fusion_perception.lab.evaluation.stability_tables import stability_tables
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell

KEPT_FLOOR = 0.75
"""Share of its IoU that a person or a car should keep when a sensor is missing."""

KIND_TITLES = {
    "masks": "Against the masks",
    "consensus": "Against the consensus masks (two networks agree; not human truth)",
    "boxes": "Against masks grown inside human boxes (person, bike and car only; not human truth)",
}


def fusion_table(documents: Sequence[dict[str, Any]]) -> Table:
    """Return the fusion metrics of one or more methods, by day, by night and over all pairs."""
    rows = []
    for document in documents:
        name = document["method"]["name"]
        for split, means in document["fusion"].items():
            rows.append((f"{name}, {split}", *(cell(means.get(m.key)) for m in FUSION_METRICS)))
    return Table(
        "Fusion",
        ("method", *(m.key for m in FUSION_METRICS)),
        tuple(rows),
        "higher is better, Nabf alone lower; grey levels of luminance, nothing stretched",
    )


def iou_tables(document: dict[str, Any]) -> Iterable[Table]:
    """Yield one table of IoU per kind of label."""
    for kind, splits in document.get("segmentation", {}).items():
        first = next(iter(splits.values()))
        classes = [name for name in first["iou"] if any(s["iou"][name] is not None for s in splits.values())]
        rows = tuple(
            (
                split,
                str(s["images"]),
                *(cell(s["iou"][name]) for name in classes),
                cell(s["miou_with_background"]),
                cell(s["miou_without_background"]),
                cell(s["ece"]),
                cell(s["ece_objects"]),
            )
            for split, s in splits.items()
        )
        absent = ", ".join(first["absent"])
        yield Table(
            f"{KIND_TITLES.get(kind, kind)}: IoU",
            ("split", "images", *classes, "mIoU", "mIoU no background", "ECE", "ECE objects"),
            rows,
            f"absent from the labels and in no mean: {absent}" if absent else "",
        )


def detail_tables(document: dict[str, Any]) -> Iterable[Table]:
    """Yield accuracy, precision and boundary F-score per kind of label."""
    for kind, splits in document.get("segmentation", {}).items():
        first = next(iter(splits.values()))
        classes = [name for name in first["iou"] if any(s["iou"][name] is not None for s in splits.values())]
        rows = []
        for split, s in splits.items():
            for title, key in (("accuracy", "accuracy"), ("precision", "precision"), ("boundary F", "boundary_f")):
                rows.append((f"{split}, {title}", *(cell(s[key][name]) for name in classes)))
            rows.append((f"{split}, boundary px", *(str(s["boundary_known_pixels"][name]) for name in classes)))
        yield Table(
            f"{KIND_TITLES.get(kind, kind)}: accuracy, precision, boundaries",
            ("split", *classes),
            tuple(rows),
            "boundary F over the boundary pixels that the labels know; outlines in unknown bands are not judged",
        )


def box_table(document: dict[str, Any]) -> Table | None:
    """Return matched / precision against the boxes, or None without boxes."""
    splits = document.get("boxes") or {}
    names = [name for name in BOX_LABELS if any(name in classes for classes in splits.values())]
    if not names:
        return None
    rows = tuple(
        (
            split,
            *(
                f"{cell(c['matched'], 2)} / {cell(c['precision'], 2)} ({c['boxes']})"
                for c in (classes[name] for name in names)
            ),
        )
        for split, classes in splits.items()
    )
    return Table(
        f"Against the boxes (set '{document['box_set']}'): matched / precision (boxes)",
        ("split", *names),
        rows,
        "matched: a quarter of the box has the class; precision: pixels of the class inside some box of it",
    )


def robustness_table(rows: Sequence[dict[str, Any]]) -> Table | None:
    """Return fusion, IoU by day and night and matched boxes under every perturbation."""
    if not rows:
        return None
    kind = main_kind(rows[0].get("iou", {}))
    splits = list(rows[0]["iou"][kind]) if kind else []
    classes = [c for c in BOX_LABELS if kind and any(rows[0]["iou"][kind][s].get(c) is not None for s in splits)]
    pairs = [(c, s) for c in classes for s in splits if s != "all" or len(splits) == 1]
    box_splits = [s for s in rows[0].get("boxes", {}) if s != "all"] or list(rows[0].get("boxes", {}))
    columns = ["input", *(m.key for m in FUSION_METRICS[:9])]
    columns += [f"{c} {s}" for c, s in pairs]
    columns += [f"{c} {s} matched" for c in ("person", "car") for s in box_splits]
    body = []
    for row in rows:
        cells = [row["name"], *(cell(row["fusion"]["all"].get(m.key)) for m in FUSION_METRICS[:9])]
        cells += [_with_share(row, kind, split, name) for name, split in pairs]
        cells += [cell(row["boxes"][s].get(c, {}).get("matched"), 2) for c in ("person", "car") for s in box_splits]
        body.append(tuple(cells))
    what = f"IoU against '{kind}' labels with the share kept; " if pairs else ""
    return Table(
        "Robustness", tuple(columns), tuple(body), f"{what}fusion metrics over all pairs, against the pairs as recorded"
    )


def missing_sensor_table(rows: Sequence[dict[str, Any]]) -> Table | None:
    """Return what is left of the objects' IoU without a sensor, in the light in which the other should do."""
    by_name = {row["name"]: row for row in rows}
    body = []
    for kind, clean in rows[0].get("iou", {}).items() if rows else ():
        for name, split in ((THERMAL_MISSING.name, "day"), (RGB_MISSING.name, "night")):
            if name not in by_name or split not in clean:
                continue
            cells = [f"{name}, {split} ({kind})"]
            for label in BOX_LABELS:
                before, after = clean[split].get(label), by_name[name]["iou"][kind][split].get(label)
                kept = by_name[name]["iou_kept"][kind][split].get(label)
                mark = "" if kept is None else f" = {kept:.0%}{'' if kept >= KEPT_FLOOR else ' (low)'}"
                cells.append(NOTHING if before is None else f"{cell(before)} -> {cell(after)}{mark}")
            body.append(tuple(cells))
    if not body:
        return None
    return Table(
        "One sensor left: IoU with both, with one, share kept",
        ("input", *BOX_LABELS),
        tuple(body),
        f"kind of labels in brackets; person and car should keep at least {KEPT_FLOOR:.0%}",
    )


def _with_share(row: dict[str, Any], kind: str | None, split: str, name: str) -> str:
    value = row["iou"][kind][split].get(name)
    share = row.get("iou_kept", {}).get(kind, {}).get(split, {}).get(name)
    return cell(value) if share is None else f"{cell(value)} ({share:.0%})"


def main_kind(kinds: dict[str, Any]) -> str | None:
    """Return the kind of label to quote first: full masks, else consensus, else grown from boxes."""
    return next((kind for kind in ("masks", "consensus", "boxes") if kind in kinds), None)


def summary_tables(documents: Sequence[dict[str, Any]]) -> list[Table]:
    """Return the tables that a terminal shows, the first document being the method's own."""
    document = documents[0]
    tables: list[Table | None] = [fusion_table(documents), box_table(document), *iou_tables(document)]
    tables += [*stability_tables(document), *attribution_tables(document)]
    rows = document.get("robustness", [])
    tables += [missing_sensor_table(rows), robustness_table(rows)]
    return [table for table in tables if table is not None]
