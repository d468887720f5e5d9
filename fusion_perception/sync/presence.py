# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""When the frames of each camera came, and so which camera is silent."""

from __future__ import annotations

from collections import deque
from statistics import median

from fusion_perception.sync.outage import SENSORS, other_sensor

_INTERVALS_KEPT = 8
_INTERVALS_NEEDED = 3
_SLOWEST = 1000  # a recording is taken to be played at a thousandth of its speed at the least


class Presence:
    """Keeps the arrivals of both cameras, and tells a silent camera from a slow one.

    A limit of so many milliseconds is meant for cameras that run in real time. A recording that is played slowly
    keeps the stamps and stretches the arrivals: limits are stretched as much, see ``pace``.
    """

    def __init__(self) -> None:
        self._seen_ns: dict[str, int | None] = dict.fromkeys(SENSORS)
        self._alive_since_ns = dict.fromkeys(SENSORS, 0)
        self._interval_ns: dict[str, int | None] = dict.fromkeys(SENSORS)
        self._intervals: dict[str, deque[int]] = {sensor: deque(maxlen=_INTERVALS_KEPT) for sensor in SENSORS}

    def note(self, sensor: str, now_ns: int, patience_ns: int) -> None:
        """Take in the arrival of a frame, accepted or not."""
        if self.is_silent(sensor, now_ns, patience_ns):
            self._alive_since_ns[sensor] = now_ns
        seen_ns = self._seen_ns[sensor]
        if seen_ns is not None:
            intervals = self._intervals[sensor]
            intervals.append(now_ns - seen_ns)
            self._interval_ns[sensor] = int(median(intervals)) if len(intervals) >= _INTERVALS_NEEDED else None
        self._seen_ns[sensor] = now_ns

    def interval_ns(self, sensor: str) -> int | None:
        """Median time between two arrivals, or None before it can be told."""
        return self._interval_ns[sensor]

    def pace(self, periods_ns: dict[str, int | None]) -> float:
        """Seconds that pass while the stamps advance by one second; 1 in real time, and for what is played faster.

        Args:
            periods_ns: stamp interval of each camera, None where it is not known.
        """
        paces = [
            interval_ns / period_ns
            for sensor in SENSORS
            if (interval_ns := self.interval_ns(sensor)) and (period_ns := periods_ns[sensor])
        ]
        # The smaller one: stamps of one camera that creep must not stretch the limits.
        return min(max(1.0, min(paces)), _SLOWEST) if paces else 1.0

    def is_silent(self, sensor: str, now_ns: int, patience_ns: int) -> bool:
        """Whether nothing has come from a camera for longer than the patience, or ever."""
        seen_ns = self._seen_ns[sensor]
        return seen_ns is None or now_ns - seen_ns > patience_ns

    def is_down(self, sensor: str, now_ns: int, patience_ns: dict[str, int]) -> bool:
        """Whether a sensor is silent while the other one has been delivering for long enough to tell.

        When both were silent (a paused bag), neither is down: the first frame after the pause has to wait.
        """
        other = other_sensor(sensor)
        return (
            self.is_silent(sensor, now_ns, patience_ns[sensor])
            and not self.is_silent(other, now_ns, patience_ns[other])
            and now_ns - self._alive_since_ns[other] > patience_ns[sensor]
        )
