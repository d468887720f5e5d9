# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the time of a training goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch

UPDATE, BATCHES, CHECKS = "update", "batches", "checks"
"""Parts: forward, backward and optimiser; the draw of batches; all else (averages, log, validation, files)."""


class TimeLine:
    """Adds up seconds part by part; each moment belongs to one part.

    On a GPU, marks are CUDA events in its stream, and the times are those of the device: a step is over when the device
    is done with it, and a device that waits for the host waits in the part that the host is in. Marks are read when
    ``close`` is called, which is the only point where the host waits for the device.

    Args:
        device: where the networks run.
    """

    def __init__(self, device: torch.device) -> None:
        self._on_gpu = device.type == "cuda"
        self._marks: list[tuple[str, float | torch.cuda.Event]] = []
        self._part = CHECKS

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done inside under a name; a part inside another one counts for itself alone."""
        before = self._part
        self._mark(name)
        try:
            yield
        finally:
            self._mark(before)

    def start(self) -> None:
        """Forget what was counted; from now on time belongs to ``CHECKS``."""
        self._marks = []
        self._mark(CHECKS)

    def close(self) -> dict[str, float]:
        """Return part -> seconds since ``start`` or the last call."""
        self._mark(self._part)
        seconds = dict.fromkeys((UPDATE, BATCHES, CHECKS), 0.0)
        if self._on_gpu:
            torch.cuda.synchronize()
        for (name, begin), (_, end) in pairwise(self._marks):
            seconds[name] += _between(begin, end)
        self._marks = self._marks[-1:]
        return seconds

    def _mark(self, name: str) -> None:
        self._part = name
        if self._on_gpu:
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            self._marks.append((name, event))
        else:
            self._marks.append((name, time.perf_counter()))


def _between(begin: float | torch.cuda.Event, end: float | torch.cuda.Event) -> float:
    if isinstance(begin, float) and isinstance(end, float):
        return end - begin
    return float(begin.elapsed_time(end)) / 1e3  # type: ignore[union-attr]
