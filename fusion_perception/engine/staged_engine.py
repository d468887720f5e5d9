# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the engines share: the checks before a run, and its stages, timed on request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.input_check import check_inputs
from fusion_perception.errors import BackendError
from fusion_perception.types import EngineOutputs

STAGES = ("copy_in", "run", "copy_out")
"""Of a run, in order: images to the device, the graph, results from the device."""

Done = Callable[[], None]
"""Called at the end of each stage."""

Ready = TypeVar("Ready")


class StagedEngine(ABC, Generic[Ready]):
    """An engine whose run has the stages of ``STAGES``; a subclass says how each is done.

    ``Ready`` is what a run needs and what the first one makes, such as a session. A subclass sets ``_info`` when it is
    open and ``_closed`` when it is closed.
    """

    _info: EngineInfo
    _closed = False

    @property
    def info(self) -> EngineInfo:
        """What is really running."""
        return self._info

    def infer(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], *, attribution: bool = False) -> EngineOutputs:
        """Run the graph once, without looking at the clock; see ``Engine.infer``."""
        thermal, rgb = self._accepted(thermal, rgb)
        attribution = attribution and self._has_attribution
        return self._run(self._ready(attribution), thermal, rgb, attribution, _untimed)

    def infer_staged(
        self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], *, attribution: bool = False, wait: bool = False
    ) -> tuple[EngineOutputs, dict[str, float]]:
        """Run once and tell the wall time in ms of each stage.

        Args:
            thermal: as in ``infer``.
            rgb: as in ``infer``.
            attribution: as in ``infer``.
            wait: wait for the device after every stage, so that the times mean what they say; slower.
        """
        thermal, rgb = self._accepted(thermal, rgb)
        attribution = attribution and self._has_attribution
        ready = self._ready(attribution)
        times = [perf_counter()]

        def done() -> None:
            if wait:
                self._synchronize()
            times.append(perf_counter())

        outputs = self._run(ready, thermal, rgb, attribution, done)
        return outputs, {name: 1e3 * (end - start) for name, (start, end) in zip(STAGES, pairwise(times), strict=True)}

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait until the engine runs as it will run from then on, where it is still preparing something better.

        Args:
            timeout_s: longest time to wait in seconds; None waits however long it takes.

        Returns:
            Whether that is so.
        """
        return True

    def _accepted(
        self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        if self._closed:
            raise BackendError("the engine is closed; open it again")
        return check_inputs(thermal, rgb, self._info.metadata)

    @property
    @abstractmethod
    def _has_attribution(self) -> bool:
        """Whether a run can compute the attribution."""

    @abstractmethod
    def _ready(self, attribution: bool) -> Ready:
        """Return what a run needs; called before each run and outside of its stages."""

    @abstractmethod
    def _run(
        self, ready: Ready, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        """Run once; call ``done`` at the end of each of the three stages.

        Args:
            ready: of ``_ready``.
            thermal: (H, W) uint8, contiguous, of the model's size.
            rgb: (H, W, 3) likewise.
            attribution: whether it is wanted, and the model has it.
            done: to be called.
        """

    def _synchronize(self) -> None:
        """Wait for the device."""


def _untimed() -> None:
    pass
