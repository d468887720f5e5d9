# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Counters and latencies of the node, written by two threads and read by a third."""

from __future__ import annotations

import threading
from collections import Counter, deque

import numpy as np

_KEPT = 600  # values a series keeps: one minute at 10 results a second


class NodeStatistics:
    """Counts events and keeps the latest values of named series. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: Counter[str] = Counter()
        self._series: dict[str, deque[float]] = {}
        self._maxima: dict[str, float] = {}

    def count(self, name: str, amount: int = 1) -> int:
        """Add to a counter and return its new value."""
        with self._lock:
            self._counters[name] += amount
            return self._counters[name]

    def counter(self, name: str) -> int:
        """Return a counter; 0 if it was never counted."""
        with self._lock:
            return self._counters[name]

    def record(self, name: str, value: float) -> None:
        """Add a value to a series."""
        with self._lock:
            self._series.setdefault(name, deque(maxlen=_KEPT)).append(value)
            self._maxima[name] = max(self._maxima.get(name, value), value)

    def percentiles(self, name: str) -> tuple[float, float, float] | None:
        """Return median and 95th percentile of the kept values, and the maximum of all; None without values."""
        with self._lock:
            values = list(self._series.get(name, ()))
            maximum = self._maxima.get(name, 0.0)
        if not values:
            return None
        median, high = np.percentile(values, (50, 95))
        return float(median), float(high), maximum

    def clear_series(self) -> None:
        """Forget the latencies, for example because time has jumped; counters stay."""
        with self._lock:
            self._series.clear()
            self._maxima.clear()
