# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pages of charts and tables, as benchmarks and comparisons have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fusion_perception.files.atomic_file import write_text
from fusion_perception.lab.pages.page import render_page
from fusion_perception.lab.pages.player import Player
from fusion_perception.lab.pages.run_charts import Charts
from fusion_perception.labels import LabelSet

_TEMPLATE = Path(__file__).with_name("figures.html.j2")


@dataclass(frozen=True)
class PageTable:
    """A table of a page.

    Attributes:
        title: what it shows.
        columns: names of the columns.
        rows: cells.
        words: how many of the columns are words and no figures.
        note: how to read it, or empty.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    note: str = ""


def write_figures_page(
    path: Path,
    title: str,
    *,
    lines: Sequence[str],
    charts: Charts,
    tables: Sequence[PageTable],
    shown: Player | None = None,
    meaning: str = "",
    labels: LabelSet | None = None,
) -> None:
    """Write a page.

    Args:
        path: the HTML file.
        title: of the page.
        lines: sentences below it.
        charts: made by ``plot`` and ``timeline``.
        tables: below the charts.
        shown: pictures, or None.
        meaning: what they show.
        labels: classes in them.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
        DataError: it cannot be written.
    """
    page = render_page(
        _TEMPLATE,
        title=title,
        lines=lines,
        charts=charts,
        tables=tables,
        shown=shown,
        meaning=meaning,
        classes=list(zip(labels.names, labels.palette, strict=True))[1:] if labels else [],
    )
    write_text(path, page)
