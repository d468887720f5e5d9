# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Timing with a clock that the test turns."""

import pytest

from fusion_perception.lab.bench import timing
from fusion_perception.lab.bench.timing import compare_calls, summarise, time_calls, warm_up

PAIRS = [("first", "pair"), ("second", "pair")]


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def takes(self, seconds, log=None, name=""):
            def call(pair):
                self.now += seconds() if callable(seconds) else seconds
                if log is not None:
                    log.append((name, pair[0]))

            return call

    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter", lambda: clock.now)
    return clock


def test_time_calls(clock):
    times = time_calls(clock.takes(0.02), PAIRS, 1.0)
    assert times == pytest.approx([20.0] * len(times))
    assert len(times) in {50, 51}


def test_slow_calls_are_still_counted(clock):
    assert len(time_calls(clock.takes(7.0), PAIRS, 1.0)) == timing.MIN_CALLS


def test_pairs_take_turns(clock):
    log = []
    time_calls(clock.takes(0.3, log), PAIRS, 1.0)
    assert [pair for _, pair in log[:4]] == ["first", "second", "first", "second"]


def test_warm_up(clock):
    log = []
    warm_up(clock.takes(10.0, log), PAIRS)
    assert len(log) == timing.WARM_UP_CALLS
    log.clear()
    warm_up(clock.takes(0.01, log), PAIRS)
    assert 50 <= len(log) <= 52


def test_summarise():
    latency = summarise([1.0, 2.0, 3.0, 4.0, 100.0])
    assert (latency.p50, latency.mean, latency.min, latency.max, latency.calls) == (3.0, 22.0, 1.0, 100.0, 5)
    assert latency.p95 == pytest.approx(80.8)


def test_compare_takes_turns_and_swaps_the_order(clock):
    log = []
    result = compare_calls(clock.takes(0.1, log, "a"), clock.takes(0.3, log, "b"), PAIRS, 1.9)
    assert "".join(name for name, _ in log[:8]) == "abbaabba"
    assert [pair for _, pair in log[:4]] == ["first", "first", "second", "second"]
    assert result.ratio.median == pytest.approx(3.0)
    assert result.a.p50 == pytest.approx(100.0)
    assert result.a.calls == result.b.calls == 5


def test_compare_is_blind_to_a_machine_that_slows_down(clock):
    """Both get slower from call to call; the ratio stays, and its spread tells of the noise."""
    speed = [1.0]

    def slower(seconds):
        speed[0] *= 1.01
        return seconds * speed[0]

    result = compare_calls(clock.takes(lambda: slower(0.1)), clock.takes(lambda: slower(0.2)), PAIRS, 30.0)
    assert result.ratio.median == pytest.approx(2.0, rel=0.02)
    assert result.ratio.p05 == pytest.approx(2.0 / 1.01, abs=1e-3)  # b was called first
    assert result.ratio.p95 == pytest.approx(2.0 * 1.01, abs=1e-3)
    assert result.b.max > 1.2 * result.b.min
