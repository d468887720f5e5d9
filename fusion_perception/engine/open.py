# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Choose a backend and open a model with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fusion_perception.engine.base import Engine
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.errors import BackendError

BACKENDS = ("auto", "onnxruntime", "onnxruntime-cuda", "onnxruntime-tensorrt")
"""What ``open_engine`` and every ``backend`` parameter accept."""


def open_engine(model: str | Path, backend: str = "auto", **options: Any) -> Engine:
    """Open a model file.

    Args:
        model: path of the model.
        backend: one of ``BACKENDS``. ``"auto"`` takes the fastest one that is installed and ready, and
            says in ``info.notes`` why a faster one was not taken.
        options: passed on to the backend's engine class.

    Raises:
        ModelError: the file cannot be used.
        BackendError: unknown or missing backend, or an option it does not have.
    """
    if backend not in BACKENDS:
        raise BackendError(f"unknown backend '{backend}'; allowed: {', '.join(BACKENDS)}")
    if backend == "auto":
        backend = "onnxruntime"
    provider = backend.partition("-")[2] or "cpu"
    return OnnxRuntimeEngine(model, provider=provider, **options)
