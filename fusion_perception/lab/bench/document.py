# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of a benchmark: ``fusion_perception.bench``.

It is read by tools and years later: a change of meaning is a new version. Times are ms, sizes bytes, rates 10^9 a
second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.lab.bench.ceilings import Ceilings
from fusion_perception.lab.bench.load import Others
from fusion_perception.lab.bench.machine import Commit, Machine
from fusion_perception.lab.bench.node_run import NodeResult
from fusion_perception.lab.bench.roofline import Roofline
from fusion_perception.lab.bench.timing import Latency, Ratio, Stages, WarmUp


@dataclass(frozen=True)
class CaseInfo:
    """What was measured.

    Attributes:
        model: name that the model gives itself.
        file: name of its file.
        backend: the backend that ran it.
        provider: of the backend, for example ``"CPUExecutionProvider"``.
        device: ``"cpu"`` or the GPU's name.
        precision: really in use.
        stored_precision: of the graph in the file.
        attribution: whether it was computed in every call.
        attribution_steps: points of its path; 0 without, and with Shapley values.
        height: of the images in pixels.
        width: of the images in pixels.
        notes: what the engine says of its choice.
    """

    model: str
    file: str
    backend: str
    provider: str
    device: str
    precision: str
    stored_precision: str
    attribution: bool
    attribution_steps: Count
    height: Count
    width: Count
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TimedCase(CaseInfo):
    """A case and the times of its calls."""

    latency_ms: Latency


@dataclass(frozen=True)
class RooflineResult(Roofline):
    """The least time of one call, and its share of the median time that was measured."""

    efficiency: Size


@dataclass(frozen=True)
class Result(TimedCase):
    """One row of a benchmark.

    Attributes:
        stages_ms: medians, the device waited for after each.
        cpu_ms_per_call: of this process, all threads together.
        pairs_per_second: by the mean time.
        peak_memory_bytes: above what the process had before; None where the system does not tell.
        device_memory_bytes: that the engine holds on its device; None on the CPU.
        file_bytes: size of the model file.
        parameters: of the graph that ran, as the figures that follow; None for what is no ONNX file.
        weight_bytes: their size.
        flops: operations of one call, two per multiply-add.
        traffic_bytes: moved by one call.
        flops_by_kind: the same by kind of node.
        roofline: None where the machine or the graph could not be measured.
        left_out: why ``flops`` or ``roofline`` is None; None where neither is.
        warm_up: what went before; this and the next are None in documents of earlier releases.
        others: what the rest of the machine did meanwhile; None where the system does not tell.
    """

    stages_ms: Stages
    cpu_ms_per_call: Size
    pairs_per_second: Size
    peak_memory_bytes: Count | None
    device_memory_bytes: Count | None
    file_bytes: Count
    parameters: Count | None
    weight_bytes: Count | None
    flops: Count | None
    traffic_bytes: Count | None
    flops_by_kind: dict[str, Count]
    roofline: RooflineResult | None
    left_out: str | None = None
    warm_up: WarmUp | None = None
    others: Others | None = None


@dataclass(frozen=True)
class Settings:
    """How it was measured.

    Attributes:
        seconds: spent on the calls of each case.
        threads: CPU threads.
        spin: whether idle threads wait actively.
        pairs: different image pairs.
        arena: whether ONNX Runtime kept freed memory; None in documents of earlier releases.
    """

    seconds: Size
    threads: Count
    spin: bool
    pairs: Count
    arena: bool | None = None


@dataclass(frozen=True)
class CasesCompared:
    """Two cases timed in turns.

    Attributes:
        a: the first.
        b: the second.
        ratio_b_to_a: of their times, round by round.
        agreement: of their outputs, see ``engine.parity``.
    """

    a: TimedCase
    b: TimedCase
    ratio_b_to_a: Ratio
    agreement: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class BenchDocument:
    """A benchmark: results, or two cases compared.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        created: date and time in UTC, ISO 8601.
        commit: of the source tree; None for an installed package.
        machine: that measured.
        versions: package -> version.
        settings: how it was measured.
        ceilings: what the devices can do at best.
        results: one per case.
        comparison: of two cases.
        node: the node beside the bare engine; None where that was not measured.
    """

    schema: Literal["fusion_perception.bench"] = "fusion_perception.bench"
    schema_version: Literal[1] = 1
    created: str
    commit: Commit | None
    machine: Machine
    versions: dict[str, str]
    settings: Settings
    ceilings: tuple[Ceilings, ...]
    results: tuple[Result, ...]
    comparison: CasesCompared | None
    node: tuple[NodeResult, ...] | None = None


BENCH = Schema("fusion_perception.bench", 1, BenchDocument, "benchmark document", "run the benchmark again")
"""How benchmarks are read and written."""
