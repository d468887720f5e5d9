# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Open a checkpoint, or the one beside an ONNX file, as fast as the device runs it and as exactly as it has to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fusion_perception import __version__
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.errors import FusionPerceptionError, ModelError, require
from fusion_perception.lab.torch_backend.agreement import Subject, agreement
from fusion_perception.lab.torch_backend.checkpoint import ONNX, Exported, digest
from fusion_perception.lab.torch_backend.compile_cache import CacheFiller, CompileRequest
from fusion_perception.lab.torch_backend.compiler import Compiler
from fusion_perception.lab.torch_backend.device import open_device
from fusion_perception.lab.torch_backend.engine import Loader, TorchEngine


def open_torch(
    model: str | Path,
    *,
    device: str = "cpu",
    device_id: int = 0,
    precision: str | None = None,
    attribution_steps: int | None = None,
    attribution_method: str = "auto",
    height: int | None = None,
    width: int | None = None,
    threads: int = 0,
    channels_last: bool | None = None,
    cuda_graph: bool = True,
    compile: bool | None = None,
    cache_dir: str | Path | None = None,
    load: Loader | None = None,
) -> TorchEngine:
    """Open a model with torch.

    Args:
        model: path of a checkpoint, or of an ONNX file with its checkpoint beside it under the same name. Then the file
            says size and attribution, and ONNX Runtime checks once that both give the same.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        device_id: number of the GPU where ``device`` is ``"cuda"``.
        precision: ``"fp32"``, ``"fp16"`` or ``"bf16"``; None: FP16 on a GPU, if it gives what FP32 gives (checked once,
            by the limits of ``engine.parity``), else FP32.
        attribution_steps: see ``TorchEngine``; of checkpoints.
        attribution_method: see ``TorchEngine``; of checkpoints.
        height: image height in pixels, of checkpoints; None: 480.
        width: image width in pixels, of checkpoints; None: 640.
        threads: see ``TorchEngine``.
        channels_last: see ``TorchEngine``.
        cuda_graph: see ``TorchEngine``.
        compile: compile the networks in the background while they run as they are; None: on a GPU.
        cache_dir: our cache folder; None for the user's.
        load: makes the modules in place of ``model``, for tests: no precision is checked, and nothing is kept.

    Raises:
        ModelError: the model cannot be used, or its ONNX file gives something else.
        BackendError: torch or the device is missing, or an option is out of range.
    """
    torch = require("torch", "the torch backend")
    target = open_device(torch, device, device_id)
    on_gpu = target.type == "cuda"
    options: dict[str, Any] = {"threads": threads, "channels_last": channels_last, "cuda_graph": cuda_graph}
    if load is not None:
        engine = TorchEngine(
            model,
            device=str(target),
            precision=precision or "fp32",
            attribution_steps=attribution_steps,
            attribution_method=attribution_method,
            load=load,
            **options,
        )
        if compile:
            engine.use_compiler(Compiler())
        return engine
    source = _Source(
        model,
        torch,
        str(target),
        torch.cuda.get_device_name(target) if on_gpu else "cpu",
        Exported.open(model) if Path(model).suffix == ONNX else None,
        {
            **options,
            "attribution_steps": attribution_steps,
            "attribution_method": attribution_method,
            "height": height or 480,
            "width": width or 640,
        },
        cache_dir,
    )
    engine = _agreeing(source, precision, on_gpu=on_gpu)
    if on_gpu if compile is None else compile:
        request = CompileRequest(
            model=str(model),
            device=str(target),
            precision=engine.info.precision,
            attribution_steps=attribution_steps,
            attribution_method=attribution_method,
            height=height,
            width=width,
            channels_last=channels_last,
            cuda_graph=cuda_graph,
            cache_dir=None if cache_dir is None else str(cache_dir),
        )
        filler = CacheFiller(request, source.subject(engine).key())
        engine.use_compiler(Compiler(filler.fill, filler.stop))
    return engine


@dataclass(frozen=True)
class _Source:
    """What is opened, and how, but for the precision."""

    model: str | Path
    torch: Any
    device: str
    device_name: str
    exported: Exported | None
    options: dict[str, Any]
    cache_dir: str | Path | None

    @property
    def checkpoint(self) -> Path:
        return Path(self.model) if self.exported is None else self.exported.checkpoint

    def open(self, precision: str, **changes: Any) -> TorchEngine:
        exported, options = self.exported, {**self.options, **changes}
        load = None
        if exported is not None:
            load = exported.load(precision, self.torch.device(self.device))
            has = exported.file.metadata.attribution
            options.update(attribution_steps=None, attribution_method="none" if has is None else "auto")
        return TorchEngine(self.model, device=self.device, precision=precision, load=load, **options)

    def subject(self, engine: TorchEngine) -> Subject:
        metadata = engine.info.metadata
        return Subject(
            checkpoint_sha256=digest(self.checkpoint),
            reference="fp32" if self.exported is None else self.exported.file.sha256,
            torch=str(self.torch.__version__),
            package=__version__,
            device=self.device_name,
            precision=engine.info.precision,
            height=metadata.height,
            width=metadata.width,
            attribution=hashlib.sha256(repr(metadata.attribution).encode()).hexdigest()[:16],
        )

    def reference(self) -> Callable[[], Any]:
        """Return what opens the engine that is right by definition."""
        exported = self.exported
        if exported is not None:
            return lambda: OnnxRuntimeEngine(exported.file)
        return lambda: self.open("fp32", cuda_graph=False)


def _agreeing(source: _Source, precision: str | None, *, on_gpu: bool) -> TorchEngine:
    """Open the engine in the precision that was asked for, or in the fastest one that gives the right answer."""
    wanted = [precision] if precision else ["fp16", "fp32"] if on_gpu else ["fp32"]
    notes: list[str] = []
    for name in wanted:
        engine = source.open(name)
        if source.exported is None and (precision or name == "fp32"):
            return _noted(engine, notes)  # as it was asked for, or right by definition
        try:
            found = agreement(source.subject(engine), engine, source.reference(), source.cache_dir)
        except FusionPerceptionError:
            engine.close()
            raise
        if not found.failures:
            return _noted(engine, notes)
        engine.close()
        notes.append(f"{name} is not used: it differs from its reference ({found.failures})")
    raise ModelError(
        f"{source.checkpoint} does not give what {Path(source.model).name} gives: {'; '.join(notes)}; export it again, "
        "or choose another backend"
    )


def _noted(engine: TorchEngine, notes: list[str]) -> TorchEngine:
    engine._info = replace(engine._info, notes=(*notes, *engine._info.notes))
    return engine
