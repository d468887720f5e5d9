# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A session on torch's CUDA tensors, where cuda-python is not installed; torch comes from the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from fusion_perception.engine.cuda_session import CudaBuffer
from fusion_perception.errors import BackendError


class _TorchBuffer:
    def __init__(self, session: TorchSession, shape: tuple[int, ...], dtype: str) -> None:
        torch, self._session = session.torch, session
        kind = getattr(torch, dtype)
        self.tensor = torch.empty(shape, dtype=kind, device=session.device)
        self._pinned = torch.empty(shape, dtype=kind, pin_memory=True)
        self.pointer = int(self.tensor.data_ptr())
        self.host: NDArray[Any] = self._pinned.numpy()

    def upload(self) -> None:
        with self._session.on_stream():
            self.tensor.copy_(self._pinned, non_blocking=True)

    def download(self) -> None:
        with self._session.on_stream():
            self._pinned.copy_(self.tensor, non_blocking=True)


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

    def page_locked(self, size: int) -> Any:
        """Return so many bytes of page-locked memory of the host, as a tensor.

        torch hands memory out again that was freed, when the copies that were queued on it are done.
        """
        return self.torch.empty(size, dtype=self.torch.uint8, pin_memory=True)

    def download(self, target: Any, source: Any) -> None:
        """Queue the copy of a tensor on the device into page-locked memory."""
        with self.on_stream():
            target.copy_(source, non_blocking=True)

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
