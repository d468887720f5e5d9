# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is looked at on a machine with a GPU, and the limits that it is held against."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.gpu_start import time_start

if TYPE_CHECKING:
    from fusion_perception.engine.engine import Engine
    from fusion_perception.lab.bench.document import BenchDocument

FAST = ("H100", "H200", "H800", "GH200", "B100", "B200", "B300", "GB200", "GB300")
"""Cards that the limits are for; others are measured all the same."""

MOST_MS = {"torch-cuda": 0.7, "torch-cuda+attribution": 1.0}
"""Limits of the median time of a call, at 480 x 640."""

MOST_RATIO = 1.4
"""Limit of the time with attribution over the time without."""

MOST_START_S = 3.0
"""Limit of the time from the start of a process to its first result, with a warm cache."""

_PAIRS = 4


@dataclass(frozen=True)
class Check:
    """One line of the result.

    Attributes:
        name: what was looked at.
        found: in words, with its unit.
        limit: in words; empty for a figure without one.
        good: the limit is kept; None where there is none for this card.
    """

    name: str
    found: str
    limit: str = ""
    good: bool | None = None


def build_plans(model: Path) -> list[Check]:
    """Build TensorRT's plans where it is installed: the engine never does that by itself."""
    if importlib.util.find_spec("tensorrt") is None:
        return []
    command = [sys.executable, "-m", "fusion_perception.cli", "build", str(model)]
    status = subprocess.run(command, check=False).returncode
    return [Check("tensorrt: plans", f"build ended with {status}", "ends with 0", status == 0)]


def check_starts(model: str, backends: Sequence[str], *, fast: bool) -> list[Check]:
    """Start each backend twice: with nothing in the cache, and again."""
    checks = []
    for backend in backends:
        cold, warm = (time_start(model, backend) for _ in range(2))
        if "first result" not in cold or "first result" not in warm:
            checks.append(Check(f"{backend}: start", "failed, see its message above", "a result", good=False))
            continue
        settled = f"; all of it ready after {cold['settled']:.0f} s" if "settled" in cold else ""
        checks.append(Check(f"{backend}: first result, cold", f"{cold['first result']:.2f} s{settled}"))
        seconds = warm["first result"]
        checks.append(
            Check(
                f"{backend}: first result, warm",
                f"{seconds:.2f} s",
                f"at most {MOST_START_S:g} s",
                seconds <= MOST_START_S if fast else None,
            )
        )
    return checks


def check_parity(model: Path, backends: Sequence[str], device_id: int = 0) -> list[Check]:
    """Hold each backend against ONNX Runtime on the CPU, with attribution and without."""
    from fusion_perception.engine import open_engine
    from fusion_perception.engine.parity import compare_engines, synthetic_pairs
    from fusion_perception.errors import FusionPerceptionError

    checks = []
    reference = open_engine(model, "onnxruntime")
    metadata = reference.info.metadata
    pairs = list(synthetic_pairs(metadata.height, metadata.width, _PAIRS))
    for backend in backends:
        for attribution in (False, True) if metadata.attribution is not None else (False,):
            name = f"{backend}: agrees{' with attribution' * attribution}"
            try:
                engine: Any = open_engine(model, backend, device_id=device_id, allow_fallback=False)
            except FusionPerceptionError as error:
                checks.append(Check(name, str(error), "opens", good=False))
                continue
            try:
                _settle(engine, pairs[0], attribution)
                report = compare_engines(reference, engine, pairs, attribution=attribution)
                figures = ", ".join(f"{key} {value:.4g}" for key, value in report.figures.items())
                checks.append(
                    Check(name, report.failures() or figures, f"limits of {report.precision}", report.accepted)
                )
            except FusionPerceptionError as error:
                checks.append(Check(name, str(error), "runs", good=False))
            finally:
                engine.close()
    reference.close()
    return checks


def _settle(engine: Engine, pair: Any, attribution: bool) -> None:
    engine.infer(*pair, attribution=attribution)
    if hasattr(engine, "settle"):
        engine.settle()


def check_times(document: BenchDocument, named: Sequence[str], *, fast: bool) -> list[Check]:
    """Hold the measured times against the limits.

    Args:
        document: the benchmark.
        named: of each result, its backend, with ``+attribution`` where that was computed.
        fast: whether the card is one that the limits are for.
    """
    times = dict(zip(named, document.results, strict=True))
    checks = []
    for name, most in MOST_MS.items():
        if name not in times:
            checks.append(Check(f"{name}: median", "not measured", f"at most {most:g} ms", good=False))
            continue
        result = times[name]
        at = f"{result.latency_ms.p50:.3f} ms, {result.precision}, {result.provider}"
        size = f"{result.height} x {result.width}"
        judged = fast and (result.height, result.width) == (480, 640)
        good = result.latency_ms.p50 <= most and result.precision == "fp16" if judged else None
        checks.append(Check(f"{name}: median at {size}", at, f"at most {most:g} ms in fp16", good))
    plain, explained = (times.get(name) for name in MOST_MS)
    if plain is not None and explained is not None:
        ratio = explained.latency_ms.p50 / plain.latency_ms.p50
        good = ratio <= MOST_RATIO if fast else None
        checks.append(Check("torch-cuda: attribution over plain", f"{ratio:.2f}", f"at most {MOST_RATIO:g}", good))
    return checks


def check_training(data: Path) -> list[Check]:
    """Time 50 steps of the recipe ``realtime`` at its published size."""
    from fusion_perception.lab.training.training_summary import TRAINING

    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", str(data), "--budget", "paper", "--steps", "50", "--device", "cuda", "--out", folder]
        ran = subprocess.run(
            [sys.executable, "-m", "fusion_perception.cli", "train", "realtime", *options], check=False
        )
        if ran.returncode != 0:
            return [Check("training", f"ended with {ran.returncode}, see its message above", "ends", good=False)]
        summary = TRAINING.read_file(Path(folder) / "summary.json")
    checks = []
    for stage, at in (summary.times or {}).items():
        total = at.update + at.batches + at.checks
        if at.steps and total:
            found = f"{total / at.steps:.3f} s a step, {at.update / total:.0%} of it forward, backward and optimiser"
            checks.append(Check(f"training: {stage}, {at.steps} steps", found))
    return checks
