# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How far a command is: a bar on a terminal, a line now and then in a pipe or a log file, by the package ``tqdm``."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any, TextIO

from fusion_perception.text import printable

REDRAWN_S = 0.1
"""Least time between two states of a bar."""

PERIOD_S, PERIOD_SHARE = 5.0, 0.1
"""Least time between two lines of a log: seconds, and a share of the time passed, so that long runs say less."""

_COUNTS = "{n_fmt}/{total_fmt}{postfix} ({elapsed}, {remaining} left, {rate_fmt})"
_NAME = 40


class Progress:
    """Shows which stage of a work is under way, how far it is, and how long it will still take.

    Where ``tqdm`` is missing, as on a robot, every stage tells its end and nothing else. Texts may come from outside.
    No colours and no escape codes are written, and no carriage returns but to a terminal.

    Args:
        stream: where to write; standard error by default.
        silent: write nothing, as all processes but one of a training do.
        unit: what is counted, for the speed: ``"pair"`` gives ``3.1pair/s``.

    Example:
        >>> with Progress(sys.stdout, unit="pair") as progress:
        ...     progress.stage("clean")
        ...     progress.tick(1, 2, "one is dark")
    """

    def __init__(self, stream: TextIO | None = None, *, silent: bool = False, unit: str = "step") -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._silent, self._unit = silent, unit
        self._bar: Any = None
        self._begin("", 0)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def stage(self, name: str, start: int = 0) -> None:
        """Begin a stage; what was shown of the one before stays.

        Args:
            name: what is being done.
            start: how much of it was done before, in an interrupted run.
        """
        self.end()
        self._begin(name, start)

    def tick(self, done: int, total: int, note: str = "") -> None:
        """Show how far the stage is.

        Args:
            done: units that are done, those of an interrupted run among them.
            total: units of the stage.
            note: further state in a few words.
        """
        if self._silent:
            return
        self._state = f"{done}/{total}" + (f", {printable(note)}" if note else "")
        if self._bar is None:
            self._bar = self._make_bar(total)
        if self._bar is None:
            return
        if not self._live:
            self._bar.mininterval = max(PERIOD_S, PERIOD_SHARE * (time.time() - self._began))
        self._bar.total = total
        self._bar.set_postfix_str(printable(note), refresh=False)
        step = done - self._bar.n
        self._bar.update(step)
        if self._live and step and done >= total:  # what follows may take long
            self._bar.refresh()

    def say(self, text: str) -> None:
        """Write a line of its own; the bar goes on below."""
        if self._silent:
            return
        if self._live and self._bar is not None:
            self._bar.clear()
        self._stream.write(printable(text, 0) + "\n")
        if self._live and self._bar is not None:
            self._bar.refresh()
        self._stream.flush()

    def end(self) -> None:
        """Let stand what is shown."""
        if self._bar is not None:
            self._bar.close()
        elif self._state:
            self._stream.write(f"{self._name} {self._state}\n")
        self._stream.flush()
        self._bar, self._state = None, ""

    def _begin(self, name: str, start: int) -> None:
        self._name, self._start, self._began, self._state = f"{printable(name, _NAME):<10}", start, time.time(), ""

    def _make_bar(self, total: int) -> Any:
        tqdm = _tqdm()
        if tqdm is None:
            return None
        bar = tqdm(
            desc=self._name,
            total=total,
            initial=self._start,
            unit=self._unit,
            file=self._stream if self._live else _Lines(self._stream),
            bar_format="{desc} |{bar}| " + _COUNTS if self._live else "{desc} " + _COUNTS,
            ascii=".#",
            dynamic_ncols=self._live,
            position=0,
            mininterval=REDRAWN_S,
            miniters=0,
            smoothing=0,
        )
        bar.start_t = self._began
        return bar


class _Lines:
    """A stream that is given a bar and makes a line of each of its states."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write a line, unless there is nothing to see."""
        text = text.strip("\r\n").rstrip()
        if text:
            self._stream.write(text + "\n")

    def flush(self) -> None:
        """Write what is buffered."""
        self._stream.flush()


@functools.cache
def _tqdm() -> Any:
    """Return the class ``tqdm``, made to start neither a thread nor a process of its own; None where it is missing."""
    try:
        tqdm = importlib.import_module("tqdm").tqdm
    except ImportError:
        return None
    tqdm.monitor_interval = 0
    tqdm.set_lock(threading.RLock())
    return tqdm
