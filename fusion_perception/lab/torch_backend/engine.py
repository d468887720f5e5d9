# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""torch: the reference for the other backends, and on a GPU the fastest that was measured."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.cuda_torch_session import TorchSession
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.parity import compare_outputs, judge, synthetic_pairs
from fusion_perception.engine.staged_engine import Done, StagedEngine
from fusion_perception.errors import BackendError, require
from fusion_perception.lab.torch_backend.compiler import Compiler
from fusion_perception.lab.torch_backend.device import open_device
from fusion_perception.lab.torch_backend.layout import Layout
from fusion_perception.lab.torch_backend.runner import DeviceRunner, HostRunner, Runner, Session
from fusion_perception.text import printable
from fusion_perception.types import EngineOutputs

PRECISIONS = ("fp32", "fp16", "bf16")

Loader = Callable[[bool], tuple[Any, ModelMetadata]]
"""With attribution or without -> module (thermal, rgb) -> maps in order, and its document."""

_WAITING, _COMPILED, _FAILED = "waiting", "compiled", "failed"
_PAIRS = 2  # on which a compiled network must agree with its original


class TorchEngine(StagedEngine[Runner]):
    """Runs a checkpoint (safetensors with our JSON) with torch, outputs as in the exported graph.

    On a GPU the images go through page-locked memory, one copy each way, and the network is a captured CUDA graph. With
    a compiler it is compiled while it runs already, and from then on the compiled one runs; ``info.provider`` says so.

    Args:
        model: path of the checkpoint.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        device_id: number of the GPU where ``device`` is ``"cuda"``.
        precision: ``"fp32"``, ``"fp16"`` or ``"bf16"``.
        attribution_steps: path points of the attribution by gradient; 0 for none; None leaves it to the method.
        attribution_method: ``"shapley"``, ``"gradient"``, ``"none"``, or ``"auto"``, see ``DeployConfig``.
        height: image height in pixels.
        width: image width in pixels.
        threads: CPU threads of the whole process; 0 leaves torch's choice.
        channels_last: memory layout of the weights; None for channels last on CUDA only.
        cuda_graph: replay a captured graph on CUDA instead of launching kernels one by one.
        load: what makes the modules; None to load ``model``.
        compiler: compiles in the background; None to run the networks as they are. It is closed with the engine.
        sessions: opens a session of the device, for tests; None for torch's on CUDA.

    Raises:
        ModelError: the checkpoint cannot be used.
        BackendError: torch or the device is missing, or an option is out of range.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        device_id: int = 0,
        precision: str = "fp32",
        attribution_steps: int | None = None,
        attribution_method: str = "auto",
        height: int = 480,
        width: int = 640,
        threads: int = 0,
        channels_last: bool | None = None,
        cuda_graph: bool = True,
        load: Loader | None = None,
        compiler: Compiler | None = None,
        sessions: Callable[[], Session] | None = None,
    ) -> None:
        torch = self._torch = require("torch", "the torch backend")
        if precision not in PRECISIONS:
            raise BackendError(f"unknown torch precision '{precision}'; allowed: {', '.join(PRECISIONS)}")
        if threads < 0:
            raise BackendError(f"threads is {threads}; allowed: 0 (automatic) or more")
        self._device = open_device(torch, device, device_id)
        self._on_cuda = self._device.type == "cuda"
        if threads:
            torch.set_num_threads(threads)

        def from_checkpoint(attribution: bool) -> tuple[Any, ModelMetadata]:
            from fusion_perception.lab.export.deployable import DeployConfig, load_deployable

            steps, method = (attribution_steps, attribution_method) if attribution else (None, "none")
            config = DeployConfig(height, width, steps, precision=precision, attribution=method)
            return load_deployable(model, config, self._device)

        load = load or from_checkpoint
        if sessions is None and self._on_cuda:
            sessions = partial(TorchSession, torch, self._device.index or 0)
        self._sessions = sessions
        self._graph_wanted = cuda_graph and sessions is not None
        self._precision = precision
        self._compiler = compiler
        self._states: dict[bool, str] = {}
        self._remarks: tuple[str, ...] = ()
        self._modules: dict[bool, Any] = {}
        self._runners: dict[bool, Runner] = {}
        try:
            for attribution in sorted({False, attribution_steps != 0 and attribution_method != "none"}):
                module, self._metadata = load(attribution)
                module = module.to(self._device).eval()
                if self._on_cuda if channels_last is None else channels_last:
                    module = module.to(memory_format=torch.channels_last)
                self._modules[attribution] = module
            self._synchronize()  # streams of their own read what was copied to the device here
        except RuntimeError as error:  # torch's own: no such GPU, out of memory
            raise BackendError(f"torch cannot open {model} on {self._device}: {error}") from error
        self._info = self._describe(str(model))

    @property
    def info(self) -> EngineInfo:
        """What is really running now."""
        states = self._states.values()
        how = ", being compiled" if _WAITING in states else ", compiled" if _COMPILED in states else ""
        info = self._info
        return replace(info, provider=info.provider + how, notes=(*info.notes, *self._remarks))

    def use_compiler(self, compiler: Compiler) -> None:
        """Have the networks compiled in the background from now on; the engine closes the compiler."""
        self._compiler = compiler

    def compile_now(self, attribution: bool) -> str:
        """Compile a network at once; returns why that is not possible, or an empty text."""
        try:
            self._swap(attribution)
        except Exception as error:
            return _reason(error)
        return ""

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait for the compiler; returns whether it has nothing left to do."""
        return self._compiler is None or self._compiler.wait(timeout_s)

    @property
    def _has_attribution(self) -> bool:
        return True in self._modules

    def _ready(self, attribution: bool) -> Runner:
        if attribution not in self._runners:
            with self._running():
                self._runners[attribution] = self._make(attribution)
        if self._compiler is not None and attribution not in self._states:
            self._states[attribution] = _WAITING
            self._compiler.ask(attribution, partial(self._swap, attribution), partial(self._not_compiled, attribution))
        return self._runners[attribution]

    def _run(
        self, ready: Runner, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        with self._running():
            ready.upload(thermal, rgb)
            done()
            ready.launch()
            done()
            maps = ready.download()
            done()
        return EngineOutputs.of(maps)

    def _synchronize(self) -> None:
        if self._on_cuda:
            self._torch.cuda.synchronize(self._device)

    def device_memory(self) -> int | None:
        """Return the largest number of bytes that torch has held on the GPU so far; None on the CPU."""
        return int(self._torch.cuda.max_memory_reserved(self._device)) if self._on_cuda else None

    def close(self) -> None:
        """Free the modules; calling it twice is harmless."""
        self._closed = True
        if self._compiler is not None:
            self._compiler.close()
        self._runners.clear()
        self._modules.clear()

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """Nothing is recorded, the device is the thread's current one (each thread has its own), errors are ours."""
        device = self._torch.cuda.device(self._device) if self._on_cuda else contextlib.nullcontext()
        try:
            with self._torch.inference_mode(), device, self._exact():
                yield
        except RuntimeError as error:  # torch's own, out of memory included
            raise BackendError(f"torch failed on {self._info.model_path}: {error}") from error

    @contextlib.contextmanager
    def _exact(self) -> Iterator[None]:
        """FP32 is FP32 inside: torch lets convolutions round it to TF32 (10 bits of mantissa) unless it is told."""
        cudnn = self._torch.backends.cudnn
        if not self._on_cuda or self._precision != "fp32" or not cudnn.allow_tf32:
            yield
            return
        cudnn.allow_tf32 = False
        try:
            yield
        finally:
            cudnn.allow_tf32 = True

    def _make(self, attribution: bool, *, compiled: bool = False, graph: bool = True) -> Runner:
        """Return a network that is ready to run; whoever calls it is inside ``_running``."""
        module, torch = self._modules[attribution], self._torch
        names = [row.name for row in self._metadata.outputs(attribution=attribution)]
        # No graphs of Inductor's own: they would copy the images once more, and belong to the thread that made them.
        # The whole network or nothing: else torch runs what it cannot compile as it is, without a word.
        options = {"dynamic": False, "fullgraph": True}
        if self._sessions is None:
            return HostRunner(torch, torch.compile(module, **options) if compiled else module, names)
        from fusion_perception.lab.torch_backend.packed import Packed  # imports torch

        images = Layout.of_images(self._metadata)
        maps = Layout.of_maps(self._metadata, attribution=attribution)
        packed = Packed(module, names, images, maps)
        if compiled:
            packed = torch.compile(packed, **options)
        return DeviceRunner(self._sessions(), packed, images, maps, graph=graph and self._graph_wanted)

    # Compiling ---------------------------------------------------------------------------------------------------

    def _swap(self, attribution: bool) -> None:
        """Compile a network, hold it against its original, and run it from now on."""
        metadata, originals = self._metadata, []
        with self._running():
            compiled, original = self._make(attribution, compiled=True), self._make(attribution, graph=False)
            for thermal, rgb in synthetic_pairs(metadata.height, metadata.width, _PAIRS):
                ran = []
                for runner in (original, compiled):
                    runner.upload(thermal, rgb)
                    runner.launch()
                    ran.append(EngineOutputs.of(runner.download()))
                originals.append(compare_outputs(*ran))
        report = judge(originals, metadata.precision)
        if not report.accepted:
            raise BackendError(f"the compiled network does not agree with its original: {report.failures()}")
        if not self._closed:
            self._runners[attribution] = compiled
            self._states[attribution] = _COMPILED

    def _not_compiled(self, attribution: bool, error: Exception) -> None:
        self._states[attribution] = _FAILED
        remark = f"torch.compile is not used: {_reason(error)}; the network runs as it is"
        if remark not in self._remarks:
            self._remarks = (*self._remarks, remark)

    def _describe(self, path: str) -> EngineInfo:
        name = f" {self._torch.cuda.get_device_name(self._device)}" if self._on_cuda else ""
        return EngineInfo(
            backend="torch",
            device=f"{self._device}{name}",
            provider="CUDA graph" if self._graph_wanted else "eager",
            precision=self._precision,
            model_path=path,
            metadata=self._metadata,
            versions={"torch": str(self._torch.__version__)},
        )


def _reason(error: BaseException) -> str:
    """Return the first line of what torch said: its errors go on for pages."""
    if isinstance(error, BackendError) and isinstance(error.__cause__, RuntimeError):
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return printable(lines[0] if lines else type(error).__name__, 300)
