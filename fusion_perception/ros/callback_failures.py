# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Exceptions of callbacks: each kind is logged once a minute and counted; none ends the process."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fusion_perception.ros.failure import describe
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.text import printable

_REPEAT_S = 60.0
_PACKAGE = "fusion_perception"


class CallbackFailures:
    """Takes the exceptions that callbacks of a node raise.

    Args:
        logger: the node's logger.
        count: called for every failure, for example to count it for diagnostics.
        repeat_s: shortest time between two log messages of one kind, in seconds.
    """

    def __init__(self, logger: Any, count: Callable[[], object] = int, repeat_s: float = _REPEAT_S) -> None:
        self._logger = logger
        self._count = count
        self._throttle = LogThrottle(repeat_s)

    def report(self, error: BaseException, what: str = "a callback") -> None:
        """Log and count one failure; never raises, whatever the logger does.

        Args:
            error: what was raised.
            what: what failed, for the message.
        """
        with suppress(Exception):
            self._count()
        with suppress(Exception):  # the logger itself may be what fails, at the end of the process for example
            place = _place(error)
            text = (
                f"{what} failed, and the node goes on without it: {printable(describe(error))} ({place}); "
                "this is a fault of the program: please report it, with --log-level debug for the details"
            )
            # Kinds are places in the code, never texts: the table of kinds must not grow with what comes from outside.
            admitted = self._throttle.admit(f"{type(error).__name__} {place}", text)
            if admitted:
                self._logger.error(admitted)
                self._logger.debug(printable("".join(traceback.format_exception(error)), 0))


def _place(error: BaseException) -> str:
    """Return file and line of our innermost code that took part, or of the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parts]
    where = ours or frames
    return f"{Path(where[-1].filename).name}:{where[-1].lineno}" if where else "at an unknown place"
