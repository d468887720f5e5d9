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


def test_warm_up_ends_when_three_medians_agree(clock):
    log = []
    warmed = warm_up(clock.takes(0.01, log), PAIRS)
    assert warmed.settled
    assert warmed.calls == len(log)
    assert 150 <= len(log) <= 156
    assert warmed.seconds == pytest.approx(1.5, abs=0.06)


def test_warm_up_waits_for_the_clock_of_the_processor(clock):
    """Calls get faster for five seconds: only then the times are worth anything."""
    began = clock.now
    warmed = warm_up(clock.takes(lambda: 0.02 if clock.now - began > 5 else 0.1 - 0.016 * (clock.now - began)), PAIRS)
    assert warmed.settled
    assert 6.0 < warmed.seconds < 8.0


def test_warm_up_is_bounded(clock):
    """A machine that never comes to rest, and an engine that is slow."""
    speed = [1.0]

    def slower():
        speed[0] *= 1.01
        return 0.05 * speed[0]

    warmed = warm_up(clock.takes(slower), PAIRS)
    assert not warmed.settled
    assert timing.WARM_UP_LIMIT <= warmed.seconds < 1.5 * timing.WARM_UP_LIMIT
    assert warm_up(clock.takes(20.0), PAIRS).calls == timing.WARM_UP_CALLS
    assert warm_up(clock.takes(0.1), PAIRS, limit_s=0.0).seconds == pytest.approx(timing.WARM_UP_SECONDS, abs=0.2)


def test_warm_up_wants_pairs():
    with pytest.raises(ValueError, match="no pairs"):
        warm_up(lambda pair: None, [])


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
