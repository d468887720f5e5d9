# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmark document -> a page with charts and the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fusion_perception.lab.bench.document import BenchDocument, TimedCase
from fusion_perception.lab.bench.table import remarks, result_table
from fusion_perception.lab.pages.figures import PageTable, write_figures_page
from fusion_perception.lab.pages.plot import BLUE, GREY, ORANGE, Series, bar_chart, line_chart

_WORDS = 4  # columns of the table
_MIB = 2**20
_PLAIN, _WITH = ("without attribution", BLUE), ("with attribution", ORANGE)


def write_bench_page(path: Path, document: BenchDocument) -> None:
    """Write the page of a benchmark.

    Args:
        path: the HTML file.
        document: what was measured.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
        DataError: it cannot be written.
    """
    results = document.results
    compared = document.comparison
    cases: Sequence[TimedCase] = results or ((compared.a, compared.b) if compared else ())
    names = _names(cases)
    colours = [(_WITH if case.attribution else _PLAIN)[1] for case in cases]
    legend = [entry for entry in (_PLAIN, _WITH) if entry[1] in colours]
    charts = [
        bar_chart(
            "Median time of a pair",
            names,
            [c.latency_ms.p50 for c in cases],
            colours,
            across="case",
            up="ms",
            legend=legend,
        ),
        line_chart(
            "How far the times spread",
            names,
            [
                Series("shortest", GREY, [case.latency_ms.min for case in cases]),
                Series("median", BLUE, [case.latency_ms.p50 for case in cases]),
                Series("95 %", ORANGE, [case.latency_ms.p95 for case in cases]),
            ],
            across="case",
            up="ms",
        ),
    ]
    if results:
        rates = [result.pairs_per_second for result in results]
        charts.append(bar_chart("Pairs a second", names, rates, colours, across="case", up="1/s", legend=legend))
        peaks = [None if r.peak_memory_bytes is None else r.peak_memory_bytes / _MIB for r in results]
        if any(peak is not None for peak in peaks):
            charts.append(bar_chart("Peak memory", names, peaks, colours, across="case", up="MiB", legend=legend))
    lines = [*remarks(document)]
    if compared:
        ratio = compared.ratio_b_to_a
        lines.insert(0, f"The second case took {ratio.median:.3f} times as long as the first, round by round.")
    tables = [PageTable("All cases", *result_table(results), _WORDS)] if results else []
    write_figures_page(path, "fusion_perception: benchmark", lines=lines, charts=charts, tables=tables)


def _names(cases: Sequence[TimedCase]) -> list[str]:
    """Return a name for each case: its model, and its backend where they differ; the colour tells the attribution."""
    several = len({case.backend for case in cases}) > 1
    return [f"{case.backend} {case.model}" if several else case.model for case in cases]
