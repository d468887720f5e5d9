# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Repeated log messages are counted instead of printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class ThrottledLog:
    """Lets the first message of a kind pass at once and later ones once in a period, with their number.

    rclpy throttles by the calling line; this throttles by kind, so that one bad camera does not hide the
    other one.

    Args:
        period_s: shortest time between two messages of one kind, in seconds.
        clock: monotonic clock in seconds.
    """

    def __init__(self, period_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._period_s = period_s
        self._clock = clock
        self._last: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def __call__(self, log: Callable[[str], Any], kind: str, message: str) -> bool:
        """Pass a message on or count it.

        Args:
            log: where it goes, for example ``node.get_logger().error``.
            kind: what it is about.
            message: the text.

        Returns:
            True if it was passed on.
        """
        now = self._clock()
        last = self._last.get(kind)
        if last is not None and now - last < self._period_s:
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            return False
        held_back = self._held_back.pop(kind, 0)
        self._last[kind] = now
        log(f"{message} (and {held_back} more like it)" if held_back else message)
        return True
