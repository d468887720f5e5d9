# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the matcher says where nothing pairs, or where stamps do not advance."""

import re

import pytest

from fusion_perception.sync import SyncSettings
from test.sync.streams import MS, Arrival, merge, run, stream


@pytest.mark.parametrize("clock_ms", [600.0, 1000.0, -1000.0, 9_000_000.0])
def test_unsynchronised_clocks_are_named_with_their_difference(clock_ms):
    arrivals = merge(stream("rgb", 30, 5), stream("thermal", 30, 5, clock_ms=clock_ms))
    matcher, emitted = run(arrivals)
    assert {thermal for _, thermal, _ in emitted} == {None}
    hint = matcher.hint()
    assert hint is not None
    assert ("behind" in hint) == (clock_ms < 0)
    assert f"no two stamps are within {matcher.tolerance_ns / MS:.4g} ms: thermal stamps are about" in hint
    offset_ms = float(re.search(r"thermal_offset_ms to (-?[\d.]+)", hint).group(1))
    assert offset_ms == pytest.approx(-clock_ms, abs=35)
    cured, emitted = run(arrivals, SyncSettings(thermal_offset_ns=round(-clock_ms * MS)))
    assert len(emitted) >= 149
    assert cured.hint() is None


def test_the_hint_stays_silent_while_pairs_come():
    matcher, _ = run(merge(stream("rgb", 30, 3), stream("thermal", 9, 3, start_ms=4)))
    assert matcher.hint() is None


STUCK = {
    "zero": lambda number: 0,
    "frozen": lambda number: 1_700_000_000 * 10**9,
    "backwards": lambda number: (10_000 - 100 * number) * MS,
    "slowly backwards": lambda number: (10_000 - 20 * number) * MS,
}


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
@pytest.mark.parametrize("stamp", STUCK.values(), ids=STUCK)
def test_stamps_that_do_not_advance_are_named(stamp, sensor):
    other = "rgb" if sensor == "thermal" else "thermal"

    def stuck(number):
        return [Arrival((100 * n + 1) * MS, sensor, stamp(n)) for n in range(number)]

    early, _ = run(merge(stream(other, 10, 0.9), stuck(9)))
    assert early.hint() is None
    matcher, _ = run(merge(stream(other, 10, 1.6), stuck(16)))
    hint = matcher.hint()
    assert f"the stamps of {sensor} images do not advance" in hint
    assert f"{stamp(15) / 1e9:.3f} s" in hint
    assert "let the driver fill header.stamp" in hint


def test_both_cameras_without_stamps_are_named():
    matcher, _ = run(Arrival(50 * n * MS, ("rgb", "thermal")[n % 2], 0) for n in range(40))
    assert "the stamps of thermal and rgb images do not advance: they are now at 0.000 s and 0.000 s" in matcher.hint()


@pytest.mark.parametrize("order", [("rgb", "thermal"), ("thermal", "rgb")])
def test_two_cameras_that_run_backwards_are_named_in_whatever_order_they_come(order):
    arrivals = []
    for number in range(40):
        for sensor in order if number % 3 else reversed(order):
            arrivals.append(Arrival(len(arrivals) * 50 * MS, sensor, (10_000 - 100 * number) * MS))
    matcher, _ = run(arrivals)
    assert "the stamps of thermal and rgb images do not advance" in matcher.hint()


@pytest.mark.parametrize(("apart_ms", "two_drivers"), [(0, False), (10, False), (1000, True)])
def test_stamps_that_go_to_and_fro_are_named(apart_ms, two_drivers):
    thermal = [Arrival((100 * n + 1) * MS, "thermal", (n % 2) * apart_ms * MS) for n in range(20)]
    matcher, _ = run(merge(stream("rgb", 10, 2), thermal))
    assert "the stamps of thermal images do not advance" in matcher.hint()
    assert ("more than one driver may publish" in matcher.hint()) == two_drivers


def test_the_hint_at_stamps_ends_with_its_cause():
    thermal = [Arrival((100 * n + 1) * MS, "thermal", 0) for n in range(30)]
    matcher, _ = run(merge(stream("rgb", 10, 3), thermal))
    assert "do not advance" in matcher.hint()
    healthy = [Arrival((3000 + 100 * n + 1) * MS, "thermal", (3000 + 100 * n) * MS) for n in range(12)]
    assert run(healthy, matcher=matcher)[0].hint() is None
    matcher, _ = run(merge(stream("rgb", 10, 6), thermal))  # now it is silent, which is told elsewhere
    assert matcher.missing_sensor(5990 * MS) == "thermal"
    assert matcher.hint() is None


def test_one_jump_back_is_no_reason_for_a_hint():
    one = merge(stream("rgb", 10, 3), stream("thermal", 10, 3, start_ms=5))
    matcher, _ = run([Arrival(a.at_ns + n * 3000 * MS, a.sensor, a.stamp_ns) for n in range(20) for a in one])
    assert matcher.statistics.time_jumps >= 19
    assert matcher.hint() is None
