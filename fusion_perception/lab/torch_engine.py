# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""torch: the reference for the other backends, and the one for development."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.backend import Backend
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.staged_engine import Done, StagedEngine
from fusion_perception.errors import BackendError, require
from fusion_perception.types import EngineOutputs

_Runner = Callable[[Any, Any], tuple[Any, ...]]

PRECISIONS = ("fp32", "fp16", "bf16")

Loader = Callable[[bool], tuple[Any, ModelMetadata]]
"""With attribution or without -> module (thermal, rgb) -> maps in order, and its document."""


class TorchEngine(StagedEngine[_Runner]):
    """Runs a checkpoint (safetensors with our JSON) with torch, outputs as in the exported graph.

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
    ) -> None:
        torch = self._torch = require("torch", "the torch backend")
        if precision not in PRECISIONS:
            raise BackendError(f"unknown torch precision '{precision}'; allowed: {', '.join(PRECISIONS)}")
        if threads < 0:
            raise BackendError(f"threads is {threads}; allowed: 0 (automatic) or more")
        try:
            self._device = torch.device(f"cuda:{device_id}" if device == "cuda" else device)
        except RuntimeError as error:
            raise BackendError(f"unknown torch device '{device}'; allowed: cpu, cuda, cuda:N") from error
        if self._device.type not in {"cpu", "cuda"}:
            raise BackendError(f"torch device '{device}' is not supported; allowed: cpu, cuda, cuda:N")
        self._on_cuda = self._device.type == "cuda"
        if self._on_cuda and not torch.cuda.is_available():
            raise BackendError("torch sees no CUDA device; check the driver with nvidia-smi, or choose device 'cpu'")
        if threads:
            torch.set_num_threads(threads)

        def from_checkpoint(attribution: bool) -> tuple[Any, ModelMetadata]:
            from fusion_perception.lab.export.deployable import DeployConfig, load_deployable

            steps, method = (attribution_steps, attribution_method) if attribution else (None, "none")
            config = DeployConfig(height, width, steps, precision=precision, attribution=method)
            return load_deployable(model, config, self._device)

        load = load or from_checkpoint
        self._graph_wanted = cuda_graph and self._on_cuda
        self._modules: dict[bool, Any] = {}
        self._runners: dict[bool, _Runner] = {}
        try:
            for attribution in sorted({False, attribution_steps != 0 and attribution_method != "none"}):
                module, self._metadata = load(attribution)
                module = module.to(self._device).eval()
                if self._on_cuda if channels_last is None else channels_last:
                    module = module.to(memory_format=torch.channels_last)
                self._modules[attribution] = module
        except RuntimeError as error:  # torch's own: no such GPU, out of memory
            raise BackendError(f"torch cannot open {model} on {self._device}: {error}") from error
        self._precision = precision
        self._info = self._describe(str(model))

    @property
    def _has_attribution(self) -> bool:
        return True in self._modules

    def _ready(self, attribution: bool) -> _Runner:
        if attribution not in self._runners:
            module = self._modules[attribution]
            with self._running():
                self._runners[attribution] = self._capture(module) if self._graph_wanted else module
        return self._runners[attribution]

    def _run(
        self, ready: _Runner, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        with self._running():
            inputs = self._tensor(thermal), self._tensor(rgb)
            done()
            tensors = ready(*inputs)
            done()
            maps = [tensor.cpu().numpy() for tensor in tensors]
            done()
        names = [row.name for row in self._metadata.outputs(attribution=attribution)]
        return EngineOutputs.of(dict(zip(names, maps, strict=False)))

    def _synchronize(self) -> None:
        if self._on_cuda:
            self._torch.cuda.synchronize(self._device)

    def device_memory(self) -> int | None:
        """Return the largest number of bytes that torch has held on the GPU so far; None on the CPU."""
        return int(self._torch.cuda.max_memory_reserved(self._device)) if self._on_cuda else None

    def close(self) -> None:
        """Free the modules; calling it twice is harmless."""
        self._closed = True
        self._runners.clear()
        self._modules.clear()

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """Nothing is recorded, the device is the thread's current one (each thread has its own), errors are ours."""
        device = self._torch.cuda.device(self._device) if self._on_cuda else contextlib.nullcontext()
        try:
            with self._torch.inference_mode(), device:
                yield
        except RuntimeError as error:  # torch's own, out of memory included
            raise BackendError(f"torch failed on {self._info.model_path}: {error}") from error

    def _tensor(self, image: NDArray[np.uint8]) -> Any:
        # torch refuses to wrap memory that must not be written
        tensor = self._torch.from_numpy(image if image.flags.writeable else image.copy())
        return tensor.to(self._device)

    def _capture(self, module: Any) -> _Runner:
        torch, size = self._torch, (self._metadata.height, self._metadata.width)
        thermal = torch.zeros(size, dtype=torch.uint8, device=self._device)
        rgb = torch.zeros((*size, 3), dtype=torch.uint8, device=self._device)
        graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.Stream(self._device)
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            for _ in range(3):  # libraries choose their kernels in the first runs, which cannot be captured
                module(thermal, rgb)
        torch.cuda.current_stream(self._device).wait_stream(stream)
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            outputs = module(thermal, rgb)

        def replay(new_thermal: Any, new_rgb: Any) -> tuple[Any, ...]:
            thermal.copy_(new_thermal)
            rgb.copy_(new_rgb)
            graph.replay()
            return tuple(outputs)

        return replay

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


TORCH = Backend(TorchEngine, {"device": "cpu"})
TORCH_CUDA = Backend(TorchEngine, {"device": "cuda"}, on_cpu="torch")
"""The backends ``torch`` and ``torch-cuda``, which setup.py registers by these names."""
