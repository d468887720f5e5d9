# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: the backend that runs everywhere, and the reference for parity."""

from __future__ import annotations

import platform
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.half_twin import find_half_twin
from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.engine.onnxruntime_binding import Binding, DeviceBinding, HostBinding
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.engine.processor_share import processor_share
from fusion_perception.engine.staged_engine import Done, StagedEngine
from fusion_perception.errors import BackendError, ModelError
from fusion_perception.text import printable
from fusion_perception.types import EngineOutputs

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
"""Short names of the execution providers that are supported."""

OLDEST = (1, 18)
"""Oldest ONNX Runtime that reads the file format of the models; ``setup.py`` asks for it too."""


_CPU, _CUDA = PROVIDERS["cpu"], PROVIDERS["cuda"]


class OnnxRuntimeEngine(StagedEngine[Binding]):
    """Runs a model file with ONNX Runtime.

    A model with attribution gets two sessions: one without that branch, which serves most calls, and
    one with it, made at the first call that asks for it. (A session computes its whole graph, however
    few outputs are fetched.)

    With CUDA the images and the results lie in buffers of the device, and the FP16 export beside the model is run where
    there is one (``half_twin.py``). That was written without a GPU at hand and not run on one.

    Args:
        model: path of an ONNX file, or a file already opened.
        provider: ``"cpu"``, ``"cuda"`` or ``"tensorrt"``.
        threads: threads of one inference on the CPU; 0 takes what this process may use (``processor_share.py``), and
            leaves the choice to ONNX Runtime where that is the whole machine.
        device_id: number of the GPU.
        allow_fallback: run on the CPU, with a note in ``info.notes``, when the provider cannot be used;
            False makes that an error.
        eager_attribution: make the second session at once, so that no later call is slow.
        spin: let idle worker threads wait actively. That saves their waking up on a machine of one's own,
            and takes cores from everybody else on a shared one, as a robot's is.
        arena: keep freed memory for the next run, on the CPU; False gives it back, which is slower.
        cuda_graph: with CUDA, record the run once and replay it; where that cannot be done, a note says why.

    Raises:
        ModelError: the file cannot be used.
        BackendError: ONNX Runtime is not installed or too old, or the provider cannot be used.
    """

    def __init__(
        self,
        model: str | Path | ModelFile,
        *,
        provider: str = "cpu",
        threads: int = 0,
        device_id: int = 0,
        allow_fallback: bool = True,
        eager_attribution: bool = False,
        spin: bool = False,
        arena: bool = True,
        cuda_graph: bool = False,
    ) -> None:
        if provider not in PROVIDERS:
            raise BackendError(f"unknown ONNX Runtime provider '{provider}'; allowed: {', '.join(PROVIDERS)}")
        if threads < 0:
            raise BackendError(f"threads is {threads}; allowed: 0 (automatic) or more")
        self._ort = import_onnxruntime("the ONNX Runtime backend")
        _check_version(self._ort.__version__)
        self._file = model if isinstance(model, ModelFile) else open_model_file(model)
        self._wanted = PROVIDERS[provider]
        self._threads = threads
        self._spin, self._arena = spin, arena
        self._cuda_graph = cuda_graph and provider == "cuda"
        self._device_id = device_id
        self._allow_fallback = allow_fallback
        self._notes: list[str] = []
        self._sessions: dict[bool, Binding] = {}
        self._half, self._half_note = (
            find_half_twin(self._file) if self._wanted == _CUDA and self._is_offered() else (None, "")
        )
        first = self._ready(eager_attribution and self._has_attribution)
        if eager_attribution:
            self._ready(False)
        self._info = self._describe(first.session)

    @property
    def _has_attribution(self) -> bool:
        return self._file.has_attribution

    def _ready(self, attribution: bool) -> Binding:
        if attribution not in self._sessions:
            known = len(self._notes)
            self._sessions[attribution] = self._bind(attribution)
            if hasattr(self, "_info"):  # of the second session: it must not be on the CPU without a word
                self._info = replace(self._info, notes=(*self._info.notes, *self._notes[known:]))
        return self._sessions[attribution]

    def _run(
        self, ready: Binding, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        try:
            return EngineOutputs.of(ready.run(thermal, rgb, done))
        except Exception as error:  # ONNX Runtime has no common base class for its errors
            raise BackendError(f"ONNX Runtime failed on {self._file.path}: {_first_line(error)}") from error

    def close(self) -> None:
        """Free the sessions; calling it twice is harmless."""
        self._closed = True
        self._sessions.clear()

    def _bind(self, attribution: bool) -> Binding:
        session = self._create(attribution)
        metadata = self._file.metadata
        outputs, size = metadata.outputs(attribution=attribution), (metadata.height, metadata.width)
        if session.get_providers()[0] != _CUDA:
            return HostBinding(session, outputs, *size)
        binding = DeviceBinding(self._ort, session, outputs, *size, "cuda", self._device_id)
        if self._cuda_graph:
            try:
                binding.warm_up()
            except Exception as error:
                self._without_graph(error)
                return self._bind(attribution)
        return binding

    def _create(self, attribution: bool) -> Any:
        """Open a session with the provider that is wanted, or on the CPU with a note."""
        wanted = self._wanted
        if wanted == _CPU:
            return self._on_cpu(attribution)
        if not self._is_offered():
            available = ", ".join(self._ort.get_available_providers())
            return self._fall_back(f"this ONNX Runtime has no {wanted} (it has {available})", attribution)
        try:
            session = self._open(self._half or self._file, attribution, wanted)
        except Exception as error:
            if self._cuda_graph:
                self._without_graph(error)
                return self._create(attribution)
            return self._fall_back(f"{wanted} could not be started ({_first_line(error)})", attribution)
        if session.get_providers()[0] != wanted:
            return self._fall_back(f"{wanted} could not be started (driver or libraries missing?)", attribution)
        self._file = self._half or self._file
        self._note(self._half_note)
        return session

    def _is_offered(self) -> bool:
        return self._wanted in self._ort.get_available_providers()

    def _on_cpu(self, attribution: bool) -> Any:
        try:
            return self._open(self._file, attribution, _CPU)
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load {self._file.path}: {_first_line(error)}") from error

    def _open(self, file: ModelFile, attribution: bool, provider: str) -> Any:
        providers: list[Any] = [_CPU]
        if provider != _CPU:
            graph = {"enable_cuda_graph": "1"} if self._cuda_graph else {}
            providers.insert(0, (provider, {"device_id": str(self._device_id), **graph}))
        options = self._ort.SessionOptions()
        # Its errors are raised too, and reported by us: on the terminal it writes names from the file as they are.
        options.log_severity_level = 4
        options.intra_op_num_threads = self._threads or _automatic_threads()
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = self._arena
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self._spin)))
        data = file.data if attribution else file.without_attribution()
        with warnings.catch_warnings():  # a provider that cannot start is reported by the caller, in our words
            warnings.simplefilter("ignore", UserWarning)
            return self._ort.InferenceSession(data, options, providers=providers, enable_fallback=0)

    def _without_graph(self, error: Exception) -> None:
        self._cuda_graph = False
        self._note(f"no CUDA graph is used: {_first_line(error)}")

    def _fall_back(self, reason: str, attribution: bool) -> Any:
        session = self._on_cpu(attribution)  # first: a file that nothing can load is not the provider's fault
        if not self._allow_fallback:
            raise BackendError(f"{reason}; install it, choose provider 'cpu', or allow the fallback")
        self._half = None
        self._note(f"{reason}; running on the CPU instead")
        return session

    def _note(self, text: str) -> None:
        if text and text not in self._notes:
            self._notes.append(text)

    def _describe(self, session: Any) -> EngineInfo:
        provider = session.get_providers()[0]
        on_cpu = provider == _CPU
        precision = self._file.metadata.precision
        if on_cpu and precision == "fp16" and platform.machine() in {"x86_64", "AMD64"}:
            self._notes.append("the weights are FP16 but this CPU computes in FP32")
            precision = "fp32"
        return EngineInfo(
            backend="onnxruntime",
            device="cpu" if on_cpu else f"cuda:{self._device_id}",
            provider=provider,
            precision=precision,
            model_path=str(self._file.path),
            metadata=self._file.metadata,
            versions={"onnxruntime": self._ort.__version__},
            notes=tuple(self._notes),
        )


def _check_version(version: str) -> None:
    """Raise BackendError for an ONNX Runtime that is too old; a version of unknown form is tried."""
    found = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if len(found) == 2 and found < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BackendError(
            f"ONNX Runtime {printable(version, 40)} is too old for these models; "
            f"install a newer one with: python3 -m pip install --upgrade 'onnxruntime>={oldest}'"
        )


def _automatic_threads() -> int:
    """Return what ONNX Runtime is told: it knows neither affinity nor quota, and 0 makes it count the whole machine."""
    share = processor_share()
    return share.threads if share.limited else 0


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
