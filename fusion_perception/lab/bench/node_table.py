# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node's rows of a benchmark as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from fusion_perception.lab.bench.markdown import markdown_table
from fusion_perception.lab.bench.node_run import NodeResult, NodeRun
from fusion_perception.lab.bench.timing import Latency

_COLUMNS = (
    "node with",
    "backend",
    "attribution",
    "cameras /s",
    "results /s",
    "age p50 ms",
    "age p95 ms",
    "received p50 / p95 ms",
    "CPU ms",
    "of the engine",
)


def node_table(results: Sequence[NodeResult]) -> str:
    """Return the table and a line that explains it."""
    columns, rows, line = node_rows(results)
    return f"{markdown_table(columns, rows)}\n\n{line}"


def node_rows(results: Sequence[NodeResult]) -> tuple[tuple[str, ...], list[list[str]], str]:
    """Return header, rows, and a line that explains them."""
    rows = []
    for result in results:
        ratio = f"{'at least ' * result.camera_bound}{result.throughput_ratio:.2f}"
        rows += [_row(result, result.even, "-"), _row(result, result.full, ratio)]
    middlewares = ", ".join(sorted({result.middleware for result in results}))
    line = (
        f"fusion_node in a process of its own, over {middlewares}; "
        "age: from the stamp to the publication of the last topic of a result."
    )
    return _COLUMNS, rows, line


def _row(result: NodeResult, run: NodeRun, ratio: str) -> list[str]:
    received = run.received_ms
    return [
        result.file.rpartition(".")[0] or result.file,
        result.backend,
        "yes" if result.attribution else "no",
        f"{run.camera_rate:.0f}",
        f"{run.pairs_per_second:.1f}",
        _ms(run.published_ms, "p50"),
        _ms(run.published_ms, "p95"),
        f"{_ms(received, 'p50')} / {_ms(received, 'p95')}",
        "-" if run.cpu_ms_per_result is None else f"{run.cpu_ms_per_result:.1f}",
        ratio,
    ]


def _ms(latency: Latency | None, name: str) -> str:
    return "-" if latency is None else f"{getattr(latency, name):.1f}"
