# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One network ready to run: on the host as it is, on a GPU from page-locked memory and a captured graph."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.torch_backend.layout import Layout

_WARM_UP = 3
"""Runs before the capture: libraries choose their kernels in the first ones, and compiled kernels are loaded."""

_HANDED_OUT = 8
"""Blocks of page-locked memory that callers may hold at one time; it cannot be swapped out, so it stays little."""


class Session(Protocol):
    """What a runner needs of a device; ``engine.cuda_torch_session.TorchSession`` has it."""

    def activate(self) -> None:
        """Make the device current in the calling thread."""
        ...

    def on_stream(self) -> AbstractContextManager[Any]:
        """Return the context manager that makes the session's stream current."""
        ...

    def buffer(self, shape: tuple[int, ...], dtype: str = "uint8") -> Any:
        """Allocate memory on both sides; ``host`` is the one, ``tensor`` the other, ``upload()`` queues the copy."""
        ...

    def page_locked(self, size: int) -> Any:
        """Return so many bytes of page-locked memory as a tensor."""
        ...

    def download(self, target: Any, source: Any) -> None:
        """Queue the copy of a device's tensor to the host."""
        ...

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record what ``work`` queues; return the function that queues it again."""
        ...

    def synchronize(self) -> None:
        """Wait until everything queued is done."""
        ...


class Runner(Protocol):
    """One network ready to run; its three steps are the stages of an engine's run."""

    def upload(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        """Take the images, contiguous and of the model's size."""
        ...

    def launch(self) -> None:
        """Run the network on them."""
        ...

    def download(self) -> dict[str, NDArray[Any]]:
        """Return the maps by name, in arrays that belong to the caller."""
        ...


class HostRunner:
    """Runs a module (thermal, rgb) -> maps on the CPU, where nothing has to be copied.

    Args:
        torch: the package.
        module: the network.
        names: of its maps.
    """

    def __init__(self, torch: Any, module: Any, names: Sequence[str]) -> None:
        self._torch, self._module, self._names = torch, module, tuple(names)
        self._images: tuple[Any, ...] = ()
        self._maps: tuple[Any, ...] = ()

    def upload(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        """Wrap the images."""
        # torch refuses to wrap memory that must not be written
        writeable = (image if image.flags.writeable else image.copy() for image in (thermal, rgb))
        self._images = tuple(self._torch.from_numpy(image) for image in writeable)

    def launch(self) -> None:
        """Run the network."""
        self._maps = self._module(*self._images)

    def download(self) -> dict[str, NDArray[Any]]:
        """Return the maps, which are new in every run."""
        maps, self._maps, self._images = self._maps, (), ()
        return {name: tensor.numpy() for name, tensor in zip(self._names, maps, strict=False)}


class DeviceRunner:
    """Runs a ``Packed`` network on a GPU.

    Images go through one page-locked block, so that there is one copy, at the speed of the bus; results come back into
    a page-locked block that is handed to the caller as it is.

    Args:
        session: the device, with a stream that nobody else uses.
        packed: bytes of images -> bytes of maps.
        images: layout of what it takes.
        maps: layout of what it returns.
        graph: capture the launch as a CUDA graph; without, kernels are queued one by one.
    """

    def __init__(
        self, session: Session, packed: Callable[[Any], Any], images: Layout, maps: Layout, *, graph: bool
    ) -> None:
        self._session, self._packed, self._maps = session, packed, maps
        self._input = session.buffer((images.size,))
        self._images = {slot.name: slot.of(self._input.host) for slot in images.slots}
        self._spare: Any = None
        self._handed_out: list[weakref.ref[NDArray[np.uint8]]] = []
        self._result: Any = None
        for _ in range(_WARM_UP):
            self._compute()
        session.synchronize()
        self._queue = session.capture(self._compute) if graph else self._compute

    def upload(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        """Copy the images into the block, and queue its way to the device."""
        np.copyto(self._images["thermal"], thermal)
        np.copyto(self._images["rgb"], rgb)
        self._input.upload()

    def launch(self) -> None:
        """Queue the network."""
        self._queue()

    def download(self) -> dict[str, NDArray[Any]]:
        """Queue the results' way back, wait, and return them."""
        self._handed_out = [block for block in self._handed_out if block() is not None]
        lent = len(self._handed_out) < _HANDED_OUT
        if lent:
            target = self._session.page_locked(self._maps.size)  # torch keeps freed ones, so that this costs nothing
        else:  # somebody collects results
            self._spare = target = self._session.page_locked(self._maps.size) if self._spare is None else self._spare
        self._session.download(target, self._result)
        self._session.synchronize()
        block = target.numpy()
        if lent:
            self._handed_out.append(weakref.ref(block))  # the maps are views of it, and keep it
        else:
            block = block.copy()
        return {slot.name: slot.of(block) for slot in self._maps.slots}

    def _compute(self) -> None:
        with self._session.on_stream():
            self._result = self._packed(self._input.tensor)
