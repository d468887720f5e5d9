# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What training says while it runs: a progress line, a log file, TensorBoard."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from fusion_perception.atomic_file import cannot_write, write_text
from fusion_perception.text import printable

_BAR = 24


def duration(seconds: float) -> str:
    """Return a time as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class ProgressLine:
    """A bar with losses and time left on a terminal; about ten plain lines elsewhere.

    Args:
        title: what is going on.
        total: number of steps.
        start: steps done before.
        stream: where to write; standard error by default.
        silent: write nothing, as all processes but one do.
        lines: how many lines a run takes where it is not a terminal.
    """

    def __init__(
        self,
        title: str,
        total: int,
        start: int = 0,
        stream: TextIO | None = None,
        silent: bool = False,
        lines: int = 10,
    ) -> None:
        self.title, self.total, self.start, self.silent = printable(title), max(1, total), start, silent
        self.lines = lines
        self.stream = stream if stream is not None else sys.stderr
        self.terminal = self.stream.isatty()
        self._began = time.monotonic()
        self._drawn = 0.0
        self._width = 0

    def update(self, done: int, values: Mapping[str, float]) -> None:
        """Show that ``done`` steps are done, with the latest losses."""
        now = time.monotonic()
        last = done >= self.total
        if self.silent or (self.terminal and not last and now - self._drawn < 0.2):
            return
        if not self.terminal and done % max(1, -(-self.total // self.lines)) and not last:
            return
        self._drawn = now
        elapsed = now - self._began
        rate = elapsed / max(1, done - self.start)
        losses = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        times = f"{duration(elapsed)}, {duration(rate * (self.total - done))} left, {rate:.2g} s/step"
        text = f"{self.title} {done}/{self.total}  {losses}  ({times})"
        if self.terminal:
            filled = _BAR * done // self.total
            text = f"{self.title} |{'#' * filled}{'.' * (_BAR - filled)}| {done}/{self.total}  {losses}  ({times})"
            self.stream.write("\r" + text.ljust(self._width) + ("\n" if last else ""))
            self._width = len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def say(self, text: str) -> None:
        """Write a line of its own."""
        if self.silent:
            return
        text = printable(text, 0)
        if self.terminal:
            self.stream.write("\r" + text.ljust(self._width) + "\n")
        else:
            self.stream.write(text + "\n")
        self.stream.flush()


class Journal:
    """Losses and scores as ``log.jsonl`` (one JSON object a line) and, where installed, for TensorBoard.

    Args:
        folder: where to write.
        step: first step that will be written; later lines of an earlier, interrupted run are dropped.
        enabled: False writes nothing.
    """

    def __init__(self, folder: Path, step: int = 0, enabled: bool = True) -> None:
        self.path = folder / "log.jsonl"
        self.enabled = enabled
        self._board: Any = None
        if not enabled:
            return
        kept = [line for line in read_journal(self.path) if line["step"] <= step] if step else []
        write_text(self.path, "".join(json.dumps(line) + "\n" for line in kept))
        try:
            board = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            return
        self._board_folder = folder / "tensorboard"
        with self._writing_board():
            self._board = board.SummaryWriter(str(self._board_folder), purge_step=step or None)

    def write(self, step: int, kind: str, values: Mapping[str, float]) -> None:
        """Write one line: ``kind`` is ``"train"`` or ``"validation"``."""
        if not self.enabled:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, "kind": kind, **values}) + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from error
        if self._board is not None:
            with self._writing_board():
                for name, value in values.items():
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def picture(self, step: int, name: str, image: Any) -> None:
        """Show an (H, W, 3) uint8 image in TensorBoard."""
        if self._board is not None:
            with self._writing_board():
                self._board.add_image(name, image, step, dataformats="HWC")

    def close(self) -> None:
        """Flush what is buffered."""
        if self._board is not None:
            with self._writing_board():
                self._board.close()

    @contextlib.contextmanager
    def _writing_board(self) -> Iterator[None]:
        """Say what cannot be written: TensorBoard writes in a thread and tells of its failure at a later call."""
        try:
            yield
        except OSError as error:
            self._board = None
            raise cannot_write(self._board_folder, error) from error


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a ``log.jsonl``; what follows a damaged or unfinished line is left out."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            break
        if not isinstance(line, dict) or not isinstance(line.get("step"), int) or "kind" not in line:
            break
        lines.append(line)
    return lines
