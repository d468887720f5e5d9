# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmark document -> Markdown, as the README carries it."""

from __future__ import annotations

from fusion_perception.lab.bench.document import BenchDocument, CaseInfo, CasesCompared, Result
from fusion_perception.text import printable

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
        parts.append(_table(_COLUMNS, [_row(result) for result in document.results]))
    if document.comparison:
        parts.append(_comparison(document.comparison))
    notes = sorted({note for result in document.results for note in result.notes})
    parts.append("\n".join([*_origin(document), *(f"Note: {printable(note, 0)}." for note in notes)]))
    return "\n\n".join(parts) + "\n"


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
        f"{roofline.total_ms:.2f} ({100 * roofline.efficiency:.0f} %)" if roofline else "-",
    ]


def _backend(result: CaseInfo) -> str:
    provider = result.provider.removesuffix("ExecutionProvider")
    return f"{result.backend} {provider}" if result.backend not in provider.lower() else provider


def _attribution(result: CaseInfo) -> str:
    if not result.attribution:
        return "no"
    steps = result.attribution_steps
    return f"{steps} step{'s' * (steps != 1)}" if steps else "Shapley"


def _comparison(comparison: CasesCompared) -> str:
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
    return (
        f"{_table(('', 'case', 'p50 ms', 'p95 ms', 'calls'), rows)}\n\n{line}\nAgreement of the outputs: {agreement}."
    )


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
        lines.append(f"Measured ceilings of {ceiling.device}: {', '.join([*rates, f'{ceiling.gbytes:.1f} GB/s'])}.")
    return [printable(line, 0) for line in lines]


def _scaled(value: float | None, unit: float, form: str) -> str:
    return "-" if value is None else form.format(value / unit)


def _table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    rows = [[printable(cell).replace("|", r"\|") for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(header), *rows]) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [list(header), *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
