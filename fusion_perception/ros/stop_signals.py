# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM as one orderly request to stop."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_S = 2.0
_LIMIT_S = 1.2


class StopSignals:
    """Context in which SIGINT and SIGTERM call a function instead of interrupting the program.

    Ctrl-C under ``ros2 launch`` sends SIGINT twice within milliseconds, from the terminal and from launch;
    as KeyboardInterrupt the second one would break the clean-up that the first one has begun. Here the
    first one asks to stop and repetitions are ignored; one that comes more than two seconds later ends
    the process at once, for somebody has lost patience.

    A thread gets the signals through a socket, because the main thread may be waiting inside DDS or loading a
    model, where Python cannot run a handler. Enter it in the main thread, and leave it at the end of the program:
    both signals are ignored from then on.

    Attributes:
        limit_s: longest time in seconds from the first signal to the end. When it is over, a model is still being
            loaded or run; nothing of that is worth waiting for, and the process ends with status 0. None sets no
            limit, for a program that has something to save.
    """

    def __init__(self) -> None:
        self.limit_s: float | None = _LIMIT_S
        self._lock = threading.Lock()
        self._callback: Callable[[], object] | None = None
        self._first_s: float | None = None
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)

    @property
    def received(self) -> bool:
        """Whether a signal has come."""
        return self._first_s is not None

    def call(self, callback: Callable[[], object]) -> None:
        """Set what the first signal calls, in another thread; at once if it has come already."""
        with self._lock:
            self._callback = callback
            if not self.received:
                return
        callback()

    def __enter__(self) -> StopSignals:
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)
        self._old_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._thread.start()
        # Who starts us may have blocked them, so that none is lost while the interpreter starts: now is the time.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._old_fd)
        # The process is about to end: a repeated signal may still be on its way, and must not spoil the exit status.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._writer.close()
        self._thread.join()
        self._reader.close()

    def _watch(self) -> None:
        while number := self._next():
            if number[0] not in _SIGNALS:
                continue
            now_s = time.monotonic()
            with self._lock:
                if self._first_s is not None:
                    if now_s - self._first_s > _PATIENCE_S:
                        os._exit(128 + number[0])
                    continue
                self._first_s = now_s
                callback = self._callback
            if callback is not None:
                with suppress(Exception):  # this thread has to stay, for a second signal and for the limit
                    callback()

    def _next(self) -> bytes:
        """Wait for the next signal; empty when the program has come to its end."""
        while True:
            limit_s, first_s = self.limit_s, self._first_s
            left_s = None
            if first_s is not None and limit_s is not None:
                left_s = first_s + limit_s - time.monotonic()
                if left_s <= 0:
                    os._exit(0)
            self._reader.settimeout(left_s)
            with suppress(TimeoutError):
                return self._reader.recv(1)
