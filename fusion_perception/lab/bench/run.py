# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run cases and put everything into one document; document.py says what is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from time import process_time
from typing import Any

from fusion_perception.engine import open_engine
from fusion_perception.engine.engine import Engine
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.parity import Pair, compare_engines, synthetic_pairs
from fusion_perception.engine.processor_share import processor_share
from fusion_perception.errors import BackendError, FusionPerceptionError
from fusion_perception.lab.bench.case import Case
from fusion_perception.lab.bench.ceilings import Ceilings, measure_cpu, measure_cuda
from fusion_perception.lab.bench.document import (
    BenchDocument,
    CaseInfo,
    CasesCompared,
    Result,
    RooflineResult,
    Settings,
    TimedCase,
)
from fusion_perception.lab.bench.load import OthersWatch
from fusion_perception.lab.bench.machine import describe_commit, describe_machine, describe_versions
from fusion_perception.lab.bench.memory import PeakMemory
from fusion_perception.lab.bench.operations import Operations, count_operations
from fusion_perception.lab.bench.roofline import estimate
from fusion_perception.lab.bench.timing import WarmUp, compare_calls, summarise, time_calls, time_stages, warm_up

Say = Callable[[str], None]
Tick = Callable[[int, int], None]
Measured = Callable[[Case, Result], None]

_PAIRS = 4


@dataclass(frozen=True)
class BenchOptions:
    """How to measure.

    Attributes:
        seconds: time spent on calls of each case; stages take half as much again.
        threads: CPU threads; 0 for as many as this process may use.
        device_id: number of the GPU.
        spin: let idle threads of ONNX Runtime wait actively.
        arena: let it keep freed memory.
    """

    seconds: float = 10.0
    threads: int = 0
    device_id: int = 0
    spin: bool = False
    arena: bool = True

    @property
    def real_threads(self) -> int:
        """The number of threads meant by ``threads``."""
        return self.threads or processor_share().threads


def run_bench(
    cases: Sequence[Case],
    options: BenchOptions,
    say: Say = lambda text: None,
    *,
    tick: Tick = lambda done, total: None,
    measured: Measured = lambda case, result: None,
    skip_missing: bool = False,
) -> BenchDocument:
    """Measure every case, one after the other.

    Args:
        cases: what to measure.
        options: how.
        say: told what is going on.
        tick: told how many of the cases are measured.
        measured: told each case with its result.
        skip_missing: leave out, and tell, what this machine cannot run.

    Raises:
        FusionPerceptionError: a case cannot be opened or run.
    """
    document = _document(options)
    results: list[Result] = []
    ceilings: dict[str, Ceilings | None] = {}
    for number, case in enumerate(cases, 1):
        say(f"[{number}/{len(cases)}] {case}: opening")
        try:
            results.append(_measure(case, options, ceilings, say))
            measured(case, results[-1])
        except FusionPerceptionError as error:
            if not skip_missing:
                raise
            say(f"    left out: {error}")
        tick(number, len(cases))
    return replace(document, ceilings=tuple(c for c in ceilings.values() if c is not None), results=tuple(results))


def run_compare(a: Case, b: Case, options: BenchOptions, say: Say = lambda text: None) -> BenchDocument:
    """Measure two cases in turns; the document holds ``comparison`` instead of results.

    Raises:
        BackendError: the models have different sizes.
        FusionPerceptionError: a case cannot be opened or run.
    """
    document = _document(options)
    engines: list[Engine] = []
    try:
        for case in (a, b):
            say(f"opening {case}")
            engines.append(_open(case, options))
        sizes = [(e.info.metadata.height, e.info.metadata.width) for e in engines]
        if sizes[0] != sizes[1]:
            raise BackendError(f"{a} takes {sizes[0]} images, {b} takes {sizes[1]}; compare models of one size")
        pairs = list(synthetic_pairs(*sizes[0], _PAIRS))
        calls = [_call(engine, case) for engine, case in zip(engines, (a, b), strict=True)]
        for engine, call in zip(engines, calls, strict=True):
            _settle(engine, call, pairs, say)
        say(f"measuring in turns for {options.seconds:g} s")
        result = compare_calls(calls[0], calls[1], pairs, options.seconds)
        report = compare_engines(engines[0], engines[1], pairs, attribution=a.attribution and b.attribution)
        return replace(
            document,
            comparison=CasesCompared(
                TimedCase(**vars(_case_info(a, engines[0])), latency_ms=result.a),
                TimedCase(**vars(_case_info(b, engines[1])), latency_ms=result.b),
                result.ratio,
                report.figures,
            ),
        )
    finally:
        for engine in engines:
            engine.close()


def _document(options: BenchOptions) -> BenchDocument:
    return BenchDocument(
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        commit=describe_commit(),
        machine=describe_machine(),
        versions=describe_versions(),
        settings=Settings(options.seconds, options.real_threads, options.spin, _PAIRS, options.arena),
        ceilings=(),
        results=(),
        comparison=None,
    )


