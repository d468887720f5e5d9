# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the replay in this process: what it holds in memory, and what it waits for."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed (make test installs it)")
from rclpy.parameter import Parameter

from fusion_perception.demo.replay import replay_publisher
from fusion_perception.demo.replay.replay_progress import ReplayProgress
from fusion_perception.demo.replay.reporting_replay import ReportingReplay
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.types import Frame, FramePair

pytestmark = pytest.mark.ros
MEGAPIXEL = FramePair(Frame(np.zeros((1000, 1000), np.uint8), 0), Frame(np.zeros((1000, 1000, 3), np.uint8), 0))


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def replay(ros, monkeypatch):
    """Makes replays of a given source; they end with the test."""
    made = []

    def make(source, **parameters):
        monkeypatch.setattr(replay_publisher, "open_source", lambda *_: source)
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = replay_publisher.ReplayPublisher(context=ros, parameter_overrides=overrides)
        made.append(node)
        node.start()
        return node

    yield make
    for node in made:
        node.destroy_node()


def test_progress_is_told_from_the_first_pair_to_the_last_image(replay, monkeypatch, capsys):
    monkeypatch.setattr(replay_publisher, "ReplayPublisher", ReportingReplay)
    node = replay((MEGAPIXEL for _ in range(5)), rate=100.0)
    assert wait_for(node.done.done)
    node.close()
    told = [ReplayProgress.from_line(line) for line in capsys.readouterr().out.splitlines()]
    assert all(earlier != later for earlier, later in pairwise(told)), "only news is told"
    assert next(progress for progress in told if progress.ready).pair_bytes == 4_000_000
    assert told[-1] == ReplayProgress(decoded=0, ready=True, pair_bytes=4_000_000, thermal=5, rgb=5)


def test_decoding_ahead_is_bounded_by_megabytes(replay):
    decoded = []

    def source():
        for number in range(200):
            decoded.append(number)
            yield MEGAPIXEL

    node = replay(source(), look_ahead=100, look_ahead_mb=13, wait_for_subscribers=1, wait_timeout_s=30.0)
    assert wait_for(lambda: node._pairs.full)
    time.sleep(0.3)  # time enough for many more
    assert len(decoded) == 4, "three pairs of 4 MB wait, and one is at hand"
    node.close()


def test_a_slow_source_does_not_use_up_the_time_for_subscribers(replay):
    go_on = threading.Event()

    def source():
        go_on.wait(20)
        yield MEGAPIXEL

    node = replay(source(), wait_for_subscribers=1, wait_timeout_s=0.2)
    time.sleep(0.6)
    assert not node.done.done(), "gave up on subscribers while the source was not ready"
    go_on.set()
    assert wait_for(node.done.done)
    with pytest.raises(FusionPerceptionError, match=r"0 of 1 subscribers came within 0\.2 s"):
        node.close()


def test_a_long_offset_may_not_hold_back_more_than_the_megabytes(replay):
    node = replay((MEGAPIXEL for _ in range(300)), rate=1000.0, thermal_offset_ms=5000.0, look_ahead_mb=20)
    assert wait_for(node.done.done)
    with pytest.raises(DataError, match=r"thermal_offset_ms of 5000 holds back .* allowed: 20 MB"):
        node.close()
