# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How many messages of a topic never reached the node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_FASTEST_HZ = 1000  # no camera sends more: the middleware's counts have been seen to wrap
_REMEMBERED_S = 10.0


class LossCount:
    """Counts lost messages by the publisher's sequence numbers, or, where there are none, by the middleware's events.

    Sequence numbers tell the truth: they also show what arrived and was pushed out of a full queue before the node took
    it, of which no event tells. They exist from ROS 2 Iron on, and count for one publisher only.
    """

    def __init__(self) -> None:
        self._sequence: int | None = None
        self._left_off = 0  # highest number at which a publisher gave way to another one
        self._heard_s: float | None = None
        self._possible = 0.0  # messages that can have been sent since, at the most

    def note_message(self, info: Mapping[str, Any] | None, publishers: Callable[[], int], now_s: float) -> int:
        """Take in a message; returns how many were lost before it.

        Args:
            info: the message info of rclpy, or None.
            publishers: returns how many the topic has.
            now_s: arrival by a monotonic clock.
        """
        sequence = None if info is None else info.get("publication_sequence_number")
        before, self._sequence = self._sequence, sequence
        self._pass_time(now_s)
        self._possible = max(0.0, self._possible - 1)
        if sequence is None or before is None:
            return 0
        if sequence <= before + 1:  # a new publisher starts at 1
            if sequence < before:
                self._left_off = max(self._left_off, before)
            return 0
        if before <= self._left_off < sequence:
            return 0  # the publisher that was there before goes on
        return self._believe(sequence - before - 1) if publishers() == 1 else 0

    def note_event(self, number: int, now_s: float) -> int:
        """Take in that the middleware reports so many losses; returns how many to count."""
        self._pass_time(now_s)
        return 0 if self._sequence is not None else self._believe(number)

    def _pass_time(self, now_s: float) -> None:
        passed_s = _REMEMBERED_S if self._heard_s is None else now_s - self._heard_s
        self._heard_s = now_s
        self._possible = min(self._possible + passed_s * _FASTEST_HZ, _REMEMBERED_S * _FASTEST_HZ)

    def _believe(self, number: int) -> int:
        if not 0 < number <= self._possible:
            return 0
        self._possible -= number
        return number
