# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What each method costs to run: operations, and milliseconds measured in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from fusion_perception.engine import Engine, open_engine
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.parity import Pair, synthetic_pairs
from fusion_perception.lab.bench.operations import count_operations
from fusion_perception.lab.bench.timing import summarise, warm_up
from fusion_perception.lab.comparison.document import Cost

MIN_ROUNDS = 5


def measure_costs(models: Mapping[str, Path], backend: str, threads: int, seconds: float) -> dict[str, Cost]:
    """Measure models in turns, so that all meet the same clock and the same neighbours.

    A round calls every model once on the same pair; the order rotates from round to round. Attribution is
    not asked for.

    Args:
        models: name -> ONNX model.
        backend: see ``open_engine``.
        threads: of the engine, 0 for its own choice.
        seconds: of measuring for each model; at least ``MIN_ROUNDS`` rounds are made.

    Returns:
        Name -> cost.
    """
    options = {"threads": threads} if threads else {}
    engines: dict[str, Engine] = {}
    try:
        for name, path in models.items():
            engines[name] = open_engine(path, backend, allow_fallback=backend == "auto", **options)
        pairs = {name: _pairs(engine) for name, engine in engines.items()}
        for name, engine in engines.items():
            warm_up(lambda pair, engine=engine: engine.infer(*pair), pairs[name], limit_s=0.0)  # type: ignore[misc]
        times: dict[str, list[float]] = {name: [] for name in engines}
        names = list(engines)
        end = perf_counter() + seconds * len(names)
        number = 0
        while number < MIN_ROUNDS or perf_counter() < end:
            for k in range(len(names)):
                name = names[(number + k) % len(names)]
                start = perf_counter()
                engines[name].infer(*pairs[name][number % len(pairs[name])])
                times[name].append(1e3 * (perf_counter() - start))
            number += 1
        return {name: _entry(models[name], engines[name], times[name]) for name in names}
    finally:
        for engine in engines.values():
            engine.close()


def _pairs(engine: Engine) -> Sequence[Pair]:
    return list(synthetic_pairs(engine.info.metadata.height, engine.info.metadata.width, 2))


def _entry(path: Path, engine: Engine, times: list[float]) -> Cost:
    operations = count_operations(open_model_file(path).without_attribution())
    info = engine.info
    return Cost(
        flops=operations.flops,
        parameters=operations.parameters,
        latency_ms=summarise(times),
        provider=info.provider,
        height=info.metadata.height,
        width=info.metadata.width,
    )
