# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Choose a backend and open a model with it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from fusion_perception.engine.backend import Backend
from fusion_perception.engine.build_process import build_in_process
from fusion_perception.engine.engine import Engine
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.open_cuda import cuda_devices
from fusion_perception.engine.plan_cache import read_plan
from fusion_perception.engine.ranking import GROUP, RANKING
from fusion_perception.engine.tensorrt_engine import TensorRTEngine, is_plan
from fusion_perception.errors import BackendError, FusionPerceptionError, ModelError

_BACKENDS = {
    "onnxruntime": Backend(OnnxRuntimeEngine, {"provider": "cpu"}),
    "onnxruntime-cuda": Backend(OnnxRuntimeEngine, {"provider": "cuda"}),
    "onnxruntime-tensorrt": Backend(OnnxRuntimeEngine, {"provider": "tensorrt"}),
    "tensorrt": Backend(TensorRTEngine, {"library": "tensorrt", "builder": build_in_process}, on_cpu="onnxruntime"),
    "tensorrt-rtx": Backend(
        TensorRTEngine, {"library": "tensorrt-rtx", "builder": build_in_process}, on_cpu="onnxruntime"
    ),
}
_REGISTERED = ("torch", "torch-cuda")
_CHECKPOINTS = frozenset({".safetensors", ".ckpt"})

BACKENDS = ("auto", *_BACKENDS, *_REGISTERED)
"""What ``open_engine`` and every ``backend`` parameter accept."""

COMMON_OPTIONS = frozenset(
    {
        "threads",
        "device_id",
        "allow_fallback",
        "eager_attribution",
        "attribution_method",
        "cache_dir",
        "build",
        "spin",
        "arena",
        "compile",
    }
)
"""Options that any backend may be given; one that has no use for an option leaves it alone."""


def open_engine(model: str | Path, backend: str = "auto", **options: Any) -> Engine:
    """Open a model file.

    Args:
        model: path of an ONNX file, a TensorRT plan (``.plan``) or a checkpoint (``.safetensors``).
        backend: one of ``BACKENDS``. ``"auto"`` takes the fastest one that is installed and ready, see
            ``ranking.RANKING``, and says why in ``info.choice``; what is installed and cannot be used is in
            ``info.notes``. It builds nothing that takes minutes.
        options: passed on to the backend's engine class; those of ``COMMON_OPTIONS`` may always be given.
            ``allow_fallback`` (default True) runs the model on the CPU, with a note in ``info.notes``, when
            the GPU cannot be used. False makes that an error; with ``"auto"`` only where there is a CUDA device, or
            TensorRT or an ONNX Runtime with CUDA is installed, because elsewhere the CPU is the fastest.
            ``attribution_method`` (default ``"auto"``) is what the model's attribution must be, one of
            ``metadata.METHODS``; a checkpoint is told to compute that.

    Raises:
        ModelError: the file cannot be used, or has no attribution of the method asked for.
        BackendError: unknown or missing backend, an option it does not have, or a GPU that cannot be used
            and no fallback.
    """
    if backend not in BACKENDS:
        raise BackendError(f"unknown backend '{backend}'; allowed: {', '.join(BACKENDS)}")
    engine = _open_fastest(model, options) if backend == "auto" else _open(model, backend, options)
    wanted = options.get("attribution_method", "auto")
    if wanted != "auto":
        _check_method(engine, wanted)
    return engine


def _check_method(engine: Engine, wanted: str) -> None:
    """Close the engine and raise ModelError unless its model's attribution is of the method that is wanted."""
    found = engine.info.metadata.attribution
    method = "none" if found is None else found.method
    if wanted == method:
        return
    engine.close()
    has = "no attribution" if found is None else f"an attribution by method '{method}'"
    raise ModelError(
        f"{engine.info.model_path} has {has}, and '{wanted}' is asked for; set it to 'auto', or export the model "
        f"with --attribution {wanted}"
    )


