# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of cameras whose stamps are of no use: results from the other one, and by themselves back to pairs."""

import pytest

from fusion_perception.sync import PairMatcher, SyncSettings
from test.sync.streams import MS, Arrival, merge, run, stamps_of, stream

SECOND = 1000 * MS
RATES = [(10, 10), (30, 30), (30, 9), (9, 30), (5, 5)]

BAD = {
    "zero": lambda number, stamp_ns: 0,
    "repeated": lambda number, stamp_ns: 1_700_000_000 * SECOND,
    "whole seconds": lambda number, stamp_ns: stamp_ns // SECOND * SECOND,
    "backwards": lambda number, stamp_ns: 1_700_000_000 * SECOND - stamp_ns,
    "two publishers": lambda number, stamp_ns: stamp_ns - number % 2 * SECOND,
    "ahead": lambda number, stamp_ns: stamp_ns + SECOND,
    "behind": lambda number, stamp_ns: stamp_ns - SECOND,
    "since its start": lambda number, stamp_ns: stamp_ns - 1_700_000_000 * SECOND,
}


def other(sensor):
    return "rgb" if sensor == "thermal" else "thermal"


def bad_between(sensor, rates, kind, start_s, end_s, seconds, clock_ns=0):
    """Two good cameras, one of which has bad stamps for a while."""
    arrivals = []
    for name, rate in zip(("rgb", "thermal"), rates, strict=True):
        camera = stream(name, rate, seconds, start_ms=7 * (name == "thermal"), jitter_ms=1, clock_ms=clock_ns / MS)
        for number, item in enumerate(camera):
            spoilt = name == sensor and start_s * SECOND <= item.at_ns < end_s * SECOND
            arrivals.append(Arrival(item.at_ns, name, BAD[kind](number, item.stamp_ns)) if spoilt else item)
    return merge(arrivals)


def results_in(emitted, start_s, end_s):
    return [stamps for at_ns, *stamps in emitted if start_s * SECOND <= at_ns < end_s * SECOND]


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
@pytest.mark.parametrize("rates", RATES, ids=lambda rates: "-".join(map(str, rates)))
@pytest.mark.parametrize("kind", BAD)
def test_results_from_the_good_camera_and_back_again(kind, rates, sensor):
    """Within 1.5 seconds results come from the good camera at its rate, and as soon after it is over they are pairs."""
    clock_ns = 1_700_000_000 * SECOND
    arrivals = bad_between(sensor, rates, kind, 4, 10, 14, clock_ns)
    matcher = PairMatcher()
    _, before = run([item for item in arrivals if item.at_ns < 4 * SECOND], matcher=matcher, clock_ns=clock_ns)
    assert sum(None not in stamps for stamps in results_in(before, 0, 4)) >= 3.5 * min(rates)
    assert matcher.outages(4 * SECOND) == {}

    _, during = run([item for item in arrivals if 4 <= item.at_ns / SECOND < 10], matcher=matcher, clock_ns=clock_ns)
    good = ("rgb", "thermal").index(other(sensor))
    column = 1 - good  # results are (thermal, rgb)
    alone = results_in(during, 5.5, 10)
    assert {stamps[1 - column] for stamps in alone} == {None}
    assert len(alone) >= 4.5 * rates[good] - 2
    reasons = matcher.outages(10 * SECOND)
    assert list(reasons) == [sensor]
    assert "stamps" in reasons[sensor]
    assert f"degraded: bad {sensor} images ({reasons[sensor]})" in matcher.degradation(10 * SECOND)
    assert matcher.hint() is not None

    _, after = run([item for item in arrivals if item.at_ns >= 10 * SECOND], matcher=matcher, clock_ns=clock_ns)
    late = results_in(after, 11.6, 14)
    assert all(None not in stamps for stamps in late)
    assert len(late) >= 2.4 * min(rates) - 2
    assert matcher.outages(14 * SECOND) == {}
    assert matcher.hint() is None
    for stamps in zip(*stamps_of(before + during + after), strict=True):
        given = [stamp for stamp in stamps if stamp is not None]
        assert len(given) == len(set(given)), "no stamp is given twice"


@pytest.mark.parametrize("kind", ["zero", "repeated", "backwards", "ahead", "behind", "since its start"])
def test_a_camera_that_is_bad_from_the_start(kind):
    clock_ns = 1_700_000_000 * SECOND
    arrivals = bad_between("thermal", (10, 10), kind, 0, 99, 5, clock_ns)
    _, emitted = run(arrivals, clock_ns=clock_ns)
    assert len(results_in(emitted, 1.5, 5)) == pytest.approx(35, abs=1)
    assert sum(thermal is not None for _, thermal, _ in emitted) <= 1  # the first one looked right


def test_two_cameras_without_stamps_give_nothing_and_it_is_said():
    matcher, emitted = run(Arrival(50 * n * MS, ("rgb", "thermal")[n % 2], 0) for n in range(60))
    assert len(emitted) == 1  # the first two frames looked right
    reason = "their stamps do not advance"
    assert matcher.degradation(3 * SECOND) == f"no results: bad thermal images ({reason}) and bad rgb images ({reason})"


