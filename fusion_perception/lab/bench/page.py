# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmark document -> a page with charts and the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fusion_perception.lab.bench.document import BenchDocument, Result, TimedCase
from fusion_perception.lab.bench.node_table import node_rows
from fusion_perception.lab.bench.table import comparison_rows, remarks, result_table
from fusion_perception.lab.bench.timing import Latency
from fusion_perception.lab.pages.figures import PageTable, write_figures_page
from fusion_perception.lab.pages.plot import BLUE, COLOURS, GREY, ORANGE, Series, bar_chart, line_chart
from fusion_perception.lab.pages.run_charts import Charts
from fusion_perception.lab.pages.timeline import Curve, time_chart

_WORDS, _NODE_WORDS, _COMPARED_WORDS = 4, 3, 2  # columns of the tables that hold words
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
    results, compared = document.results, document.comparison
    cases: Sequence[TimedCase] = results or ((compared.a, compared.b) if compared else ())
    charts = Charts(sentences=("Nothing was measured.",))
    if cases:
        charts = Charts((*_time_charts(cases), *_result_charts(results))) + _course(cases)
    tables = [PageTable("All cases", *result_table(results), _WORDS)] if results else []
    if document.node:
        columns, rows, line = node_rows(document.node)
        tables.append(PageTable("The node", columns, rows, _NODE_WORDS, line))
    if compared:
        columns, rows, sentences = comparison_rows(compared)
        tables.append(PageTable("Two cases in turns", columns, rows, _COMPARED_WORDS, " ".join(sentences)))
    write_figures_page(path, "fusion_perception: benchmark", lines=remarks(document), charts=charts, tables=tables)


def _time_charts(cases: Sequence[TimedCase]) -> Iterator[str]:
    times = [case.latency_ms for case in cases]
    names = [f"{name}{' +attr' * case.attribution}" for case, name in zip(cases, _names(cases), strict=True)]
    yield _bars("Median time of a pair", cases, [latency.p50 for latency in times], "ms")
    spread = [
        Series("shortest", GREY, [latency.min for latency in times]),
        Series("median", BLUE, [latency.p50 for latency in times]),
        Series("95 %", ORANGE, [latency.p95 for latency in times]),
    ]
    yield line_chart("How far the times spread", names, spread, across="case", up="ms")


def _result_charts(results: Sequence[Result]) -> Iterator[str]:
    if results:
        yield _bars("Pairs a second", results, [result.pairs_per_second for result in results], "1/s")
    peaks = [None if r.peak_memory_bytes is None else r.peak_memory_bytes / _MIB for r in results]
    if any(peak is not None for peak in peaks):
        yield _bars("Peak memory", results, peaks, "MiB")


def _bars(title: str, cases: Sequence[TimedCase], values: Sequence[float | None], up: str) -> str:
    colours = [(_WITH if case.attribution else _PLAIN)[1] for case in cases]
    legend = [entry for entry in (_PLAIN, _WITH) if entry[1] in colours]
    return bar_chart(title, _names(cases), values, colours, across="case", up=up, legend=legend)


def _course(cases: Sequence[TimedCase]) -> Charts:
    """Return how long calls took while each case was measured: whether the machine became slower, of heat perhaps."""
    known = [(case, case.latency_ms.course) for case in cases if case.latency_ms.course]
    if not known:
        return Charts(sentences=("No course of the times: the document is of an earlier release, which kept none.",))
    shown = known[: len(COLOURS)]
    curves = [
        Curve(f"{name}{' + attribution' * case.attribution}", colour, _placed(case.latency_ms, course))
        for (case, course), name, colour in zip(shown, _names([case for case, _ in shown]), COLOURS, strict=False)
    ]
    last = max(curve.points[-1][0] for curve in curves)
    chart = time_chart("Time of a call while it was measured", curves, last=last, up="ms")
    left = len(known) - len(shown)
    return Charts((chart,), (f"The course of {left} more cases is not drawn.",) if left else ())


def _placed(latency: Latency, course: Sequence[float]) -> list[tuple[float, float]]:
    """Return the middle of each stretch in seconds of calls, and its median."""
    seconds = latency.mean * latency.calls / 1e3
    return [(seconds * (k + 0.5) / len(course), value) for k, value in enumerate(course)]


def _names(cases: Sequence[TimedCase]) -> list[str]:
    """Return a name for each case: its model, and its backend where they differ; the colour tells the attribution.

    Cases that still have one name are numbered.
    """
    several = len({case.backend for case in cases}) > 1
    names = [f"{case.backend} {case.model}" if several else case.model for case in cases]
    alike = {(name, case.attribution) for name, case in zip(names, cases, strict=True)}
    return names if len(alike) == len(names) else [f"{number} {name}" for number, name in enumerate(names, 1)]
