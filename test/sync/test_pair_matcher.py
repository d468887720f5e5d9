# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the pairing on the stamp sequences that break stock synchronisers."""

import json
from pathlib import Path

import pytest

from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.types import Frame
from test.sync.streams import MS, PIXEL, Arrival, merge, mutual_nearest, run, stamps_of, stream

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))


def test_equal_rates_pair_every_frame_at_once():
    arrivals = merge(stream("rgb", 10, 5), stream("thermal", 10, 5, start_ms=8, jitter_ms=1))
    matcher, emitted = run(arrivals)
    assert stamps_of(emitted) == mutual_nearest(arrivals, 50 * MS)
    assert matcher.statistics.paired == 50
    thermal_arrivals = {a.stamp_ns: a.at_ns for a in arrivals if a.sensor == "thermal"}
    waits = [at_ns - thermal_arrivals[thermal] for at_ns, thermal, _ in emitted[2:]]
    assert max(waits) == 0, "a pair must not wait for frames that cannot change it"


@pytest.mark.parametrize(("fast", "slow"), [("rgb", "thermal"), ("thermal", "rgb")])
def test_rate_mismatch_keeps_every_frame_of_the_slower_camera(fast, slow):
    arrivals = merge(stream(fast, 30, 20, jitter_ms=1), stream(slow, 9, 20, start_ms=11, jitter_ms=1))
    matcher, emitted = run(arrivals)
    assert matcher.anchor == slow
    best = mutual_nearest(arrivals, 50 * MS)
    # While the rates are still unknown, and at the very end, single pairs may differ.
    assert len(emitted) >= len(best) - 2
    assert len(set(stamps_of(emitted)) & set(best)) >= len(best) - 4
    assert matcher.statistics.no_partner <= 8  # frames of the wrong anchor before the rates are known
    assert matcher.statistics.surplus == pytest.approx(30 * 20 - 9 * 20, abs=12)


@pytest.mark.parametrize(("thermal", "rgb", "anchor"), [(10, 10, "thermal"), (10, 8.3, "thermal"), (10, 7.7, "rgb")])
def test_the_anchor_moves_to_a_camera_that_is_clearly_slower_and_not_for_jitter(thermal, rgb, anchor):
    matcher = PairMatcher()
    anchors = set()
    for arrival in merge(stream("rgb", rgb, 10, jitter_ms=1), stream("thermal", thermal, 10, start_ms=4, jitter_ms=1)):
        run([arrival], matcher=matcher)
        anchors.add(matcher.anchor)
    assert matcher.anchor == anchor
    assert anchors == {"thermal", anchor}


def test_the_anchor_stays_until_the_rates_are_known():
    """A frame that is lost at the very start looks like a slower camera."""
    rgb = stream("rgb", 10, 3)
    matcher, emitted = run(merge([rgb[0], *rgb[2:]], stream("thermal", 10, 3, start_ms=4)))
    assert matcher.anchor == "thermal"
    assert len(emitted) == 29


def test_a_lost_frame_holds_up_no_later_pair():
    rgb, thermal = stream("rgb", 10, 4), stream("thermal", 10, 4, start_ms=4)
    _, emitted = run(merge(rgb[:20] + rgb[21:], thermal))
    arrivals = {item.stamp_ns: item.at_ns for item in thermal}
    assert len(emitted) == 39
    assert all(at_ns == arrivals[stamp_ns] for at_ns, stamp_ns, _ in emitted[5:])


