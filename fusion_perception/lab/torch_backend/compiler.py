# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What compiles beside a running engine: a thread that makes one network after the other ready, and tells of each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

_LONGEST_WAIT_S = 2.0
"""For a compilation in this process when it is closed: the compiler cannot be interrupted."""


class Compiler:
    """Does work in the background, in the order in which it was asked for.

    Args:
        prepare: done before each piece of work, mostly in a process of its own, so that the work itself is short.
        stop: ends ``prepare``; called once, from another thread.
    """

    def __init__(
        self, prepare: Callable[[bool], None] = lambda attribution: None, stop: Callable[[], None] = lambda: None
    ) -> None:
        self._prepare, self._stop = prepare, stop
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._open = 0
        self._changed = threading.Condition()
        self._closed = False

    def ask(self, attribution: bool, work: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Have work done.

        Args:
            attribution: handed on to ``prepare``.
            work: makes the network ready and puts it where the engine finds it.
            failed: told where that, or the preparation, cannot be done; the engine goes on with what it has.
        """

        def whole() -> None:
            try:
                self._prepare(attribution)
                if not self._closed:
                    work()
            except Exception as error:  # any layer of the compiler may fail, with errors of its own
                if not self._closed:
                    failed(error)

        with self._changed:
            if self._closed:
                return
            self._open += 1
        self._work.put(whole)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="compiler", daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to do; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout_s)

    def close(self) -> None:
        """Leave undone what is not done yet, and end the thread; calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._stop()
        self._work.put(None)
        if self._thread is not None:
            self._thread.join(_LONGEST_WAIT_S)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                if not self._closed:
                    work()
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()
