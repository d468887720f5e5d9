# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of cameras that are left out although they deliver."""

import random

import pytest

from fusion_perception.sync import PairMatcher, SyncSettings, describe_outages
from fusion_perception.types import Frame
from test.sync.streams import MS, PIXEL, merge, run, stamps_of, stream

REASON = "the picture stands still"


def other(sensor):
    return "rgb" if sensor == "thermal" else "thermal"


def cameras(start_ms=0):
    return merge(stream("rgb", 30, 2, start_ms=start_ms), stream("thermal", 10, 2, start_ms=start_ms + 7, late_ms=60))


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_an_excluded_camera_leaves_results_from_the_other_one_at_once(sensor):
    matcher, _ = run(cameras())
    matcher.exclude(sensor, REASON)
    _, emitted = run(cameras(2000), matcher=matcher)
    column = 0 if other(sensor) == "thermal" else 1
    alone = [stamps[column] for stamps in stamps_of(emitted)]
    assert len(alone) == {"thermal": 20, "rgb": 60}[other(sensor)]
    assert {stamps[1 - column] for stamps in stamps_of(emitted)} == {None}
    assert matcher.outages(4000 * MS) == {sensor: REASON}
    assert matcher.hint() is None


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_pairs_come_back_when_it_is_lifted(sensor):
    matcher = PairMatcher()
    matcher.exclude(sensor, REASON)
    run(cameras(), matcher=matcher)
    matcher.exclude(sensor, None)
    _, emitted = run(cameras(2000), matcher=matcher)
    assert sum(None not in stamps for stamps in stamps_of(emitted)) >= 19
    assert matcher.outages(4000 * MS) == {}


def test_two_excluded_cameras_pair_all_the_same():
    matcher = PairMatcher()
    matcher.exclude("thermal", REASON)
    matcher.exclude("rgb", "the picture is black")
    _, emitted = run(cameras(), matcher=matcher)
    assert sum(None not in stamps for stamps in stamps_of(emitted)) >= 19
    assert set(matcher.outages(2000 * MS)) == {"thermal", "rgb"}


def test_an_excluded_camera_is_used_while_the_other_one_is_silent():
    matcher = PairMatcher()
    matcher.exclude("rgb", REASON)
    _, emitted = run(stream("rgb", 10, 3), matcher=matcher)
    assert len(emitted) == pytest.approx(19, abs=1)  # after the first second, which it takes to tell
    assert matcher.outages(3000 * MS) == {"thermal": None, "rgb": REASON}


def test_without_allow_missing_nothing_comes_and_it_is_said():
    matcher = PairMatcher(SyncSettings(allow_missing=False))
    matcher.exclude("rgb", REASON)
    _, emitted = run(cameras(), matcher=matcher)
    assert emitted == []
    text = describe_outages(matcher.outages(2000 * MS), allow_missing=False)
    assert text == f"no results: bad rgb images ({REASON}), and sync.allow_missing is false"


@pytest.mark.parametrize("seed", range(20))
def test_results_stay_in_order_whatever_is_excluded_when(seed):
    generator = random.Random(seed)  # noqa: S311
    rates = generator.choice([(30, 30), (30, 9), (9, 30), (10, 10)])
    arrivals = merge(
        stream("rgb", rates[0], 20, jitter_ms=3, drop=0.05, late_ms=generator.uniform(0, 150), seed=seed),
        stream(
            "thermal", rates[1], 20, start_ms=9, jitter_ms=3, drop=0.05, late_ms=generator.uniform(0, 150), seed=seed
        ),
    )
    matcher, results = PairMatcher(), []
    for arrival in arrivals:
        if generator.random() < 0.05:
            matcher.exclude(generator.choice(["thermal", "rgb"]), generator.choice([None, REASON]))
        for pair in matcher.add(arrival.sensor, Frame(PIXEL, arrival.stamp_ns), arrival.at_ns):
            results.append(pair)
    for stamps in (
        [pair.reference.stamp_ns for pair in results],
        [pair.rgb.stamp_ns for pair in results if pair.rgb],
        [pair.thermal.stamp_ns for pair in results if pair.thermal],
    ):
        assert stamps == sorted(set(stamps))
    assert len(results) >= 100
    statistics = matcher.statistics
    used = 2 * statistics.paired + sum(statistics.alone.values()) + statistics.no_partner + statistics.surplus
    waiting = sum(len(window.frames) for window in matcher._windows.values())
    assert sum(statistics.received.values()) == used + waiting, "every frame must be accounted for"


def test_unknown_sensors_are_refused():
    with pytest.raises(ValueError, match="unknown sensor 'lidar'; allowed: thermal, rgb"):
        PairMatcher().exclude("lidar", REASON)


@pytest.mark.parametrize(
    ("outages", "text"),
    [
        ({}, None),
        ({"thermal": None}, "degraded: no thermal images, so results rest on the other camera alone"),
        ({"rgb": REASON}, f"degraded: bad rgb images ({REASON}), so results rest on the other camera alone"),
        (
            {"thermal": None, "rgb": REASON},
            f"degraded: no thermal images and bad rgb images ({REASON}), so results rest on what there is",
        ),
    ],
)
def test_outages_in_words(outages, text):
    assert describe_outages(outages) == text
