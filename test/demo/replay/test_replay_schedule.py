# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the timing of replayed cameras."""

from itertools import islice

import numpy as np
import pytest

from fusion_perception.demo.replay.replay_schedule import ReplayTiming, schedule
from fusion_perception.types import Frame, FramePair

PIXEL = np.zeros((1, 1), np.uint8)


def pairs(number):
    return (FramePair(Frame(PIXEL, index), Frame(PIXEL, index)) for index in range(number))


def times(exposures, sensor):
    return np.array([item.time_s for item in exposures if item.sensor == sensor])


def test_without_effects_both_cameras_expose_at_once_and_evenly():
    exposures = list(schedule(pairs(50), ReplayTiming(rate=20)))
    for sensor in ("thermal", "rgb"):
        np.testing.assert_allclose(times(exposures, sensor), np.arange(50) / 20)


@pytest.mark.parametrize("offset_ms", [-250.0, 8.0, 730.0])
def test_an_offset_delays_thermal_and_keeps_the_order_of_time(offset_ms):
    exposures = list(schedule(pairs(30), ReplayTiming(rate=10, thermal_offset_ms=offset_ms, jitter_ms=5)))
    all_times = [item.time_s for item in exposures]
    assert all_times == sorted(all_times)
    difference_ms = 1e3 * (times(exposures, "thermal") - times(exposures, "rgb"))
    assert difference_ms.mean() == pytest.approx(offset_ms, abs=5)


def test_jitter_has_the_deviation_asked_for_and_never_swaps_frames():
    exposures = list(schedule(pairs(2000), ReplayTiming(rate=10, jitter_ms=10)))
    deviation_s = times(exposures, "rgb") - np.arange(2000) / 10
    assert deviation_s.std() == pytest.approx(0.010, rel=0.1)
    wild = list(schedule(pairs(500), ReplayTiming(rate=10, jitter_ms=500)))
    stamps = [item.frame.stamp_ns for item in wild if item.sensor == "thermal"]
    assert stamps == sorted(stamps)
    assert (np.diff(times(wild, "thermal")) > 0).all()


@pytest.mark.parametrize("offset_ms", [-30.0, 30.0, 130.0])
def test_wild_jitter_keeps_the_order_of_time_between_the_cameras(offset_ms):
    """A frame waits for the earliest that the next pair may bring."""
    exposures = list(schedule(pairs(200), ReplayTiming(rate=10, thermal_offset_ms=offset_ms, jitter_ms=500)))
    all_times = [item.time_s for item in exposures]
    assert all_times == sorted(all_times)


def test_drops_have_the_probability_asked_for():
    exposures = list(schedule(pairs(2000), ReplayTiming(drop_probability=0.2)))
    for sensor in ("thermal", "rgb"):
        assert len(times(exposures, sensor)) == pytest.approx(1600, abs=60)
    assert list(schedule(pairs(20), ReplayTiming(drop_probability=1.0))) == []


def test_the_seed_decides():
    timing = ReplayTiming(jitter_ms=5, drop_probability=0.1, seed=4)
    first, second = ([(e.time_s, e.sensor) for e in schedule(pairs(50), timing)] for _ in range(2))
    other = [(e.time_s, e.sensor) for e in schedule(pairs(50), ReplayTiming(jitter_ms=5, drop_probability=0.1, seed=5))]
    assert first == second
    assert first != other


def test_only_a_few_pairs_are_taken_ahead():
    taken = []

    def endless():
        for index, pair in enumerate(pairs(10**6)):
            taken.append(index)
            yield pair

    list(islice(schedule(endless(), ReplayTiming(rate=10, thermal_offset_ms=300)), 20))
    assert len(taken) < 20


def test_a_missing_frame_is_not_published():
    exposures = list(schedule([FramePair(None, Frame(PIXEL, 0))], ReplayTiming()))
    assert [item.sensor for item in exposures] == ["rgb"]


def test_a_late_source_moves_what_follows_and_keeps_the_order_of_time():
    planned = []

    def delay(time_s):
        planned.append(time_s)
        return 0.0 if time_s < 1.0 else 2.5  # the eleventh pair was not ready

    exposures = list(schedule(pairs(20), ReplayTiming(rate=10, jitter_ms=5, thermal_offset_ms=-8), delay))
    np.testing.assert_allclose(planned, np.arange(20) / 10)
    rgb = times(exposures, "rgb")
    np.testing.assert_allclose(rgb[:10], np.arange(10) / 10, atol=0.046)
    np.testing.assert_allclose(rgb[10:], 2.5 + np.arange(10, 20) / 10, atol=0.046)
    assert [item.time_s for item in exposures] == sorted(item.time_s for item in exposures)
