# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A session that computes on the CPU, as far as a runner can see: memory twice, copies that are counted."""

from __future__ import annotations

import contextlib
from collections import Counter

import numpy as np
import torch


class _Buffer:
    def __init__(self, session: HostSession, shape) -> None:
        self._session = session
        self.tensor = torch.zeros(shape, dtype=torch.uint8)
        self.host = np.zeros(shape, np.uint8)

    def upload(self) -> None:
        self._session.counts["upload"] += 1
        self.tensor.copy_(torch.from_numpy(self.host))


class HostSession:
    """Captures by remembering; copies happen at once, so ``synchronize`` is only counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def activate(self) -> None:
        pass

    def on_stream(self):
        return contextlib.nullcontext()

    def buffer(self, shape, dtype="uint8") -> _Buffer:
        return _Buffer(self, shape)

    def page_locked(self, size: int) -> torch.Tensor:
        self.counts["page_locked"] += 1
        return torch.zeros(size, dtype=torch.uint8)

    def download(self, target, source) -> None:
        self.counts["download"] += 1
        target.copy_(source)

    def capture(self, work):
        self.counts["capture"] += 1
        work()

        def replay() -> None:
            self.counts["replay"] += 1
            work()

        return replay

    def synchronize(self) -> None:
        self.counts["synchronize"] += 1
