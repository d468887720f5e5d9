# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Learning-rate schedules: pure functions of the step, so that resuming needs no state."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Schedule = Callable[[int], float]
"""Step (from 0) -> factor on the learning rate."""


def _warm(step: int, warmup: int) -> float:
    return min(1.0, (step + 1) / warmup) if warmup > 0 else 1.0


def constant(warmup: int = 0) -> Schedule:
    """Linear warm-up, then 1."""
    return lambda step: _warm(step, warmup)


def cosine(steps: int, warmup: int = 0, floor: float = 0.01) -> Schedule:
    """Linear warm-up, then a half cosine from 1 down to ``floor`` at ``steps``."""

    def factor(step: int) -> float:
        if step < warmup:
            return _warm(step, warmup)
        progress = min(1.0, (step - warmup) / max(1, steps - warmup))
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))

    return factor


def polynomial(steps: int, power: float = 1.0, warmup: int = 0) -> Schedule:
    """Linear warm-up times (1 - step / steps)^power; 0 from ``steps`` on."""
    return lambda step: _warm(step, warmup) * max(0.0, 1 - step / max(1, steps)) ** power


def staircase(drops: Sequence[int], gamma: float, warmup: int = 0) -> Schedule:
    """Linear warm-up times gamma^k, k the number of ``drops`` that have been reached."""
    return lambda step: _warm(step, warmup) * gamma ** sum(step >= drop for drop in drops)


def every(period: int, gamma: float, steps: int, warmup: int = 0) -> Schedule:
    """Staircase that multiplies by gamma after every ``period`` of ``steps`` steps."""
    return staircase(range(max(1, period), steps + 1, max(1, period)), gamma, warmup)
