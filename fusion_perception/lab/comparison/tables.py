# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a comparison, made from its document."""

from __future__ import annotations

from collections.abc import Sequence

from fusion_perception.lab.comparison.document import ComparisonDocument, MethodRow
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.figures import BoxFigures
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell
from fusion_perception.lab.evaluation.tables import KIND_TITLES, fusion_table, main_kind

HEADLINE = ("EN", "SD", "SF", "AG", "MI", "SCD", "VIF", "Qabf", "SSIM")
"""Fusion metrics of the one table that shows everything; the others are in the fusion table."""


def comparison_tables(document: ComparisonDocument) -> list[Table]:
    """Return the table of everything, then those of the details by day and by night."""
    rows = document.methods
    tables = [
        _summary(rows),
        fusion_table((row.name, row.fusion) for row in rows),
        _boxes(rows),
    ]
    kinds = [kind for kind in KIND_TITLES if any(kind in (row.segmentation or {}) for row in rows)]
    return [table for table in (*tables, *(_iou(rows, kind) for kind in kinds), _training(rows)) if table is not None]


def _summary(rows: Sequence[MethodRow]) -> Table:
    kind = next((main_kind(row.segmentation) for row in rows if row.segmentation), None)
    columns = ["method", *HEADLINE]
    columns += [f"IoU {name}" for name in BOX_LABELS] if kind else []
    columns += [f"box {name}" for name in BOX_LABELS] if any(row.boxes for row in rows) else []
    columns += ["parameters, M", "GFLOP", "ms"]
    body = []
    for row in rows:
        means = row.fusion["all"]
        cells = [row.name, *(cell(means.get(key)) for key in HEADLINE)]
        if kind:
            figures = (row.segmentation or {}).get(kind, {}).get("all")
            cells += [cell(figures.iou.get(name) if figures else None) for name in BOX_LABELS]
        if any(r.boxes for r in rows):
            boxes = (row.boxes or {}).get("all", {})
            cells += [_box(boxes.get(name)) for name in BOX_LABELS]
        parts, cost = row.networks.values(), row.cost
        total = sum(part.parameters for part in parts) if parts else cost.parameters if cost else None
        cells += [cell(None if total is None else total / 1e6)]
        cells += [cell(cost.flops / 1e9, 1), cell(cost.latency_ms.p50, 1)] if cost else [NOTHING, NOTHING]
        body.append(tuple(cells))
    what = f"IoU on the '{kind}' labels; " if kind else ""
    return Table(
        "All methods",
        tuple(columns),
        tuple(body),
        f"{what}box: matched / precision; ms: median without attribution, all models in turns",
    )


def _boxes(rows: Sequence[MethodRow]) -> Table | None:
    body = [
        (f"{row.name}, {split}", *(_box(classes.get(name)) for name in BOX_LABELS))
        for row in rows
        for split, classes in (row.boxes or {}).items()
    ]
    if not body:
        return None
    return Table("Against the boxes: matched / precision", ("method", *BOX_LABELS), tuple(body))


def _iou(rows: Sequence[MethodRow], kind: str) -> Table:
    body = [
        (
            f"{row.name}, {split}",
            *(cell(part.iou.get(name)) for name in BOX_LABELS),
            cell(part.miou_without_background),
        )
        for row in rows
        for split, part in (row.segmentation or {}).get(kind, {}).items()
    ]
    return Table(f"{KIND_TITLES[kind]}: IoU", ("method", *BOX_LABELS, "mIoU no background"), tuple(body))


def _training(rows: Sequence[MethodRow]) -> Table | None:
    body = []
    for row in rows:
        parts, training = row.networks, row.training
        if not parts:
            continue
        named = [f"{parts[p].name}, {parts[p].parameters / 1e6:.3f}" for p in ("fuser", "segmenter")]
        seconds = training.get("seconds")
        body.append(
            (
                row.name,
                *named,
                str(training.get("budget", NOTHING)),
                str(training.get("steps", NOTHING)),
                str(training.get("crops", NOTHING)),
                cell(seconds / 60 if seconds else None, 0),
            )
        )
    if not body:
        return None
    return Table(
        "Networks and training",
        ("method", "fuser, M", "segmenter, M", "budget", "steps", "crops seen", "minutes"),
        tuple(body),
        "crops seen: drawn in all stages, for every network and level; minutes: wall time on the machine that trained, "
        "whatever else it did",
    )


def _box(value: BoxFigures | None) -> str:
    return NOTHING if value is None else f"{cell(value.matched, 2)} / {cell(value.precision, 2)}"