def test_a_bag_in_a_loop_gives_the_same_pairs_in_every_loop():
    one = merge(stream("rgb", 30, 20), stream("thermal", 9, 20, start_ms=5, late_ms=30))
    period_ns = 20_100 * MS
    arrivals = [Arrival(a.at_ns + n * period_ns, a.sensor, a.stamp_ns) for n in range(4) for a in one]
    matcher, emitted = run(arrivals)
    loops = [[pair for pair in emitted if pair[0] // period_ns == n] for n in range(4)]
    assert all(len(loop) >= 178 for loop in loops), [len(loop) for loop in loops]
    assert matcher.statistics.time_jumps == 3
    assert max(abs(thermal - rgb) for _, thermal, rgb in emitted) <= 50 * MS


def test_a_late_stream_still_gets_the_nearest_frames():
    arrivals = merge(stream("rgb", 60, 10), stream("thermal", 30, 10, start_ms=3, late_ms=200))
    _, emitted = run(arrivals)
    best = mutual_nearest(arrivals, 50 * MS)
    assert set(stamps_of(emitted)) >= set(best[1:-1])


def test_a_loop_of_a_late_stream_loses_nothing_in_the_middle():
    one = merge(stream("rgb", 30, 6), stream("thermal", 30, 6, start_ms=3, late_ms=200))
    arrivals = sorted(
        (Arrival(a.at_ns + n * 6000 * MS, a.sensor, a.stamp_ns) for n in range(3) for a in one), key=lambda a: a.at_ns
    )
    matcher, _ = run(arrivals)
    assert matcher.statistics.paired >= 3 * 180 - 3 * 8


@pytest.mark.parametrize(("gap_ns", "pairs"), [(50 * MS, 20), (50 * MS + 1, 0), (-50 * MS, 20), (-50 * MS - 1, 0)])
def test_the_tolerance_is_inclusive(gap_ns, pairs):
    arrivals = merge(
        [Arrival((n * 200 + 1) * MS, "rgb", n * 200 * MS) for n in range(20)],
        [Arrival((n * 200 + 60) * MS, "thermal", n * 200 * MS + gap_ns) for n in range(20)],
    )
    _, emitted = run([*arrivals, Arrival(10**10, "rgb", 10**10)], SyncSettings(50 * MS, allow_missing=False))
    assert len(emitted) == pairs


@pytest.mark.parametrize("late_ms", [7, -7])
@pytest.mark.parametrize("number", [1, 2, 12])
def test_the_end_of_a_recording_settles_what_waits(number, late_ms):
    arrivals = merge(stream("rgb", 10, number / 10), stream("thermal", 10, number / 10, late_ms=40, clock_ms=late_ms))
    matcher, emitted = run(arrivals)
    pairs = stamps_of(emitted) + [(pair.thermal.stamp_ns, pair.rgb.stamp_ns) for pair in matcher.finish()]
    assert pairs == mutual_nearest(arrivals, 50 * MS)
    assert matcher.statistics.paired == number
    assert matcher.finish() == []


def test_the_end_of_a_recording_pairs_nothing_beyond_the_tolerance():
    matcher, emitted = run([Arrival(0, "rgb", 0), Arrival(1, "thermal", 51 * MS), Arrival(2, "rgb", 200 * MS)])
    assert emitted == []
    assert matcher.finish() == []
    assert matcher.statistics.no_partner + matcher.statistics.surplus == 3


@pytest.mark.parametrize("seed", range(5))
def test_jitter_and_drops_agree_with_hindsight(seed):
    arrivals = merge(
        stream("rgb", 30, 20, jitter_ms=3, drop=0.1, seed=seed),
        stream("thermal", 30, 20, start_ms=7, jitter_ms=3, drop=0.1, seed=seed),
    )
    matcher, emitted = run(arrivals, SyncSettings(tolerance_ns=20 * MS))
    best = mutual_nearest(arrivals, 20 * MS)
    assert len(set(stamps_of(emitted)) & set(best)) >= 0.99 * len(best)
    received = sum(matcher.statistics.received.values())
    waiting = received - 2 * len(emitted) - matcher.statistics.no_partner - matcher.statistics.surplus
    assert 0 <= waiting <= 3, "every frame must be accounted for"


@pytest.mark.parametrize("seed", range(10))
def test_frames_are_used_once_and_in_order(seed):
    arrivals = merge(
        stream("rgb", 25, 10, jitter_ms=8, drop=0.2, seed=seed), stream("thermal", 19, 10, jitter_ms=8, seed=seed)
    )
    _, emitted = run(arrivals)
    for column in zip(*stamps_of(emitted), strict=True):
        assert list(column) == sorted(set(column))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_stamps(path):
    document = json.loads(path.read_text())
    arrivals = [Arrival(at_ns, document["sensors"][sensor], stamp) for at_ns, sensor, stamp in document["arrivals"]]
    _, emitted = run(arrivals, SyncSettings(tolerance_ns=document["tolerance_ns"], allow_missing=False))
    assert [list(stamps) for stamps in stamps_of(emitted)] == document["pairs"]


def test_there_are_recordings():
    assert RECORDED


def test_frames_that_do_not_advance_are_counted_and_skipped():
    matcher = PairMatcher()
    for stamp_ms in (100, 100, 90, 200):
        matcher.add("rgb", Frame(PIXEL, stamp_ms * MS), stamp_ms * MS)
    assert (matcher.statistics.duplicates, matcher.statistics.out_of_order) == (1, 1)
    assert matcher.statistics.received["rgb"] == 2
    assert matcher.statistics.time_jumps == 0


def test_one_camera_goes_on_alone_and_pairs_come_back():
    rgb = stream("rgb", 10, 10)
    thermal = [a for a in stream("thermal", 10, 10, start_ms=5) if not 3000 * MS < a.at_ns < 6000 * MS]
    matcher, emitted = run(merge(rgb, thermal))
    alone = [rgb_ns for _, thermal_ns, rgb_ns in emitted if thermal_ns is None]
    assert len(alone) == pytest.approx(20, abs=1)  # three seconds of silence, one of them to notice
    assert min(alone) >= 3900 * MS
    assert max(alone) <= 6010 * MS
    assert matcher.statistics.paired >= 68
    assert matcher.missing_sensor(10_000 * MS) is None


@pytest.mark.parametrize("step_ms", [-400, -300, -200])
def test_a_single_camera_whose_clock_is_set_back_a_little_loses_no_result(step_ms):
    arrivals = stream("rgb", 10, 6)
    arrivals = [a if n < 40 else Arrival(a.at_ns, a.sensor, a.stamp_ns + step_ms * MS) for n, a in enumerate(arrivals)]
    matcher, emitted = run(arrivals)
    assert matcher.statistics.time_jumps == 1
    assert stamps_of(emitted)[-48:] == [(None, arrival.stamp_ns) for arrival in arrivals[-48:]]


def test_a_camera_that_never_comes_is_missing():
    matcher, emitted = run(stream("thermal", 10, 3))
    assert matcher.missing_sensor(2990 * MS) == "rgb"
    assert {rgb for _, _, rgb in emitted} == {None}
    _, nothing = run(stream("thermal", 10, 3), SyncSettings(allow_missing=False))
    assert nothing == []


def test_a_pause_of_both_cameras_makes_no_single_frames():
    first = merge(stream("rgb", 10, 2), stream("thermal", 10, 2, start_ms=5))
    second = [Arrival(a.at_ns + 60_000 * MS, a.sensor, a.stamp_ns + 60_000 * MS) for a in first]
    matcher, emitted = run(first + second)
    assert sum(matcher.statistics.alone.values()) == 0
    assert len(emitted) == 40


def test_a_slow_camera_is_not_a_dead_one():
    arrivals = merge(stream("rgb", 10, 30), stream("thermal", 0.5, 30, start_ms=5))
    matcher, _ = run(arrivals)
    assert matcher.statistics.paired >= 13
    assert sum(matcher.statistics.alone.values()) <= 12  # only until its second frame tells its period


def test_a_slow_camera_that_loses_a_frame_is_not_a_dead_one():
    slow = [item for number, item in enumerate(stream("thermal", 1, 30, jitter_ms=100)) if number % 5 != 4]
    matcher, _ = run(merge(stream("rgb", 10, 30), slow))
    assert matcher.statistics.paired >= 22
    assert sum(matcher.statistics.alone.values()) == 0


def test_memory_is_bounded_when_nothing_pairs():
    settings = SyncSettings(window=10, allow_missing=False)
    matcher, _ = run(merge(stream("rgb", 30, 20), stream("thermal", 30, 20, clock_ms=5000)), settings)
    assert all(len(window.frames) <= 10 for window in matcher._windows.values())
    assert matcher.statistics.no_partner + matcher.statistics.surplus == 2 * (600 - 10)


def test_frames_do_not_wait_for_ever():
    arrivals = merge(stream("rgb", 10, 5), stream("thermal", 10, 5, late_ms=450))
    assert len(run(arrivals)[1]) >= 45
    _, emitted = run(arrivals, SyncSettings(max_wait_ns=300 * MS, allow_missing=False))
    assert len(emitted) <= 1  # the very first frame may wait: the period is not known yet


def test_a_frame_waits_two_periods_of_a_slow_camera():
    """Once a second, and 700 ms on its way: that is longer than ``max_wait_ns``, and its partner is still there."""
    arrivals = merge(stream("rgb", 10, 12), stream("thermal", 1, 12, start_ms=3, late_ms=700))
    _, emitted = run(arrivals, SyncSettings(max_wait_ns=500 * MS, allow_missing=False))
    pairs = set(stamps_of(emitted))
    assert {(thermal, rgb) for thermal, rgb in mutual_nearest(arrivals, 50 * MS) if thermal > 3000 * MS} <= pairs


def test_of_two_frames_that_want_the_same_partner_the_nearer_one_gets_it():
    """An RGB frame is lost, and the next one, which comes late, is within the tolerance of two thermal frames."""
    steady = merge(stream("rgb", 30, 1), stream("thermal", 30, 1))
    late = [(1000, "thermal", 1000), (1034, "thermal", 1034), (1040, "rgb", 1030)]
    arrivals = steady + [Arrival(at * MS, sensor, stamp * MS) for at, sensor, stamp in late]
    _, emitted = run(arrivals, SyncSettings(tolerance_ns=50 * MS))
    assert stamps_of(emitted)[-1] == (1034 * MS, 1030 * MS)
    assert len(emitted) == 31


def test_changed_settings_apply_at_once():
    arrivals = merge(stream("rgb", 10, 2), stream("thermal", 10, 2, start_ms=30))
    matcher, emitted = run(arrivals, SyncSettings(tolerance_ns=10 * MS, allow_missing=False))
    assert emitted == []
    matcher.apply(SyncSettings(tolerance_ns=40 * MS))
    later = [Arrival(a.at_ns + 2000 * MS, a.sensor, a.stamp_ns + 2000 * MS) for a in arrivals]
    _, emitted = run(later, matcher=matcher)
    assert len(emitted) == 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tolerance_ns": -1}, "tolerance_ns is -1"),
        ({"window": 1}, "window is 1"),
        ({"max_wait_ns": 0}, "max_wait_ns is 0"),
        ({"missing_after_ns": 0}, "missing_after_ns is 0"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        SyncSettings(**changes)


def test_the_smallest_settings_are_accepted():
    SyncSettings(tolerance_ns=0, window=2, max_wait_ns=1, missing_after_ns=1)


def test_unknown_sensors_are_refused():
    with pytest.raises(ValueError, match="unknown sensor 'lidar'; allowed: thermal, rgb"):
        PairMatcher().add("lidar", Frame(PIXEL, 0), 0)
