# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Follows the demonstration's processes by the JSON lines that they print, and says in one sentence what is wrong."""

from __future__ import annotations

import json
import signal
import time

from fusion_perception.demo.processes import Child
from fusion_perception.demo.replay.replay_progress import ReplayProgress
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.files.atomic_file import cannot_write
from fusion_perception.progress import Progress

# Limits of silence, not of time: a slow source, disk or processor is no failure.
_PREPARE_S = 120.0  # without a further pair decoded or rendered
START_S = 60.0
"""For the first pair after that."""

STALL_S, STALL_PAIRS = 60.0, 5
"""Without news while it plays: so many seconds, or pairs."""

_DRAIN_S = 4.0  # without news of the last results after that
_POLL_S = 0.1

_QUEUE, _QUEUE_BYTES = 30, 128_000_000  # messages of each topic that may wait for the recorder; bytes of so many pairs


class DemoError(FusionPerceptionError):
    """The demonstration failed."""


class ReplayNews:
    """The latest progress that the replay has printed."""

    def __init__(self) -> None:
        self.latest = ReplayProgress()
        self.time_s = time.monotonic()

    def take(self, line: str) -> None:
        """Read one line; runs in the thread that reads the replay's output."""
        progress = ReplayProgress.from_line(line)
        if progress is not None:
            self.latest, self.time_s = progress, time.monotonic()


class News:
    """The latest counts that the recorder has printed."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.time_s = time.monotonic()

    def take(self, line: str) -> None:
        """Read one line; runs in the thread that reads the recorder's output."""
        try:
            counts = json.loads(line)
        except json.JSONDecodeError:
            return
        if isinstance(counts, dict):
            if counts != self.counts:
                self.time_s = time.monotonic()
            self.counts = counts

    @property
    def pairs(self) -> int:
        """Pairs that the cameras have sent."""
        return self.counts.get("pairs", 0)

    @property
    def results(self) -> int:
        """Fused images that came."""
        return self.counts.get("results", 0)

    @property
    def dropped(self) -> int:
        """Pairs that the node says it has dropped."""
        return self.counts.get("dropped", 0)


def wait_for_source(replay: Child, news: ReplayNews, progress: Progress, expected: int) -> None:
    """Wait until everything is decoded that has room: only then the node and the recorder start."""
    while not news.latest.ready:
        _check((replay,))
        if time.monotonic() - news.time_s > _PREPARE_S:
            raise DemoError(f"the source gave nothing for {_PREPARE_S:.0f} s: {replay.why()} (see {replay.log})")
        progress.tick(news.latest.decoded, expected, "pairs decoded")
        time.sleep(_POLL_S)


def queue_depth(pair_bytes: int) -> int:
    """Return how many messages of each topic may wait for the recorder: few of them where images are large."""
    return max(2, min(_QUEUE, _QUEUE_BYTES // pair_bytes)) if pair_bytes else _QUEUE


def wait_for_start(children: tuple[Child, ...], news: News) -> None:
    """Wait for the first pair; the first child is the replay."""
    replay = children[0]
    deadline = time.monotonic() + START_S
    while not news.pairs:
        _check(children)
        if replay.returncode() == 0:
            return  # a source of a single moment
        if time.monotonic() > deadline:
            raise DemoError(f"no image pair came within {START_S:.0f} s: {replay.why()} (see {replay.log})")
        time.sleep(_POLL_S)


def wait_for_end(children: tuple[Child, ...], news: News, progress: Progress, expected: int, stall_s: float) -> None:
    """Follow the counts until the replay has ended and the last results are there."""
    replay = children[0]
    progress.stage("run")
    ended_s: float | None = None
    while True:
        _check(children)
        progress.tick(news.pairs, expected, f"{news.results} results, {news.dropped} dropped")
        now = time.monotonic()
        if replay.returncode() is not None:
            ended_s = now if ended_s is None else ended_s
            complete = news.results + news.dropped >= news.pairs and now - news.time_s > 1.0
            if complete or now - max(ended_s, news.time_s) > _DRAIN_S:
                return
        elif now - news.time_s > stall_s:
            raise DemoError(f"nothing has come for {stall_s:.0f} s: {replay.why()} (see {replay.log})")
        time.sleep(_POLL_S)


def _check(children: tuple[Child, ...]) -> None:
    """Raise DemoError if a process has ended that should not have; the replay may, without an error."""
    for child in children:
        status = child.returncode()
        if status is not None and (status or child.name != "replay"):
            time.sleep(2 * _POLL_S)  # its last words are still on their way
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"has ended with status {status}"
            raise DemoError(f"{child.name} {how}: {child.why()} (see {child.log})")
        if child.log_error is not None:
            raise cannot_write(child.log, child.log_error) from child.log_error
