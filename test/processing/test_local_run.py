# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Several bags in processes: one that is damaged, or whose process dies, does not stop the others."""

import json
from pathlib import Path

import pytest

from fusion_perception.processing import local_run, worker
from fusion_perception.processing.job import ShareReport, shares
from fusion_perception.processing.ledger import MOST_SHARES, Ledger
from fusion_perception.processing.local_run import run_local
from fusion_perception.processing.results_folder import begin
from fusion_perception.progress import Progress
from test.bags.make_bag import plain_bag


@pytest.fixture
def three(job, tmp_path):
    """A good bag, a damaged one, and another good one."""
    bags = [plain_bag(tmp_path / f"bag{number}", 6) for number in range(3)]
    (bags[1] / "bag1_0.mcap").write_bytes(b"nonsense" * 100)
    return [job(f"out{number}", source=bag) for number, bag in enumerate(bags)]


def test_one_damaged_bag_does_not_stop_the_rest(three):
    said = []
    outcomes = run_local(three, 2, Progress(silent=True), said.append)
    assert [outcome.job for outcome in outcomes] == three
    assert [outcome.summary is not None for outcome in outcomes] == [True, False, True]
    assert "cannot be opened as a bag" in outcomes[1].error
    assert outcomes[0].summary.pairs == 6
    assert sum(": failed: " in text for text in said) == 1
    again = run_local(three, 2, Progress(silent=True), said.append)
    assert [outcome.done_before for outcome in again] == [True, False, True]


def test_a_process_that_dies_is_told(job, monkeypatch):
    monkeypatch.setattr(local_run.worker, "__name__", "this.module.is.not.there")
    (outcome,) = run_local([job()], 1, Progress(silent=True), lambda text: None)
    assert outcome.summary is None
    assert "a process ended with status 1" in outcome.error


def test_a_worker_answers_in_json(job):
    made = job(limit=3)
    begin(made)
    (share,) = shares(made, 1)
    told = []
    answer = worker.run_text(worker.share_text(share), lambda done, total: told.append((done, total)))
    assert isinstance(report := worker.read_answer(answer), ShareReport)
    assert (report.pairs, told[-1]) == (3, (3, 3))
    assert "error" in json.loads(worker.run_text("{}"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"done": 3, "total": 7}', (3, 7)),
        ('{"error": "no"}', "no"),
        ("a line of a library", None),
        ('{"done": 3}', None),
        ('{"report": {"pairs": "many"}}', None),
    ],
)
def test_what_a_worker_says_is_checked(line, found):
    assert worker.read_answer(line) == found


@pytest.mark.parametrize(
    ("bags", "workers", "each"), [(1, 1, 1), (1, 3, 3), (1, 100, MOST_SHARES), (3, 2, 1), (3, 4, 2)]
)
def test_bags_are_shared_only_as_far_as_processes_would_be_idle(job, bags, workers, each):
    ledger = Ledger([job(f"out{number}") for number in range(bags)], workers)
    assert len(ledger.waiting) == bags * each


def test_progress_is_that_of_the_share_that_is_last(job):
    made = [job("a"), job("b")]
    ledger = Ledger(made, 4)
    first, second, third, _ = ledger.waiting
    assert ledger.progress() == (0, 0)
    ledger.note_progress(first, 30, 120)
    ledger.note_progress(second, 10, 120)
    ledger.note_progress(third, 5, 120)
    assert ledger.progress() == (15, 240)


def test_a_share_that_fails_ends_its_bag_alone(job):
    ledger = Ledger([job("a"), job("b")], 4)
    first, second, *others = ledger.waiting
    ledger.note(first, "the disk is full")
    assert ledger.is_hopeless(second)
    assert ledger.waiting == others
    ledger.note(second, "again")
    (outcome,) = ledger.outcomes()
    assert (Path(outcome.job.out).name, outcome.error) == ("a", "the disk is full")
    assert not ledger.is_done


def test_two_runs_do_not_write_to_one_folder(job):
    first = Ledger([job("a")], 1)
    second = Ledger([job("a"), job("b")], 1)
    assert "another run writes to" in second.outcomes()[0].error
    (share,) = second.waiting
    assert Path(share.job.out).name == "b"
    first.note(first.waiting.pop(), "ended")
    assert Ledger([job("a")], 1).waiting
