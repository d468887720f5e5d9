# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How long a process takes to its first result: ``python -m tools.gpu_start BACKEND MODEL`` is that process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter


def first_result(model: str, backend: str) -> None:
    """Open a model and run it, as a process of its own; say when there was a first result, and when all was settled."""
    import numpy as np

    from fusion_perception.engine import open_engine
    from fusion_perception.model_store import find_model

    engine = open_engine(find_model(model), backend, allow_fallback=False)
    size = engine.info.metadata.height, engine.info.metadata.width
    thermal, rgb = np.zeros(size, np.uint8), np.zeros((*size, 3), np.uint8)
    engine.infer(thermal, rgb)
    print("first result", flush=True)
    engine.infer(thermal, rgb, attribution=True)
    if hasattr(engine, "settle"):
        engine.settle()
    print("settled", flush=True)
    engine.close()


def time_start(model: str, backend: str, *, command: Sequence[str] | None = None) -> dict[str, float]:
    """Return the seconds from the start of a process to each line that it says; empty where it failed."""
    command = command or [sys.executable, "-m", "tools.gpu_start", backend, model]
    start, said = perf_counter(), {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            said[line.strip()] = perf_counter() - start
    return said if process.returncode == 0 else {}


if __name__ == "__main__":
    first_result(sys.argv[2], sys.argv[1])
