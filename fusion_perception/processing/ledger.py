# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the books of many bags: which shares are to be run, what came of them, and which bags are done."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.processing.job import Job, Share, ShareReport, shares
from fusion_perception.processing.results_folder import BagSummary, begin, complete, lock

MOST_SHARES = 4
"""Shares of one bag, at most: each of them reads all of it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a bag: a summary, or a sentence that says why there is none.

    Attributes:
        job: the job.
        summary: of its results.
        error: why there are none.
        done_before: an earlier run had completed it.
        seconds: between the first pair and the last file, in whichever process; models are open by then.
        processed: pairs that were run now.
    """

    job: Job
    summary: BagSummary | None
    error: str = ""
    done_before: bool = False
    seconds: float = 0.0
    processed: int = 0


class Ledger:
    """The books; one damaged bag does not stop the others.

    Args:
        jobs: the bags.
        workers: processes that will run shares at a time.
        say: gets a sentence whenever a bag is done, or has failed.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, say: Callable[[str], object] = lambda text: None) -> None:
        self._say = say
        self._outcomes: dict[str, Outcome] = {}
        self._reports: dict[str, list[ShareReport]] = {}
        self._shares: dict[str, int] = {}
        self._progress: dict[tuple[str, int], tuple[int, int]] = {}
        self._order = [job.out for job in jobs]
        self._locks: dict[str, int] = {}
        self.waiting: list[Share] = []
        """Shares that nobody has started."""
        begun: list[Job] = []
        for job in jobs:
            try:
                self._locks[job.out] = lock(job)
                summary = begin(job)
            except FusionPerceptionError as error:
                self._fail(job, str(error))
                continue
            if summary is None:
                begun.append(job)
            else:
                self._settle(Outcome(job, summary, done_before=True))
                self._say(f"{job.bag}: done before, {summary.pairs} pairs in {job.out}")
        number = min(MOST_SHARES, max(1, -(-workers // max(1, len(begun)))))
        for job in begun:
            self._shares[job.out] = number
            self._reports[job.out] = []
            self.waiting += shares(job, number)

    @property
    def is_done(self) -> bool:
        """Whether there is an outcome of every bag."""
        return len(self._outcomes) == len(self._order)

    def is_hopeless(self, share: Share) -> bool:
        """Whether the bag of a share has failed already."""
        return share.job.out in self._outcomes

    def note_progress(self, share: Share, done: int, total: int) -> None:
        """Take in how far a share is."""
        self._progress[share.job.out, share.number] = done, total

    def progress(self) -> tuple[int, int]:
        """Return how many pairs have passed and how many there are, in all bags that have been opened."""
        done = total = 0
        for out in self._order:
            found = [self._progress[key] for key in self._progress if key[0] == out]
            if found:
                done += min(item[0] for item in found)
                total += max(max(item) for item in found)
        return done, total

    def note(self, share: Share, answer: ShareReport | str) -> None:
        """Take in the report of a share, or why there is none; completes the bag when it was the last one."""
        job = share.job
        if self.is_hopeless(share):
            return
        if isinstance(answer, str):
            self._fail(job, answer)
            return
        reports = self._reports[job.out]
        reports.append(answer)
        if len(reports) < self._shares[job.out]:
            return
        try:
            summary = complete(job, reports)
        except FusionPerceptionError as error:
            self._fail(job, str(error))
            return
        outcome = Outcome(
            job,
            summary,
            seconds=max(report.ended_s for report in reports) - min(report.began_s for report in reports),
            processed=sum(report.processed for report in reports),
        )
        self._settle(outcome)
        self._say(_told(outcome))

    def outcomes(self) -> list[Outcome]:
        """Return what became of the bags, in the order they were given."""
        return [self._outcomes[out] for out in self._order if out in self._outcomes]

    def _settle(self, outcome: Outcome) -> None:
        self._outcomes[outcome.job.out] = outcome
        handle = self._locks.pop(outcome.job.out, None)
        if handle is not None:
            os.close(handle)

    def _fail(self, job: Job, reason: str) -> None:
        self.waiting = [share for share in self.waiting if share.job.out != job.out]
        self._settle(Outcome(job, None, reason))
        self._say(f"{job.bag}: failed: {reason}")


def _told(outcome: Outcome) -> str:
    summary = outcome.summary
    assert summary is not None  # noqa: S101 - it has been completed
    failed = f", of which {summary.failed} failed ({summary.reason})" if summary.failed else ""
    return f"{outcome.job.bag}: {summary.pairs} pairs{failed}, in {outcome.job.out}"
