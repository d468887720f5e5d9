# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Comparison document -> a page with charts, tables and the grid of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.comparison.document import ComparisonDocument, MethodRow
from fusion_perception.lab.comparison.grid import PairPictures
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.table import Table
from fusion_perception.lab.evaluation.tables import main_kind
from fusion_perception.lab.pages.figures import PageTable, write_figures_page
from fusion_perception.lab.pages.player import picture_player
from fusion_perception.lab.pages.plot import BLUE, RED, TEAL, VIOLET, Series, bar_chart, line_chart
from fusion_perception.lab.pages.run_charts import Charts
from fusion_perception.labels import LabelSet
from fusion_perception.render import tiled

_SHOWN = ("VIF", "Qabf", "SSIM", "SCD")
_COLOURS = dict(zip(BOX_LABELS, (RED, VIOLET, TEAL), strict=False))
_COLUMNS, _WIDTH = 3, 256  # of the pictures of a pair


def write_comparison_page(
    path: Path,
    document: ComparisonDocument,
    tables: Sequence[Table],
    pairs: Sequence[PairPictures],
    labels: LabelSet | None,
) -> None:
    """Write the page of a comparison.

    Args:
        path: the HTML file.
        document: every figure.
        tables: the same as text.
        pairs: a few of them, as every method fuses and segments them.
        labels: classes of the masks.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
        DataError: it cannot be written.
    """
    data = document.data
    pictures = [tiled(_tiles(pair), _COLUMNS, _WIDTH) for pair in pairs]
    shown = picture_player(pictures, [pair.name for pair in pairs], [float(k) for k in range(len(pairs))])
    write_figures_page(
        path,
        "fusion_perception: comparison",
        lines=[f"{data.pairs} pairs of {data.name} ({data.split}); {document.created}"],
        charts=Charts(tuple(_charts(document.methods))),
        tables=[PageTable(table.title, table.columns, table.rows, 1, table.note) for table in tables],
        shown=shown if pairs else None,
        meaning=f"{len(pairs)} of the {data.pairs} pairs: cameras, labels, and the classes of every method over what "
        "it fuses; of a method without classes what it fuses. comparison.png has the fused pictures, too.",
        labels=labels,
    )


def _tiles(pair: PairPictures) -> list[tuple[str, NDArray[np.uint8]]]:
    return [("thermal", pair.thermal), ("RGB", pair.rgb), ("labels", pair.truth), *pair.masks.items()]


def _charts(rows: Sequence[MethodRow]) -> Iterator[str]:
    names = [row.name for row in rows]
    kind = next((main_kind(row.segmentation) for row in rows if row.segmentation), None)
    if kind is not None:
        found = [(row.segmentation or {}).get(kind, {}).get("all") for row in rows]
        lines = [
            Series(name, colour, [figures.iou.get(name) if figures else None for figures in found])
            for name, colour in _COLOURS.items()
        ]
        shown = [line for line in lines if any(value is not None for value in line.values)]
        yield line_chart(f"IoU of the objects ({kind})", names, shown, across="method", up="IoU")
    costs = [row.cost.latency_ms.p50 if row.cost else None for row in rows]
    if any(cost is not None for cost in costs):
        yield bar_chart("Median time of a pair", names, costs, [BLUE] * len(rows), across="method", up="ms")
    for key in _SHOWN:
        values = [row.fusion["all"].get(key) for row in rows]
        if any(value is not None for value in values):
            yield bar_chart(f"{key} of the fused pictures", names, values, [TEAL] * len(rows), across="method", up=key)
