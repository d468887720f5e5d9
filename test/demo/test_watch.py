# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of following the processes: slowness is no failure, silence is, and a full disk is told at once."""

import errno
import io
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from fusion_perception.demo import watch
from fusion_perception.demo.replay.replay_progress import ReplayProgress
from fusion_perception.errors import DataError
from fusion_perception.progress import Progress


class FakeChild(SimpleNamespace):
    """A process that has printed some lines."""

    def __init__(self, *lines, status=None, log_error=None):
        super().__init__(name="replay", log=Path("log/replay.log"), lines=list(lines), log_error=log_error)
        self.returncode = lambda: status
        self.why = lambda: self.lines[-1] if self.lines else "it wrote nothing"


@pytest.fixture
def progress():
    return Progress(io.StringIO())


def test_a_source_that_decodes_slowly_is_waited_for(monkeypatch, progress):
    monkeypatch.setattr(watch, "_PREPARE_S", 0.5)
    monkeypatch.setattr(watch, "_POLL_S", 0.01)
    news = watch.ReplayNews()

    def decode():
        for number in range(8):  # three times as long as it may be silent
            time.sleep(0.2)
            news.take(ReplayProgress(decoded=number).to_line())
        news.take(ReplayProgress(decoded=8, ready=True, pair_bytes=1).to_line())

    thread = threading.Thread(target=decode)
    thread.start()
    watch.wait_for_source(FakeChild(), news, progress, 8)
    thread.join()
    assert news.latest.decoded == 8


def test_a_source_that_gives_nothing_more_is_given_up(monkeypatch, progress):
    monkeypatch.setattr(watch, "_PREPARE_S", 0.1)
    monkeypatch.setattr(watch, "_POLL_S", 0.01)
    with pytest.raises(watch.DemoError, match="the source gave nothing for 0 s: 3 pairs ready"):
        watch.wait_for_source(FakeChild("3 pairs ready"), watch.ReplayNews(), progress, 8)


def test_a_log_on_a_full_disk_is_told_at_once(progress):
    child = FakeChild(log_error=OSError(errno.ENOSPC, "No space left on device"))
    began = time.monotonic()
    with pytest.raises(DataError, match=r"^cannot write log/replay\.log: No space left on device; free some space"):
        watch.wait_for_source(child, watch.ReplayNews(), progress, 8)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("pair_bytes", "depth"),
    [(1_228_800, 30), (60_000_000, 2), (900_500_000, 2), (0, 30), (4_266_666, 30), (4_300_000, 29)],
)
def test_few_large_images_wait_for_the_recorder(pair_bytes, depth):
    assert watch.queue_depth(pair_bytes) == depth
