# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: the backend that runs everywhere, and the reference for parity."""

from __future__ import annotations

import platform
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
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


class _Session(NamedTuple):
    """A session of ONNX Runtime, and what its inputs and outputs are bound to."""

    session: Any
    binding: Any


class OnnxRuntimeEngine(StagedEngine[_Session]):
    """Runs a model file with ONNX Runtime.

    A model with attribution gets two sessions: one without that branch, which serves most calls, and
    one with it, made at the first call that asks for it. (A session computes its whole graph, however
    few outputs are fetched.)

    Args:
        model: path of an ONNX file, or a file already opened.
        provider: ``"cpu"``, ``"cuda"`` or ``"tensorrt"``.
        threads: threads of one inference on the CPU; 0 leaves the choice to ONNX Runtime.
        device_id: number of the GPU.
        allow_fallback: run on the CPU, with a note in ``info.notes``, when the provider cannot be used;
            False makes that an error.
        eager_attribution: make the second session at once, so that no later call is slow.
        spin: let idle worker threads wait actively. That saves their waking up on a machine of one's own,
            and takes cores from everybody else on a shared one, as a robot's is.

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
    ) -> None:
        if provider not in PROVIDERS:
            raise BackendError(f"unknown ONNX Runtime provider '{provider}'; allowed: {', '.join(PROVIDERS)}")
        if threads < 0:
            raise BackendError(f"threads is {threads}; allowed: 0 (automatic) or more")
        self._ort = import_onnxruntime("the ONNX Runtime backend")
        _check_version(self._ort.__version__)
        self._file = model if isinstance(model, ModelFile) else open_model_file(model)
        self._provider = provider
        self._threads = threads
        self._spin = spin
        self._device_id = device_id
        self._allow_fallback = allow_fallback
        self._notes: list[str] = []
        self._sessions: dict[bool, _Session] = {}
        session, _ = self._ready(eager_attribution and self._has_attribution)
        if eager_attribution:
            self._ready(False)
        self._info = self._describe(session)

    @property
    def _has_attribution(self) -> bool:
        return self._file.has_attribution

    def _ready(self, attribution: bool) -> _Session:
        if attribution not in self._sessions:
            session = self._create(self._file.data if attribution else self._file.without_attribution())
            self._sessions[attribution] = _Session(session, session.io_binding())
        return self._sessions[attribution]

    def _run(
        self, ready: _Session, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        """Run once; on the CPU nothing is copied, and with CUDA the copies are inside ``run``."""
        session, binding = ready
        # Inputs are wrapped where they lie, outputs are written into the arrays that are returned.
        metadata = self._file.metadata
        size = metadata.height, metadata.width
        outputs = {row.name: np.empty(row.shape(*size), row.dtype) for row in metadata.outputs(attribution=attribution)}
        binding.bind_cpu_input("thermal", thermal)
        binding.bind_cpu_input("rgb", rgb)
        for name, array in outputs.items():
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        done()
        try:
            session.run_with_iobinding(binding)  # unlike ``run`` it never changes to another device when it fails
            done()
        except Exception as error:  # ONNX Runtime has no common base class for its errors
            raise BackendError(f"ONNX Runtime failed on {self._file.path}: {_first_line(error)}") from error
        finally:
            binding.clear_binding_inputs()
            binding.clear_binding_outputs()
        done()
        return EngineOutputs.of(outputs)

    def close(self) -> None:
        """Free the sessions; calling it twice is harmless."""
        self._closed = True
        self._sessions.clear()

    def _create(self, data: bytes) -> Any:
        wanted = PROVIDERS[self._provider]
        available = self._ort.get_available_providers()
        providers: list[Any] = ["CPUExecutionProvider"]
        if wanted not in available:
            self._fallback(f"this ONNX Runtime has no {wanted} (it has {', '.join(available)})")
        elif wanted != "CPUExecutionProvider":
            providers.insert(0, (wanted, {"device_id": str(self._device_id)}))
        options = self._ort.SessionOptions()
        # Its errors are raised too, and reported by us: on the terminal it writes names from the file as they are.
        options.log_severity_level = 4
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self._spin)))
        try:
            with warnings.catch_warnings():  # a provider that cannot start is reported below, in our words
                warnings.simplefilter("ignore", UserWarning)
                session = self._ort.InferenceSession(data, options, providers=providers)
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load {self._file.path}: {_first_line(error)}") from error
        if len(providers) > 1 and session.get_providers()[0] != wanted:
            self._fallback(f"{wanted} could not be started (driver or libraries missing?)")
        return session

    def _fallback(self, reason: str) -> None:
        if not self._allow_fallback:
            raise BackendError(f"{reason}; install it, choose provider 'cpu', or allow the fallback")
        note = f"{reason}; running on the CPU instead"
        if note not in self._notes:
            self._notes.append(note)

    def _describe(self, session: Any) -> EngineInfo:
        provider = session.get_providers()[0]
        on_cpu = provider == "CPUExecutionProvider"
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


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
