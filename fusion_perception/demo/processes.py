# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Child processes that end with us, whatever happens."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, BinaryIO

_GRACE_S = 5.0  # for all children together, when something went wrong
_LINES_KEPT = 200
_NOTEWORTHY = {"[WARN]": "warning", "[ERROR]": "error", "[FATAL]": "fatal error"}
_PR_SET_PDEATHSIG = 1


class Child:
    """One process, its log file and the last lines it wrote.

    ``log_error`` is why the log file cannot be written, if so.

    Args:
        name: for messages.
        command: program and arguments.
        environment: all its variables.
        log: file that gets what it writes on standard error.
        on_line: called with every line of its standard output, from another thread.
        shown_log: where the log file will be when somebody reads of it; ``log`` by default.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        on_line: Callable[[str], None] | None = None,
        shown_log: Path | None = None,
    ) -> None:
        self.name = name
        self.log = shown_log or log
        self.log_error: OSError | None = None
        self._log = log
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._asked = False
        # A session of its own keeps the terminal's Ctrl-C away: the order of ending is ours.
        self._process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_prepare_child,  # noqa: PLW1509 - two system calls
        )
        self._readers = [
            threading.Thread(target=self._read_log, daemon=True),
            threading.Thread(target=self._read_output, args=(on_line,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def returncode(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.poll()

    def noteworthy(self) -> list[str]:
        """Return the warnings and errors among the last lines, as sentences."""
        return [
            f"{self.name}, {level}: {message(line)}"
            for line in self.lines
            for mark, level in _NOTEWORTHY.items()
            if line.startswith(mark)
        ]

    def why(self) -> str:
        """Return what it said last that may explain its end."""
        lines = [line for line in self.lines if line.strip()]
        lines = [line for line in lines if line.startswith(tuple(_NOTEWORTHY))] or lines
        return message(lines[-1]) if lines else f"it wrote nothing; see {self.log}"

    def interrupt(self) -> None:
        """Ask it to end, as Ctrl-C does; it may take its time. A second Ctrl-C would disturb it at that."""
        if self._process.poll() is None and not self._asked:
            self._asked = True
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()

    def stop(self) -> int:
        """End it, first kindly; returns its exit status."""
        for insist, patience_s in ((self.interrupt, 30.0), (self._process.terminate, 5.0), (self.kill, 5.0)):
            if self._process.poll() is not None:
                break
            insist()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
        status = self._process.wait()
        for reader in self._readers:
            reader.join(2.0)
        return status

    def _read_log(self) -> None:
        """Read on even when nothing can be written: a child whose pipe is full stands still."""
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        file: BinaryIO | None = None
        try:
            file = self._log.open("wb", buffering=0)
        except OSError as error:
            self.log_error = error
        for line in self._process.stderr:
            self.lines.append(line.rstrip())
            if file is not None and self.log_error is None:
                try:
                    file.write(line.encode())
                except OSError as error:
                    self.log_error = error
        if file is not None:
            file.close()

    def _read_output(self, on_line: Callable[[str], None] | None) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            if on_line is not None:
                on_line(line)


class Processes:
    """Starts children and ends those that are left when the block is left."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        on_line: Callable[[str], None] | None = None,
        shown_log: Path | None = None,
    ) -> Child:
        """Start a child; see ``Child`` for the arguments."""
        child = Child(name, command, environment, log, on_line, shown_log)
        self.children.append(child)
        return child

    def stop(self) -> None:
        """End all children: every one is asked before the first is waited for, and none gets long."""
        for child in self.children:
            child.interrupt()
        deadline = time.monotonic() + _GRACE_S
        while time.monotonic() < deadline and any(child.returncode() is None for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill()
            child.stop()

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is left, even if another Ctrl-C comes meanwhile."""
        try:
            self.stop()
        finally:
            for child in self.children:
                child.kill()


def _prepare_child() -> None:
    """Runs in the child before the program starts: end with the parent, even by SIGKILL, and listen to SIGINT.

    A shell that starts us in the background has SIGINT ignored, and children would inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def node_command(program: ModuleType, parameters: Mapping[str, Any], *arguments: str) -> list[str]:
    """Return the command line of a node; JSON is YAML, so any path survives.

    Args:
        program: module that is run.
        parameters: of the node, by name.
        arguments: of the program.
    """
    command = [sys.executable, "-m", program.__name__, *arguments, "--ros-args"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={json.dumps(value)}"]
    return command


def message(line: str) -> str:
    """Return a log line without its level, time and logger: what stands after the first ``]: ``."""
    head, mark, text = line.partition("]: ")
    return text if mark and head.startswith("[") else line
