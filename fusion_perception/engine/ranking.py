# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""In which order ``auto`` tries what runs a model on a GPU, and what has to be there before it is worth a try."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from fusion_perception.engine.onnxruntime_engine import PROVIDERS
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.engine.open_cuda import cuda_devices, driver_is_there
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.errors import BackendError

GROUP = "fusion_perception.backends"
"""Entry points by which an installation registers what lies above the runtime; see setup.py."""


@dataclass(frozen=True)
class Candidate:
    """A backend that uses a GPU.

    Attributes:
        backend: its name.
        title: its name in messages.
        known: what is known of its speed.
        lacks: path of the model -> what is not there, in a few words; empty where it is worth a try.
    """

    backend: str
    title: str
    known: str
    lacks: Callable[[Path], str]


def checkpoint_beside(model: str | Path) -> Path:
    """Return the checkpoint that lies beside an ONNX file under its name, whether it exists or not."""
    return Path(model).with_suffix(".safetensors")


def _tensorrt(model: Path) -> str:
    return "" if tensorrt_library("tensorrt").installed else "not installed"


def _tensorrt_rtx(model: Path) -> str:
    if not tensorrt_library("tensorrt-rtx").installed:
        return "not installed"
    return "" if driver_is_there() else "no driver"


def _torch(model: Path) -> str:
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    if not entry_points(group=GROUP, name="torch-cuda"):
        return "not registered"
    if not checkpoint_beside(model).is_file():
        return f"no {checkpoint_beside(model).name} beside the model"
    return "" if cuda_devices() else "no CUDA device"


def _onnxruntime(model: Path) -> str:
    try:
        ort = import_onnxruntime("the ONNX Runtime backend")
    except BackendError:
        return "not installed"
    return "" if PROVIDERS["cuda"] in ort.get_available_providers() else "this ONNX Runtime has no CUDA"


RANKING: tuple[Candidate, ...] = (
    # Whoever has built a plan for the card that is there means it to be used.
    Candidate("tensorrt", "TensorRT", "with the plan that was built for this card", _tensorrt),
    Candidate("tensorrt-rtx", "TensorRT-RTX", "made for RTX cards", _tensorrt_rtx),
    Candidate("torch-cuda", "torch", "0.53 ms for fused and mask on an H100, where 16 CPU cores took 30", _torch),
    Candidate("onnxruntime-cuda", "CUDA", "not measured yet", _onnxruntime),
)
"""The fastest first, as far as that was measured (480 x 640, model ``realtime``); see docs/backends.md."""
