# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables in documents with a row for each kind of thing that people have: what every verb makes of it."""

import contextlib
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from fusion_perception.lab.calibration import frames, solution
from fusion_perception.lab.calibration.solution import Calibration
from fusion_perception.processing import local_run, worker
from fusion_perception.processing.ledger import Ledger

END = "<!-- end -->"


@dataclass(frozen=True)
class KindTable:
    """A table of kinds by verbs.

    Attributes:
        start: line that stands before it in its document.
        head: its first two lines.
        kinds: one for each row; each has a name.
        row: (kind, empty folder, what was printed to standard error since it was asked last) -> line of the table.
    """

    start: str
    head: str
    kinds: Sequence[Any]
    row: Callable[[Any, Path, Callable[[], str]], str]

    def rows(self, document: Path) -> list[str]:
        """Return the lines below the head, as they stand in a document."""
        table = document.read_text(encoding="utf-8").partition(self.start)[2].partition(END)[0]
        assert table.startswith(self.head)
        return table[len(self.head) :].splitlines(keepends=True)

    def write(self, document: Path) -> None:
        """Make every row anew, and write them into a document."""
        local_run.run_local = run_here
        rows = []
        for kind in self.kinds:
            rows.append(self._quiet_row(kind))
            print(rows[-1], end="")
        before, _, rest = document.read_text(encoding="utf-8").partition(self.start)
        text = before + self.start + self.head + "".join(rows) + rest[rest.index(END) :]
        document.write_text(text, encoding="utf-8")

    def _quiet_row(self, kind: Any) -> str:
        errors = io.StringIO()
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stderr(errors),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            return self.row(kind, Path(folder), lambda: "".join(errors.getvalue().splitlines()[-1:]))


def unsolved():
    """Let calibrate do all but its search, which needs larger pictures and time; for a ``with`` block."""

    def solve(pairs, spans):
        shift = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
        return Calibration(shift, "none", np.zeros(0), 0.0, len(pairs), 0, np.ones(len(pairs)), 1.0, ())

    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(solution, "solve", solve))
    stack.enter_context(mock.patch.object(frames, "_LEAST_PIXELS", 16))
    return stack


def run_here(jobs, workers, progress, say=None):
    """Process bags without a process for each."""
    ledger = Ledger(jobs, 1, say or (lambda text: None))
    while not ledger.is_done:
        share = ledger.waiting.pop(0)
        ledger.note(share, worker.read_answer(worker.run_text(worker.share_text(share))))
    return ledger.outcomes()
