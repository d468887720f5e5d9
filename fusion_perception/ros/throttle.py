# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Repeated log messages are counted instead of printed."""

from __future__ import annotations

import time
from collections.abc import Callable


class LogThrottle:
    """Lets the first message of a kind pass at once and later ones once in a period, with their number.

    rclpy throttles by the calling line; this throttles by kind, so that one bad camera does not hide the
    other one. It returns text instead of logging it, because rclpy ties a severity to every calling line.

    Args:
        period_s: shortest time between two messages of one kind, in seconds.
        clock: monotonic clock in seconds.
    """

    def __init__(self, period_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._period_s = period_s
        self._clock = clock
        self._last: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def admit(self, kind: str, message: str) -> str | None:
        """Return what to log now.

        Args:
            kind: what it is about.
            message: the text.

        Returns:
            The text, with the number of those held back before it; None if this one is held back.
        """
        now = self._clock()
        last = self._last.get(kind)
        if last is not None and now - last < self._period_s:
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            return None
        self._last[kind] = now
        held_back = self._held_back.pop(kind, 0)
        return f"{message} (and {held_back} more like it)" if held_back else message
