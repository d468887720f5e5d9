# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmark document -> Markdown, as docs/performance.md carries it."""

from __future__ import annotations

from collections.abc import Sequence

from fusion_perception.lab.bench.document import BenchDocument, CaseInfo, CasesCompared, Result
from fusion_perception.lab.bench.markdown import markdown_table
from fusion_perception.lab.bench.node_table import node_table
from fusion_perception.text import printable

_DISTURBED = 0.05  # share of the processors
_NOTHING = "-"
_COUNTED = ("GFLOP", "roofline ms")

_COLUMNS = (
    "model",
    "backend",
    "precision",
    "attribution",
    "p50 ms",
    "p95 ms",
    "pairs/s",
    "CPU ms",
    "in / run / out ms",
    "peak MiB",
    "file MiB",
    "GFLOP",
    "roofline ms",
)


def to_markdown(document: BenchDocument) -> str:
    """Return the tables of a document, with where and how they were measured below."""
    parts = []
    if document.results:
        parts.append(markdown_table(*result_table(document.results)))
    if document.node:
        parts.append(node_table(document.node))
    if document.comparison:
        parts.append(_comparison(document.comparison))
    parts.append("\n".join(remarks(document)))
    return "\n\n".join(parts) + "\n"


def remarks(document: BenchDocument) -> list[str]:
    """Return where and how it was measured, and what to mind, a sentence each."""
    notes = sorted({note for result in document.results for note in result.notes})
    found = [*_origin(document), *_disturbances(document.results), *_left_out(document.results)]
    return [*found, *(f"Note: {printable(note, 0)}." for note in notes)]


def result_table(results: Sequence[Result]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return header and rows; columns that nothing could be counted for are left out."""
    rows = [_row(result) for result in results]
    shown = [i for i, name in enumerate(_COLUMNS) if name not in _COUNTED or any(row[i] != _NOTHING for row in rows)]
    return tuple(_COLUMNS[i] for i in shown), [[row[i] for i in shown] for row in rows]


def _disturbances(results: Sequence[Result]) -> list[str]:
    """Say where the times are not those of a quiet machine."""
    lines = []
    others = max((result.others.cpu for result in results if result.others), default=0.0)
    if others >= _DISTURBED:
        lines.append(
            f"Other processes took up to {100 * others:.0f} % of the processors meanwhile: measure again at rest."
        )
    stolen = max((result.others.stolen for result in results if result.others), default=0.0)
    if stolen >= _DISTURBED:
        lines.append(f"The host of this virtual machine gave up to {100 * stolen:.0f} % of its processors to others.")
    unsettled = sum(1 for result in results if result.warm_up and not result.warm_up.settled)
    if unsettled:
        lines.append(f"In {unsettled} of {len(results)} rows the times had not settled after the warm-up.")
    return lines


def _left_out(results: Sequence[Result]) -> list[str]:
    reasons = sorted({result.left_out for result in results if result.left_out})
    return [f"GFLOP or roofline is left out: {printable(reason, 0)}." for reason in reasons]


def _row(result: Result) -> list[str]:
    latency, stages, roofline = result.latency_ms, result.stages_ms, result.roofline
    return [
        result.file.rpartition(".")[0] or result.file,
        _backend(result),
        result.precision,
        _attribution(result),
        f"{latency.p50:.1f}" if latency.p50 >= 10 else f"{latency.p50:.2f}",
        f"{latency.p95:.1f}" if latency.p95 >= 10 else f"{latency.p95:.2f}",
        f"{result.pairs_per_second:.1f}",
        f"{result.cpu_ms_per_call:.1f}",
        f"{stages.copy_in:.2f} / {stages.run:.2f} / {stages.copy_out:.2f}",
        _scaled(result.peak_memory_bytes, 2**20, "{:.0f}")
        + ("" if result.device_memory_bytes is None else f" + {result.device_memory_bytes / 2**20:.0f}"),
        _scaled(result.file_bytes, 2**20, "{:.1f}"),
        _scaled(result.flops, 1e9, "{:.2f}"),
        f"{roofline.total_ms:.2f} ({100 * roofline.efficiency:.0f} %)" if roofline else _NOTHING,
    ]


def _backend(result: CaseInfo) -> str:
    provider = result.provider.removesuffix("ExecutionProvider")
    return f"{result.backend} {provider}" if result.backend not in provider.lower() else provider


def _attribution(result: CaseInfo) -> str:
    if not result.attribution:
        return "no"
    steps = result.attribution_steps
    return f"{steps} step{'s' * (steps != 1)}" if steps else "Shapley"


def comparison_rows(comparison: CasesCompared) -> tuple[tuple[str, ...], list[list[str]], tuple[str, str]]:
    """Return header, rows, and two sentences: of the ratio of the times, and of the agreement of the outputs."""
    rows = []
    for side, case in (("A", comparison.a), ("B", comparison.b)):
        latency = case.latency_ms
        name = f"{case.file}, {_backend(case)}, attribution: {_attribution(case)}"
        rows.append([side, name, f"{latency.p50:.2f}", f"{latency.p95:.2f}", str(latency.calls)])
    ratio = comparison.ratio_b_to_a
    line = (
        f"B takes {ratio.median:.3f} times as long as A (median over rounds in turns; "
        f"5 % to 95 %: {ratio.p05:.3f} to {ratio.p95:.3f})."
    )
    agreement = printable(", ".join(f"{name} {value:.5g}" for name, value in comparison.agreement.items()), 0)
    return ("", "case", "p50 ms", "p95 ms", "calls"), rows, (line, f"Agreement of the outputs: {agreement}.")


def _comparison(comparison: CasesCompared) -> str:
    columns, rows, sentences = comparison_rows(comparison)
    return f"{markdown_table(columns, rows)}\n\n" + "\n".join(sentences)


def _origin(document: BenchDocument) -> list[str]:
    machine, settings, commit = document.machine, document.settings, document.commit
    versions = document.versions
    packages = ", ".join(
        f"{name} {versions[name]}" for name in ("onnxruntime", "torch", "tensorrt") if name in versions
    )
    where = f"commit {commit.id[:10]}{' with changes' if commit.modified else ''}, " if commit else ""
    sizes = sorted({f"{r.height} x {r.width}" for r in document.results})
    at = f"{', '.join(sizes)} images; " if sizes else ""
    lines = [
        f"{at}{machine.cpu}, {settings.threads} of {machine.cores} cores{', spinning' * settings.spin}, "
        f"load before {machine.load_before}; "
        f"{packages}; {where}{document.created[:10]}."
    ]
    for ceiling in document.ceilings:
        rates = [f"{rate:.0f} GFLOP/s {name}" for name, rate in ceiling.gflops.items()]
        reasons = "; ".join(sorted(set((ceiling.missing or {}).values())))
        missing = f" (no {', '.join(ceiling.missing)}: {reasons})" if ceiling.missing else ""
        measured = ", ".join([*rates, f"{ceiling.gbytes:.1f} GB/s"])
        lines.append(f"Measured ceilings of {ceiling.device}: {measured}{missing}.")
    return [printable(line, 0) for line in lines]


def _scaled(value: float | None, unit: float, form: str) -> str:
    return _NOTHING if value is None else form.format(value / unit)
