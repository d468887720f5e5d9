# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the tolerance that follows the cameras' periods."""

import pytest

from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.sync.tolerance import START_NS, automatic_tolerance_ns
from test.sync.streams import MS, Arrival, merge, run, stamps_of, stream


def test_the_rule():
    assert automatic_tolerance_ns(None, 100 * MS) == START_NS
    assert automatic_tolerance_ns(200 * MS, 200 * MS) == 120 * MS
    assert automatic_tolerance_ns(33 * MS, 111 * MS) == automatic_tolerance_ns(111 * MS, 33 * MS) == 24.75 * MS


def test_two_free_running_cameras_of_5_hz_pair():
    matcher, emitted = run(merge(stream("rgb", 5, 10), stream("thermal", 5, 10, start_ms=78)))
    assert len(emitted) >= 48
    assert {rgb - thermal for thermal, rgb in stamps_of(emitted[2:])} == {-78 * MS}
    assert (matcher.hint(), matcher.degradation(10_000 * MS)) == (None, None)


@pytest.mark.parametrize("rate", [5, 10, 30, 60])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.45, 0.5, 0.8])
def test_cameras_of_one_rate_pair_whatever_their_phase(rate, phase):
    """With a twentieth of a period of jitter, which is more than cameras have."""
    period_ms = 1e3 / rate
    arrivals = merge(
        stream("rgb", rate, 10, jitter_ms=period_ms / 20),
        stream("thermal", rate, 10, start_ms=phase * period_ms, jitter_ms=period_ms / 20),
    )
    matcher, emitted = run(arrivals)
    share = 0.85 if 0.4 < phase < 0.6 else 0.97  # half a period apart, two frames may be nearest to the same one
    assert sum(None not in stamps for stamps in stamps_of(emitted)) >= share * 10 * rate - 2
    assert sum(matcher.statistics.alone.values()) == 0


def test_clocks_that_run_apart_pair_through_every_phase():
    """One part in a hundred: the phase goes round once in ten seconds."""
    thermal = stream("thermal", 10.1, 60, start_ms=5)
    matcher, emitted = run(merge(stream("rgb", 10, 60), thermal))
    assert len(emitted) >= 595
    assert sum(matcher.statistics.alone.values()) == 0


def test_a_frame_a_whole_period_apart_is_no_partner():
    """At 30 Hz, where 33 ms used to be within the tolerance: each camera loses frames, but never the same ones."""
    rgb = [a for n, a in enumerate(stream("rgb", 30, 20)) if n % 10 not in (3, 4)]
    thermal = [a for n, a in enumerate(stream("thermal", 30, 20)) if n % 10 not in (5, 6)]
    _, emitted = run(merge(rgb, thermal))
    late = stamps_of(emitted)[5:]
    assert len(late) >= 20 * 30 * 0.6 - 8
    assert max(abs(thermal - rgb) for thermal, rgb in late) <= 3 * MS


def test_beside_a_fast_camera_a_lost_frame_is_not_made_up_for_by_one_far_away():
    """9 Hz beside 30 Hz: half the slower period would be 55 ms, more than a frame of the faster camera."""
    rgb = [a for n, a in enumerate(stream("rgb", 30, 30)) if n % 11 not in (2, 3)]
    _, emitted = run(merge(rgb, stream("thermal", 9, 30, start_ms=3)))
    gaps_ms = [abs(thermal - rgb) / MS for thermal, rgb in stamps_of(emitted)[5:]]
    assert max(gaps_ms) <= 25
    assert len(gaps_ms) >= 9 * 30 * 0.75


@pytest.mark.parametrize("drop", [0.1, 0.5])
def test_losses_do_not_widen_the_tolerance(drop):
    arrivals = merge(
        stream("rgb", 30, 60, drop=drop, seed=1, jitter_ms=0.5),
        stream("thermal", 30, 60, drop=drop, seed=1, jitter_ms=0.5),
    )
    _, emitted = run(arrivals)
    gaps_ms = [abs(thermal - rgb) / MS for thermal, rgb in stamps_of(emitted) if None not in (thermal, rgb)]
    assert sum(gap_ms > 30 for gap_ms in gaps_ms) <= 0.02 * len(gaps_ms)


def test_before_the_periods_are_known_fifty_milliseconds_pair():
    matcher, emitted = run([Arrival(0, "rgb", 0), Arrival(1, "thermal", 49 * MS)])
    assert emitted == []
    assert len(matcher.finish()) == 1


def test_a_tolerance_that_is_given_stays():
    matcher, emitted = run(
        merge(stream("rgb", 5, 10), stream("thermal", 5, 10, start_ms=78)), SyncSettings(80 * MS, allow_missing=False)
    )
    assert len(emitted) >= 49
    assert matcher.tolerance_ns == 80 * MS
    assert PairMatcher().tolerance_ns == START_NS
