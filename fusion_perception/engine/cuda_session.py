# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Device memory, pinned host memory and one stream, by cuda-python or by torch, whichever is there."""

from __future__ import annotations

import ctypes
import importlib
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import BackendError


class CudaBuffer(Protocol):
    """A block of device memory with its page-locked twin on the host.

    Attributes:
        pointer: address on the device.
        host: the twin, in the shape and element type that were asked for.
    """

    pointer: int
    host: NDArray[Any]

    def upload(self) -> None:
        """Queue the copy host -> device on the session's stream."""
        ...

    def download(self) -> None:
        """Queue the copy device -> host on the session's stream."""
        ...


class CudaSession(Protocol):
    """One device and one stream of its own; opening it makes the device current in the calling thread.

    Attributes:
        gpu: name of the GPU.
        sm: compute capability, for example ``"8.7"``.
        stream: handle of the stream, never the default stream.
        library: package that provides all this, and its version.
    """

    gpu: str
    sm: str
    stream: int
    library: tuple[str, str]

    def activate(self) -> None:
        """Make the device current in the calling thread; each thread has its own current device."""
        ...

    def buffer(self, shape: tuple[int, ...], dtype: str = "uint8") -> CudaBuffer:
        """Allocate memory of this shape and element type (``"uint8"`` or ``"float32"``) on both sides."""
        ...

    def synchronize(self) -> None:
        """Wait until everything queued on the stream is done."""
        ...

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record what ``work`` queues as a CUDA graph; return the function that queues it again."""
        ...

    def memory_used(self) -> int:
        """Return the bytes of device memory in use by all processes."""
        ...

    def close(self) -> None:
        """Free everything; calling it twice is harmless."""
        ...


def open_cuda_session(device_id: int = 0) -> CudaSession:
    """Return a session by cuda-python, else by torch.

    Raises:
        BackendError: neither is installed, or there is no usable GPU.
    """
    runtime = find_cudart()
    if runtime is not None:
        return CudaPythonSession(runtime, device_id)
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise BackendError(
            "device memory needs the package 'cuda-python' or 'torch'; install one: pip install cuda-python"
        ) from None
    if not torch.cuda.is_available():
        raise BackendError(
            "torch is installed but sees no CUDA device, and 'cuda-python' is not installed; "
            "check the driver with nvidia-smi, or pip install cuda-python"
        )
    return TorchSession(torch, device_id)


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


class _TorchBuffer:
    def __init__(self, session: TorchSession, shape: tuple[int, ...], dtype: str) -> None:
        torch, self._session = session.torch, session
        kind = getattr(torch, dtype)
        self._device = torch.empty(shape, dtype=kind, device=session.device)
        self._pinned = torch.empty(shape, dtype=kind, pin_memory=True)
        self.pointer = int(self._device.data_ptr())
        self.host: NDArray[Any] = self._pinned.numpy()

    def upload(self) -> None:
        with self._session.on_stream():
            self._device.copy_(self._pinned, non_blocking=True)

    def download(self) -> None:
        with self._session.on_stream():
            self._pinned.copy_(self._device, non_blocking=True)


class TorchSession:
    """A session on torch's CUDA tensors."""

    def __init__(self, torch: Any, device_id: int = 0) -> None:
        self.torch = torch
        self.device = torch.device("cuda", device_id)
        try:
            self._stream = torch.cuda.Stream(self.device)
            self.gpu = str(torch.cuda.get_device_name(self.device))
            self.sm = ".".join(str(n) for n in torch.cuda.get_device_capability(self.device))
            self.activate()
        except (RuntimeError, AssertionError) as error:
            raise BackendError(f"torch cannot use GPU {device_id}: {error}; check it with nvidia-smi") from error
        self.stream = int(self._stream.cuda_stream)
        self.library = ("torch", str(torch.__version__))

    def activate(self) -> None:
        """Make the device current in the calling thread."""
        self.torch.cuda.set_device(self.device)

    def on_stream(self) -> Any:
        """Return the context manager that makes the session's stream current."""
        return self.torch.cuda.stream(self._stream)

    def buffer(self, shape: tuple[int, ...], dtype: str = "uint8") -> CudaBuffer:
        """Allocate memory on both sides."""
        return _TorchBuffer(self, shape, dtype)

    def synchronize(self) -> None:
        """Wait for the stream."""
        self._stream.synchronize()

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record ``work`` as a CUDA graph."""
        graph = self.torch.cuda.CUDAGraph()
        with self.torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            work()

        def replay() -> None:
            with self.on_stream():
                graph.replay()

        return replay

    def memory_used(self) -> int:
        """Return the bytes of device memory in use."""
        free, total = self.torch.cuda.mem_get_info(self.device)
        return int(total - free)

    def close(self) -> None:
        """Wait for the stream; torch frees the memory with its tensors."""
        self.synchronize()
