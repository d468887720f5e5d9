# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A session on the CUDA runtime, by cuda-python."""

from __future__ import annotations

import ctypes
import importlib
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.cuda_session import CudaBuffer
from fusion_perception.errors import BackendError


def find_cudart() -> ModuleType | None:
    """Return cuda-python's runtime module under its new or its old name, or None."""
    for name in ("cuda.bindings.runtime", "cuda.cudart"):
        try:
            return importlib.import_module(name)
        except (ImportError, OSError, RuntimeError):  # not there, or without the libraries it loads
            continue
    return None


class _CudaPythonBuffer:
    def __init__(self, session: CudaPythonSession, shape: tuple[int, ...], dtype: str) -> None:
        self._session = session
        self._size = math.prod(shape) * np.dtype(dtype).itemsize
        self.pointer = int(session.call("cudaMalloc", self._size))
        self._address = int(session.call("cudaMallocHost", self._size))
        memory = (ctypes.c_uint8 * self._size).from_address(self._address)
        self.host: NDArray[Any] = np.ctypeslib.as_array(memory).view(dtype).reshape(shape)

    def upload(self) -> None:
        kind = self._session.runtime.cudaMemcpyKind.cudaMemcpyHostToDevice
        self._session.call("cudaMemcpyAsync", self.pointer, self._address, self._size, kind, self._session.stream)

    def download(self) -> None:
        kind = self._session.runtime.cudaMemcpyKind.cudaMemcpyDeviceToHost
        self._session.call("cudaMemcpyAsync", self._address, self.pointer, self._size, kind, self._session.stream)

    def free(self) -> None:
        self.host = np.empty(0, np.uint8)  # the memory behind the old array is about to go
        self._session.call("cudaFree", self.pointer)
        self._session.call("cudaFreeHost", self._address)


class CudaPythonSession:
    """A session on the CUDA runtime through cuda-python (CUDA 12 or newer)."""

    def __init__(self, runtime: Any, device_id: int = 0) -> None:
        self.runtime = runtime
        self._device_id = device_id
        self.activate()
        properties = self.call("cudaGetDeviceProperties", device_id)
        name = properties.name
        self.gpu = name.split(b"\0")[0].decode(errors="replace") if isinstance(name, bytes) else str(name)
        self.sm = f"{properties.major}.{properties.minor}"
        self.stream = int(self.call("cudaStreamCreateWithFlags", runtime.cudaStreamNonBlocking))
        self.library = ("cuda-python", str(self.call("cudaRuntimeGetVersion")))
        self._buffers: list[_CudaPythonBuffer] = []
        self._graphs: list[Any] = []
        self._closed = False

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the runtime and return its value; BackendError if it reports an error."""
        code, *values = getattr(self.runtime, name)(*arguments)
        if int(code) != 0:
            raise BackendError(
                f"CUDA reports {getattr(code, 'name', code)} from {name}; check the driver and the GPU with nvidia-smi"
            )
        return values[0] if values else None

    def activate(self) -> None:
        """Make the device current in the calling thread."""
        self.call("cudaSetDevice", self._device_id)

    def buffer(self, shape: tuple[int, ...], dtype: str = "uint8") -> CudaBuffer:
        """Allocate memory on both sides."""
        self._buffers.append(_CudaPythonBuffer(self, shape, dtype))
        return self._buffers[-1]

    def synchronize(self) -> None:
        """Wait for the stream."""
        self.call("cudaStreamSynchronize", self.stream)

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record ``work`` as a CUDA graph."""
        # Thread-local: other threads of the process may allocate meanwhile.
        self.call(
            "cudaStreamBeginCapture", self.stream, self.runtime.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        )
        try:
            work()
        finally:
            graph = self.call("cudaStreamEndCapture", self.stream)
        executable = self.call("cudaGraphInstantiate", graph, 0)
        self.call("cudaGraphDestroy", graph)
        self._graphs.append(executable)
        return lambda: self.call("cudaGraphLaunch", executable, self.stream)

    def memory_used(self) -> int:
        """Return the bytes of device memory in use."""
        code, free, total = self.runtime.cudaMemGetInfo()
        return int(total) - int(free) if int(code) == 0 else 0

    def close(self) -> None:
        """Free everything."""
        if self._closed:
            return
        self._closed = True
        self.synchronize()
        for graph in self._graphs:
            self.call("cudaGraphExecDestroy", graph)
        for buffer in self._buffers:
            buffer.free()
        self.call("cudaStreamDestroy", self.stream)