@pytest.mark.parametrize("back", [False, True])
def test_the_verdict_does_not_flap(back):
    """Stamps that are good for half a second now and then change nothing; nor do ones that are bad as briefly."""
    arrivals, changes, outages = [], 0, None
    for number in range(300):
        at_ns = number * 100 * MS
        bad = (number % 20 >= 5) != back and number >= 20
        arrivals += [Arrival(at_ns, "rgb", at_ns), Arrival(at_ns + MS, "thermal", 0 if bad else at_ns)]
    matcher = PairMatcher()
    for arrival in arrivals:
        run([arrival], matcher=matcher)
        changes += matcher.outages(arrival.at_ns) != outages
        outages = matcher.outages(arrival.at_ns)
    assert changes <= 2


@pytest.mark.parametrize("copies", [2, 3])
def test_frames_that_are_sent_several_times_are_no_reason(copies):
    arrivals = [item for item in merge(stream("rgb", 10, 5), stream("thermal", 10, 5)) for _ in range(copies)]
    matcher, emitted = run(arrivals)
    assert len(emitted) == 50
    assert matcher.outages(5 * SECOND) == {}


@pytest.mark.parametrize("length", [4, 10, 30])
def test_a_short_recording_in_a_loop_is_no_reason(length):
    one = merge(stream("rgb", 10, length / 10), stream("thermal", 10, length / 10, start_ms=5))
    arrivals = [Arrival(a.at_ns + n * 100 * length * MS, a.sensor, a.stamp_ns) for n in range(10) for a in one]
    matcher, emitted = run(arrivals)
    assert sum(matcher.statistics.alone.values()) == 0
    assert len(emitted) >= 9.5 * (length - 1)


@pytest.mark.parametrize(
    ("ages_ms", "suspect", "known"),
    [
        ({"thermal": -1000, "rgb": 0}, "thermal", True),
        ({"thermal": 0, "rgb": -1000}, "rgb", True),
        ({"thermal": 30, "rgb": 1030}, "rgb", True),
        ({"thermal": 450, "rgb": 1450}, "rgb", True),
        ({"thermal": 550, "rgb": 1550}, "thermal", False),  # nearer to the clock, but not near
        ({"thermal": 3_600_000, "rgb": 3_601_000}, "thermal", False),  # a recording: the clock does not help
        ({"thermal": 0, "rgb": 1_700_000_000_000}, "rgb", True),
    ],
)
def test_the_camera_that_is_farther_from_the_clock_is_left_out(ages_ms, suspect, known):
    arrivals = merge(*(stream(name, 30, 3, clock_ms=-age_ms) for name, age_ms in ages_ms.items()))
    matcher, emitted = run(arrivals, clock_ns=0)
    assert list(matcher.outages(3 * SECOND)) == [suspect]
    assert ("cannot be told here, and RGB is the reference" in matcher.hint()) != known
    assert (f"by this computer's clock those of {suspect} are wrong" in matcher.hint()) == known
    assert len(emitted) >= 55


def test_a_recording_of_long_ago_pairs_and_nothing_is_wrong():
    matcher, emitted = run(merge(stream("rgb", 30, 3), stream("thermal", 30, 3, start_ms=4)), clock_ns=10**18)
    assert len(emitted) >= 88
    assert (matcher.hint(), matcher.degradation(3 * SECOND)) == (None, None)
    assert matcher.ages_ns()["rgb"] == pytest.approx(10**18, rel=1e-6)


def test_of_an_excluded_and_a_shifted_camera_the_shifted_one_is_used():
    """A frozen picture is of no use; one with a stamp from another clock is."""
    matcher = PairMatcher()
    matcher.exclude("rgb", "the picture stands still")
    _, emitted = run(merge(stream("rgb", 10, 4), stream("thermal", 10, 4, clock_ms=1000)), matcher=matcher, clock_ns=0)
    assert len(emitted) == 40
    assert {rgb for _, _, rgb in emitted} == {None}
    matcher.exclude("thermal", "the picture is black")
    _, emitted = run(
        merge(stream("rgb", 10, 4, start_ms=4000), stream("thermal", 10, 4, start_ms=4000, clock_ms=1000)),
        matcher=matcher,
        clock_ns=0,
    )
    assert len(results_in(emitted, 4, 8)) >= 39


def test_without_single_frames_pairs_come_back_at_once():
    good = merge(stream("rgb", 10, 4), stream("thermal", 10, 4, start_ms=5))
    shifted = merge(stream("rgb", 10, 4, start_ms=4000), stream("thermal", 10, 4, start_ms=4000, clock_ms=1000))
    again = merge(stream("rgb", 10, 4, start_ms=10000), stream("thermal", 10, 4, start_ms=10005))
    _, emitted = run(good + shifted + again, SyncSettings(allow_missing=False))
    assert len(results_in(emitted, 10, 14)) >= 39
    assert all(None not in stamps for stamps in stamps_of(emitted))
