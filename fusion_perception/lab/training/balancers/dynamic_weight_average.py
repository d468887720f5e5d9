# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Dynamic weight average: a loss that falls slower than the others gets more weight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


class DynamicWeightAverage:
    """Weights from the rate at which each loss falls.

    lambda_i = n exp(q_i / T) / sum_j exp(q_j / T), q_i = L_i(t - 1) / L_i(t - 2), L_i(t) the mean loss of
    period t; all weights are 1 until two periods have passed. Source: Liu, Johns and Davison, "End-to-end
    multi-task learning with attention", CVPR 2019, with T = 2. SegMiF's release has T = 1000, which keeps
    every weight within 0.0005 of 1.

    Args:
        names: the losses.
        temperature: T; small values react strongly, large ones not at all.
        period: steps over which a loss is averaged before it is compared.

    Raises:
        ValueError: temperature or period not positive.
    """

    def __init__(self, names: Sequence[str], temperature: float = 2.0, period: int = 10) -> None:
        if temperature <= 0 or period < 1:
            raise ValueError(f"temperature {temperature}, period {period}; allowed: above 0, at least 1")
        self.names, self.temperature, self.period = tuple(names), temperature, period
        self._sums = dict.fromkeys(self.names, 0.0)
        self._count = 0
        self._means: list[dict[str, float]] = []

    def weights(self, step: int) -> dict[str, float]:
        """Return the weights; they sum to the number of losses."""
        if len(self._means) < 2:
            return dict.fromkeys(self.names, 1.0)
        before, last = self._means
        rates = {n: last[n] / max(before[n], 1e-12) / self.temperature for n in self.names}
        top = max(rates.values())
        exponentials = {n: math.exp(r - top) for n, r in rates.items()}
        total = sum(exponentials.values())
        return {n: len(self.names) * e / total for n, e in exponentials.items()}

    def observe(self, losses: Mapping[str, float]) -> None:
        """Add the unweighted losses of one step."""
        for name in self.names:
            self._sums[name] += losses[name]
        self._count += 1
        if self._count == self.period:
            self._means = [*self._means, {n: s / self.period for n, s in self._sums.items()}][-2:]
            self._sums = dict.fromkeys(self.names, 0.0)
            self._count = 0

    def state(self) -> dict[str, Any]:
        """Return the running sums and the last two means."""
        return {"sums": dict(self._sums), "count": self._count, "means": [dict(m) for m in self._means]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self._sums, self._count = dict(state["sums"]), int(state["count"])
        self._means = [dict(m) for m in state["means"]]