def _open(case: Case, options: BenchOptions) -> Engine:
    engine = open_engine(
        case.model,
        case.backend,
        threads=options.real_threads,
        device_id=options.device_id,
        spin=options.spin,
        arena=options.arena,
        allow_fallback=case.backend == "auto",  # a row names what was measured
    )
    if case.attribution and engine.info.metadata.attribution is None:
        engine.close()
        raise BackendError(f"{case.model.name} has no attribution; leave '+attribution' out, or export it with one")
    return engine


def _call(engine: Engine, case: Case) -> Callable[[Pair], Any]:
    return lambda pair: engine.infer(*pair, attribution=case.attribution)


def _settle(engine: Any, call: Callable[[Pair], Any], pairs: Sequence[Pair], say: Say) -> WarmUp:
    """Warm up, and where the engine goes on preparing something faster wait for that and warm up again."""
    warmed = warm_up(call, pairs)
    if hasattr(engine, "settle") and not engine.settle(0):
        say("    waiting for what is compiled in the background")
        engine.settle()
        warmed = warm_up(call, pairs)
    return warmed


def _case_info(case: Case, engine: Engine) -> CaseInfo:
    info = engine.info
    return CaseInfo(
        model=info.metadata.name,
        file=case.model.name,
        backend=info.backend,
        provider=info.provider,
        device=info.device,
        precision=info.precision,
        stored_precision=info.metadata.precision,
        attribution=case.attribution,
        attribution_steps=info.metadata.attribution.steps if case.attribution and info.metadata.attribution else 0,
        height=info.metadata.height,
        width=info.metadata.width,
        notes=tuple(info.notes),
    )


def _measure(case: Case, options: BenchOptions, ceilings: dict[str, Ceilings | None], say: Say) -> Result:
    memory = PeakMemory()
    engine = _open(case, options)
    try:
        size = engine.info.metadata.height, engine.info.metadata.width
        pairs = list(synthetic_pairs(*size, _PAIRS))
        call = _call(engine, case)
        say("    warming up")
        warmed = _settle(engine, call, pairs, say)
        info = _case_info(case, engine)
        say(f"    measuring for {options.seconds:g} s on {info.provider}, {info.device}")
        watch, busy = OthersWatch(), process_time()
        latency = summarise(time_calls(call, pairs, options.seconds))
        busy, others = process_time() - busy, watch.others()
        stages = time_stages(engine, pairs, case.attribution, options.seconds / 2)
        peak = memory.bytes_above_start()
        on_device = engine.device_memory() if hasattr(engine, "device_memory") else None
    finally:
        engine.close()
    on_gpu = info.device != "cpu"
    operations, left_out = _operations(case)
    key = "cuda" if on_gpu else "cpu"
    if key not in ceilings:
        say(f"    measuring what this {'GPU' if on_gpu else 'CPU'} can do")
        ceilings[key] = measure_cuda(options.device_id) if on_gpu else measure_cpu(options.real_threads)
    limits = ceilings[key]
    roofline = estimate(operations, limits, info.precision) if operations and limits else None
    if operations and roofline is None:
        left_out = _why_no_roofline(limits)
    return Result(
        **vars(info),
        latency_ms=latency,
        stages_ms=stages,
        cpu_ms_per_call=round(1e3 * busy / latency.calls, 3),
        pairs_per_second=round(1e3 / latency.mean, 2),
        peak_memory_bytes=peak,
        device_memory_bytes=on_device,
        file_bytes=case.model.stat().st_size,
        parameters=operations.parameters if operations else None,
        weight_bytes=operations.weight_bytes if operations else None,
        flops=operations.flops if operations else None,
        traffic_bytes=operations.traffic if operations else None,
        flops_by_kind=operations.by_kind if operations else {},
        roofline=RooflineResult(**asdict(roofline), efficiency=round(roofline.total_ms / latency.p50, 3))
        if roofline
        else None,
        left_out=left_out,
        warm_up=warmed,
        others=others,
    )


def _operations(case: Case) -> tuple[Operations | None, str | None]:
    """Operations of the graph that runs, or why they are not known; the attribution's only where it is asked for."""
    if case.model.suffix != ".onnx":
        return None, "operations are counted in ONNX files alone"
    try:
        file = open_model_file(case.model)
        return count_operations(file.data if case.attribution else file.without_attribution()), None
    except FusionPerceptionError as error:
        return None, str(error)


def _why_no_roofline(limits: Ceilings | None) -> str:
    if limits is None:
        return "the ceilings of a GPU are measured with torch, which is missing here or sees none"
    return "; ".join(sorted(set((limits.missing or {}).values()))) or "the rate of this precision was not measured"
