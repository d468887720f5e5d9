# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Processes bags by several processes of this machine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fusion_perception.demo.processes import Child, Processes
from fusion_perception.processing import worker
from fusion_perception.processing.job import Job, Share, ShareReport
from fusion_perception.processing.ledger import Ledger, Outcome
from fusion_perception.processing.result_part import PARTS
from fusion_perception.progress import Progress

_POLL_S = 0.1


def run_local(
    jobs: Sequence[Job], workers: int, progress: Progress, say: Callable[[str], object] | None = None
) -> list[Outcome]:
    """Process bags.

    Args:
        jobs: one a bag.
        workers: processes at a time.
        progress: where to show how far it is.
        say: gets a sentence whenever a bag is done; by default it is shown above the progress.

    Returns:
        What became of each bag. One that fails does not stop the others.
    """
    ledger = Ledger(jobs, workers, say or progress.say)
    progress.stage("process")
    with Processes() as processes:
        running: list[_Running] = []
        while not ledger.is_done:
            while ledger.waiting and len(running) < workers:
                running.append(_Running(ledger.waiting.pop(0), processes))
            for item in list(running):
                item.look(ledger)
                if item.is_over:
                    running.remove(item)
            done, total = ledger.progress()
            if total:
                progress.tick(min(done, total), total)
            time.sleep(_POLL_S)
    progress.end()
    return ledger.outcomes()


class _Running:
    """A process that runs a share."""

    def __init__(self, share: Share, processes: Processes) -> None:
        self.is_over = False
        self._share = share
        self._answer: ShareReport | str | None = None
        self._progress = (0, 0)
        self._child: Child = processes.start(
            f"worker of {Path(share.job.bag).name}",
            [sys.executable, "-m", worker.__name__, worker.share_text(share)],
            os.environ,
            Path(share.job.out) / PARTS / f"worker_{share.number}.log",
            self._take,
        )

    def look(self, ledger: Ledger) -> None:
        """Pass on what the process has said; notice its end."""
        if self._progress[1]:
            ledger.note_progress(self._share, *self._progress)
        if ledger.is_hopeless(self._share):
            self._child.kill()
        if self._child.returncode() is None:
            return
        status = self._child.stop()
        answer = self._answer
        ledger.note(
            self._share, answer if answer is not None else f"a process ended with status {status}: {self._child.why()}"
        )
        self.is_over = True

    def _take(self, line: str) -> None:
        """Read one line; runs in the thread that reads the output."""
        found = worker.read_answer(line)
        if isinstance(found, tuple):
            self._progress = found
        elif found is not None:
            self._answer = found