def _open(model: str | Path, backend: str, options: dict[str, Any]) -> Engine:
    chosen = _backend(backend)
    known = chosen.known_options
    unknown = set(options) - known - COMMON_OPTIONS
    if unknown:
        raise BackendError(
            f"backend '{backend}' has no option {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
        )
    try:
        engine: Engine = chosen.engine(model, **chosen.options, **{k: v for k, v in options.items() if k in known})
        return engine
    except FusionPerceptionError as error:
        if not chosen.on_cpu or not options.get("allow_fallback", True) or is_plan(Path(model)):
            raise
        return _open_on_cpu(model, backend, options, error)


def _backend(name: str) -> Backend:
    """Return a backend by name; those that are registered are imported only now."""
    if name in _BACKENDS:
        return _BACKENDS[name]
    for entry in entry_points(group=GROUP, name=name):
        backend: Backend = entry.load()
        return backend
    raise BackendError(
        f"the backend '{name}' is not registered: this fusion_perception was not installed, or is an older one; "
        "install it with: pip install 'fusion_perception[lab]', or -e '.[lab]' in its source tree"
    )


def _open_on_cpu(model: str | Path, backend: str, options: dict[str, Any], error: FusionPerceptionError) -> Engine:
    """Open the model on the CPU, because of ``error``; it stays the error if what runs it there is missing too.

    ONNX Runtime comes first where the file is its: it needs no checkpoint beside it, and is the faster one.
    """
    own = _backend(backend).on_cpu
    for on_cpu in [own] if Path(model).suffix in _CHECKPOINTS else dict.fromkeys(("onnxruntime", own)):
        kept = _backend(on_cpu).known_options | COMMON_OPTIONS
        try:
            engine = _open(model, on_cpu, {k: v for k, v in options.items() if k in kept})
        except BackendError:
            continue
        return _with_notes(engine, [f"backend '{backend}' cannot be used: {error}; running on the CPU instead"])
    raise error


def _open_fastest(model: str | Path, options: dict[str, Any]) -> Engine:
    allow_fallback = options.get("allow_fallback", True)
    options = {**options, "build": False}
    path = Path(model)
    if path.suffix == ".plan":
        return _open(model, read_plan(model).identity.library, options)
    if path.suffix in _CHECKPOINTS:
        return _open(model, "torch-cuda" if cuda_devices() else "torch", options)
    notes: list[str] = []  # what is there and cannot be used
    passed: list[str] = []  # every faster backend, with the reason
    for candidate in RANKING:
        lack = candidate.lacks(path)
        if not lack:
            try:
                engine = _open(model, candidate.backend, {**options, "allow_fallback": False})
                return _chosen(engine, f"{candidate.backend}, {candidate.known}", passed, notes)
            except FusionPerceptionError as error:
                notes.append(f"{candidate.title} is not used: {error}")
        passed.append(f"{candidate.backend} ({lack or 'cannot be used, see the notes'})")
    count = cuda_devices()
    if count and not notes:
        notes.append(f"no backend uses the CUDA device of this machine: {', '.join(passed)}; see docs/backends.md")
    if notes and not allow_fallback:
        open_model_file(model)  # a file that nothing can run is not the GPU's fault
        raise BackendError(f"{'; '.join(notes)}; or choose backend 'onnxruntime' to run on the CPU")
    engine = _open(model, "onnxruntime", options)
    return _chosen(engine, "onnxruntime" if count else "onnxruntime: there is no CUDA device", passed, notes)


def _chosen(engine: Engine, what: str, passed: list[str], notes: list[str]) -> Engine:
    """Let the engine say that it was chosen, and what was passed over."""
    over = f"; passed over: {', '.join(passed)}" if passed else ""
    noted: Any = _with_notes(engine, notes)
    noted._info = replace(noted._info, choice=f"'auto' took {what}{over}")
    chosen: Engine = noted
    return chosen


def _with_notes(engine: Any, notes: list[str]) -> Engine:
    """Put notes in front of the engine's own."""
    engine._info = replace(engine._info, notes=(*notes, *engine._info.notes))
    noted: Engine = engine
    return noted
