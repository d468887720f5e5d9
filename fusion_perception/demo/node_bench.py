# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``bench --node``: fusion_node beside the bare engine, each in a process of its own, over the real middleware."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusion_perception.demo.environment import child_environment, choose_domain, middleware
from fusion_perception.demo.probe import probe_node
from fusion_perception.demo.processes import Child, Processes, node_command
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import BackendError, FusionPerceptionError
from fusion_perception.lab.bench.case import Case
from fusion_perception.lab.bench.document import Result
from fusion_perception.lab.bench.node_run import NodeResult, NodeRun
from fusion_perception.lab.bench.run import BenchOptions
from fusion_perception.lab.bench.timing import summarise
from fusion_perception.ros import fusion_node

PLAIN = ("fusion/image", "fusion/mask")
"""Topics that the probe listens to; with attribution, that one as well."""

ATTRIBUTION = "fusion/attribution"

START, END = "start", "end"
"""Events that the probe prints."""

_FASTER = 1.5  # the fast cameras, by the bare engine
_FASTEST = 240.0  # pairs a second that a process of Python can send
_BOUND = 0.95  # results of that share of the pairs: the cameras were the limit
_PATIENCE_S = 120.0  # beside the time that is measured
_POLL_S = 0.05

Say = Callable[[str], None]


def run_node_bench(
    measured: Sequence[tuple[Case, Result]], options: BenchOptions, rate: float, say: Say = lambda text: None
) -> tuple[NodeResult, ...]:
    """Measure the node for cases of which the bare engine was measured before.

    Args:
        measured: the cases, with the engine's results.
        options: how those were measured; ``seconds`` counts for each of the node's two runs as well.
        rate: pairs a second of the first run; the second is faster than the engine.
        say: told what is going on.

    Returns:
        A row a case, without those of which a process failed: ``say`` is told why.
    """
    rows = []
    for number, (case, bare) in enumerate(measured, 1):
        say(f"[{number}/{len(measured)}] node with {case}: starting")
        try:
            rows.append(_measure(case, bare, options, rate, say))
        except FusionPerceptionError as error:  # what the bare engine took minutes to show must not be lost
            say(f"    left out: {error}")
    return tuple(rows)


def _measure(case: Case, bare: Result, options: BenchOptions, rate: float, say: Say) -> NodeResult:
    topics = (*PLAIN, ATTRIBUTION) if case.attribution else PLAIN
    fast = min(_FASTEST, max(_FASTER * bare.pairs_per_second, rate))
    runs = []
    for camera_rate in (rate, fast):
        say(f"    {camera_rate:.0f} pairs a second for {options.seconds:g} s")
        runs.append(_run(case, topics, options, camera_rate))
    even, full = runs
    return NodeResult(
        file=bare.file,
        backend=case.backend,
        provider=bare.provider,
        attribution=case.attribution,
        middleware=middleware(os.environ),
        topics=topics,
        even=even,
        full=full,
        engine_pairs_per_second=bare.pairs_per_second,
        throughput_ratio=round(full.pairs_per_second / bare.pairs_per_second, 3),
        camera_bound=full.results >= _BOUND * full.sent,
    )


@dataclass
class _Watched:
    """What the probe has printed, and the node's processor time at the two events."""

    report: dict[str, Any] | None = None
    busy_s: tuple[float | None, float | None] = (None, None)


def _run(case: Case, topics: Sequence[str], options: BenchOptions, rate: float) -> NodeRun:
    sizes = {}
    if case.model.suffix == ".onnx":
        metadata = open_model_file(case.model).metadata
        sizes = {"height": metadata.height, "width": metadata.width}
    watched, ended = _Watched(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="node-bench-") as folder, Processes() as processes:
        environment = child_environment(choose_domain(os.getpid()), Path(folder))
        node = processes.start(
            "fusion",
            node_command(
                fusion_node,
                {
                    "model": str(case.model.resolve()),
                    "backend": case.backend,
                    "engine.threads": options.threads,
                    "engine.device_id": options.device_id,
                    "engine.allow_fallback": case.backend == "auto",
                },
            ),
            environment,
            Path(folder) / "fusion.log",
        )

        def take(line: str) -> None:
            event = _event(line)
            if event is None:
                return
            if event["event"] == START:
                watched.busy_s = (processor_seconds(node.pid), None)
            elif event["event"] == END:
                watched.busy_s = (watched.busy_s[0], processor_seconds(node.pid))
                watched.report = event
                ended.set()

        probe = processes.start(
            "probe",
            node_command(
                probe_node,
                {"rate": float(rate), "seconds": float(options.seconds), "results": ",".join(topics), **sizes},
            ),
            environment,
            Path(folder) / "probe.log",
            take,
        )
        _wait((node, probe), ended, options.seconds + _PATIENCE_S)
    assert watched.report is not None  # noqa: S101 - else _wait has raised
    return summarise_run(rate, watched.report, watched.busy_s)


def summarise_run(
    rate: float, report: Mapping[str, Any], busy_s: tuple[float | None, float | None] = (None, None)
) -> NodeRun:
    """Return the figures of one run.

    Args:
        rate: pairs a second that were asked for.
        report: of the probe, see ``CameraProbe``.
        busy_s: processor time of the node when counting began and when it had ended.
    """
    results = report["results"]
    before, after = busy_s
    known = before is not None and after is not None and results
    return NodeRun(
        camera_rate=round(rate, 2),
        sent=report["sent"],
        results=results,
        pairs_per_second=round(report["results_in_time"] / report["seconds"], 2),
        published_ms=summarise(report["published_ms"]) if results else None,
        received_ms=summarise(report["received_ms"]) if results else None,
        cpu_ms_per_result=round(1e3 * (after - before) / results, 2) if known else None,  # type: ignore[operator]
    )


def processor_seconds(pid: int) -> float | None:
    """Return the processor time of a process so far; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _wait(children: tuple[Child, Child], ended: threading.Event, limit_s: float) -> None:
    """Wait for the probe's report; raise BackendError when a process ends before, or nothing comes."""
    deadline = time.monotonic() + limit_s
    while not ended.wait(_POLL_S):
        for child in children:
            if child.returncode() is not None:
                if ended.wait(1.0):  # its last line was still on its way
                    return
                raise BackendError(f"the node could not be measured: {child.name} has ended: {child.why()}")
        if time.monotonic() > deadline:
            raise BackendError(
                f"the node could not be measured: no report within {limit_s:.0f} s; "
                f"{' '.join(f'{child.name} said: {child.why()}.' for child in children)}"
            )
