# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Device memory, pinned host memory and one stream: what TensorRT's engine needs of CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray


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
