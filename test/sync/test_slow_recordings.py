# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of recordings that are played slowly or fast: limits in milliseconds are meant for real time."""

import pytest

from fusion_perception.sync import PairMatcher
from fusion_perception.sync.presence import Presence
from test.sync.streams import MS, Arrival, merge, run, stamps_of, stream

SECOND = 1000 * MS


def played(arrivals, speed):
    return [Arrival(round(a.at_ns / speed), a.sensor, a.stamp_ns) for a in arrivals]


@pytest.mark.parametrize("speed", [0.01, 0.1, 0.5, 1, 5, 20])
@pytest.mark.parametrize("rates", [(10, 10), (30, 9)], ids=["10-10", "30-9"])
def test_pairs_are_the_same_at_every_speed(rates, speed):
    one = merge(
        stream("rgb", rates[0], 20, jitter_ms=2), stream("thermal", rates[1], 20, start_ms=7, jitter_ms=2, late_ms=250)
    )
    _, at_once = run(one)
    matcher, emitted = run(played(one, speed))
    assert sum(matcher.statistics.alone.values()) == 0
    assert len(set(stamps_of(emitted)) & set(stamps_of(at_once))) >= 0.95 * len(at_once)
    assert matcher.degradation(round(20 * SECOND / speed)) is None


@pytest.mark.parametrize("speed", [0.1, 1, 5])
def test_a_camera_that_dies_in_the_recording_is_missed_after_a_second_of_it(speed):
    thermal = [a for a in stream("thermal", 10, 20) if a.at_ns < 10 * SECOND]
    _, emitted = run(played(merge(stream("rgb", 10, 20), thermal), speed))
    first = min(rgb for thermal, rgb in stamps_of(emitted) if thermal is None)
    # Played fast, a second of the clock is more of the recording.
    assert first == pytest.approx((10 + max(1, speed)) * SECOND, abs=0.4 * SECOND)


def test_a_paused_recording_has_no_dead_camera():
    one = merge(stream("rgb", 10, 3), stream("thermal", 10, 3, start_ms=5))
    later = [Arrival(a.at_ns + 300 * SECOND, a.sensor, a.stamp_ns + 3 * SECOND) for a in one]
    matcher, emitted = run(one + later)
    assert sum(matcher.statistics.alone.values()) == 0
    assert len(emitted) >= 59


def test_stamps_of_one_camera_that_creep_do_not_make_the_other_ones_death_last():
    matcher = PairMatcher()
    creeping = [Arrival(a.at_ns, a.sensor, a.stamp_ns // 1000) for a in stream("thermal", 10, 3)]
    run(merge(stream("rgb", 10, 3), creeping), matcher=matcher)
    assert matcher.patience_ns("rgb") == pytest.approx(SECOND, rel=0.05)


def test_the_pace_is_one_until_it_is_known():
    presence = Presence()
    assert presence.pace({"thermal": None, "rgb": None}) == 1
    for number in range(5):
        presence.note("rgb", number * SECOND, SECOND)
    assert presence.pace({"thermal": None, "rgb": 100 * MS}) == pytest.approx(10)
    assert presence.pace({"thermal": None, "rgb": 10 * SECOND}) == 1
