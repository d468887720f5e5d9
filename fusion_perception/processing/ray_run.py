# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Processes a fleet of bags on a Ray cluster: the shares that processes of one machine would run, as tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fusion_perception.errors import BackendError, require
from fusion_perception.processing import worker
from fusion_perception.processing.job import Job, Share, ShareReport
from fusion_perception.processing.ledger import Ledger, Outcome
from fusion_perception.progress import Progress

LOCAL = "local"
"""Address that starts a Ray of its own on this machine."""

_POLL_S = 0.5


def run_on_ray(
    jobs: Sequence[Job],
    workers: int,
    address: str,
    progress: Progress,
    say: Callable[[str], object] | None = None,
) -> list[Outcome]:
    """Process bags; all machines of the cluster must see bags, model and results under the same paths.

    Args:
        jobs: one a bag.
        workers: shares at a time.
        address: of the cluster, as ``ray.init`` takes it, or ``LOCAL``.
        progress: where to show how far it is.
        say: gets a sentence whenever a bag is done; by default it is shown above the progress.

    Returns:
        What became of each bag. One that fails does not stop the others.

    Raises:
        BackendError: the package ``ray`` is not installed, or the cluster cannot be reached.
    """
    ray = require("ray", "processing on a Ray cluster")
    # What only the one who starts a cluster may say.
    options: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, **options)
    except Exception as error:  # Ray has many names for it, Exception among them
        raise BackendError(
            f"the Ray cluster at '{address}' cannot be reached ({error}); give its address, or '{LOCAL}' for one of "
            "this machine"
        ) from error
    try:
        return _run(ray, jobs, workers, progress, say or progress.say)
    finally:
        ray.shutdown()


def _run(
    ray: Any, jobs: Sequence[Job], workers: int, progress: Progress, say: Callable[[str], object]
) -> list[Outcome]:
    ledger = Ledger(jobs, workers, say)
    progress.stage("process")
    task = ray.remote(num_cpus=1, max_retries=1)(worker.run_text)
    running: dict[Any, Share] = {}
    total = done = 0
    while not ledger.is_done:
        while ledger.waiting and len(running) < workers:
            share = ledger.waiting.pop(0)
            running[task.remote(worker.share_text(share))] = share
            total += 1
        ready, _ = ray.wait(list(running), timeout=_POLL_S)
        for future in ready:
            ledger.note(running.pop(future), _answer(ray, future))
            done += 1
        if total:
            progress.tick(done, total + len(ledger.waiting), "shares of bags")
    progress.end()
    return ledger.outcomes()


def _answer(ray: Any, future: Any) -> ShareReport | str:
    try:
        found = worker.read_answer(ray.get(future))
    except Exception as error:  # a machine of the cluster may be lost, and Ray has many names for that
        return f"Ray lost the process ({type(error).__name__}: {error})"
    return found if isinstance(found, (ShareReport, str)) else "a process gave no report"
