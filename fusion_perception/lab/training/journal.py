# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What training writes down while it runs: a log file, TensorBoard."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fusion_perception.files.atomic_file import cannot_write, write_text


def duration(seconds: float) -> str:
    """Return a time as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


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
        """Write one line: ``kind`` is ``"train"``, ``"validation"`` or ``"time"``."""
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
