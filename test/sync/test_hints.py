# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is advised: it has to be true, and possible."""

import re

import pytest

from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.sync.hints import duration
from fusion_perception.types import Frame
from test.sync.streams import MS, PIXEL, Arrival, merge, run, stream

SECOND = 1000 * MS
LIMIT_MS = next(spec.range[1] for spec in FUSION_PARAMETERS if spec.name == "sync.thermal_offset_ms")


@pytest.mark.parametrize("clock_ms", [-1_795_782_684_816.5, 1_795_782_684_816.5, 1e7 + 500, 9.9e6, 86_400.0])
def test_no_offset_is_advised_that_the_node_refuses(clock_ms):
    matcher, _ = run(merge(stream("rgb", 30, 3), stream("thermal", 30, 3, clock_ms=clock_ms)))
    found = re.search(r"sync\.thermal_offset_ms to (-?[\d.]+)", matcher.hint())
    assert (found is not None) == (abs(clock_ms) < LIMIT_MS)
    if found:
        assert abs(float(found[1])) <= LIMIT_MS
    else:
        assert "more than sync.thermal_offset_ms can mend (up to 10000000)" in matcher.hint()
        assert "let it take the stamps from its computer's clock" in matcher.hint()


def test_with_an_offset_set_the_sum_has_to_be_possible():
    settings = SyncSettings(thermal_offset_ns=9_000_000 * MS)
    matcher, _ = run(merge(stream("rgb", 30, 3), stream("thermal", 30, 3, clock_ms=-2e7)), settings)
    assert "thermal_offset_ms to" not in matcher.hint()


@pytest.mark.parametrize("dead", ["thermal", "rgb"])
def test_of_two_cameras_one_of_which_is_dead_both_are_not_said_to_deliver(dead):
    arrivals = merge(stream("rgb", 30, 3), stream("thermal", 30, 3, clock_ms=5000))
    matcher, _ = run(arrivals)
    assert "both cameras deliver" in matcher.hint()
    alive = [a for a in merge(stream("rgb", 30, 6), stream("thermal", 30, 6, clock_ms=5000)) if a.sensor != dead]
    run([a for a in alive if a.at_ns > 3 * SECOND], matcher=matcher)
    assert matcher.hint() is None
    assert matcher.degradation(6 * SECOND) == f"degraded: no {dead} images, so results rest on the other camera alone"


def test_when_both_have_died_neither_is_said_to_deliver():
    matcher, _ = run(merge(stream("rgb", 30, 3), stream("thermal", 30, 3, clock_ms=5000)))
    assert matcher.hint(now_ns=10 * SECOND) is None


def test_cameras_whose_rate_has_changed_get_no_advice_that_is_in_force_already():
    """From 10 Hz to 5 Hz and 78 ms apart: until the tolerance has followed, there is nothing to do but to wait."""
    slow = merge(stream("rgb", 5, 12), stream("thermal", 5, 12, start_ms=78))
    arrivals = merge(stream("rgb", 10, 6), stream("thermal", 10, 6))
    arrivals += [Arrival(a.at_ns + 6 * SECOND, a.sensor, a.stamp_ns + 6 * SECOND) for a in slow]
    matcher = PairMatcher()
    told = set()
    for arrival in arrivals:
        matcher.add(arrival.sensor, Frame(PIXEL, arrival.stamp_ns), arrival.at_ns)
        told |= {matcher.hint(arrival.at_ns), matcher.degradation(arrival.at_ns)}
    assert "degraded: bad thermal images (no stamp within 60 ms of another camera's)" in " ".join(filter(None, told))
    assert not any("deliver but" in sentence or " 0 ms" in sentence for sentence in filter(None, told))
    assert matcher.degradation(arrivals[-1].at_ns) is None


@pytest.mark.parametrize("rate", [5, 10])
def test_a_phase_is_not_called_a_wrong_clock(rate):
    """A tolerance set too small for cameras that run free: nobody needs PTP for that."""
    arrivals = merge(stream("rgb", rate, 5), stream("thermal", rate, 5, start_ms=390 / rate))
    matcher, emitted = run(arrivals, SyncSettings(20 * MS), clock_ns=0)
    hint = matcher.hint()
    assert f"nearest frames are about {390 / rate:.0f} ms apart, less than half a period" in hint
    assert "set sync.tolerance_ms to 0" in hint
    assert "PTP" not in hint
    assert "no stamp within 20 ms of another camera's" in matcher.degradation(5 * SECOND)
    assert {thermal for _, thermal, _ in emitted} == {None}, "RGB is the reference"


def test_a_difference_that_changes_is_not_mended_by_a_constant():
    rgb = stream("rgb", 10, 20)
    thermal = [Arrival(a.at_ns, a.sensor, round(a.stamp_ns * 1.01) + SECOND) for a in stream("thermal", 10, 20)]
    matcher, _ = run(merge(rgb, thermal))
    assert "the difference changes, so no constant mends it" in matcher.hint()
    constant, _ = run(merge(rgb, stream("thermal", 10, 20, clock_ms=1000, jitter_ms=3)))
    assert "if that difference is constant" in constant.hint()


def test_the_reason_is_told_from_the_camera_that_is_left_out():
    arrivals = merge(stream("rgb", 10, 3, clock_ms=2000), stream("thermal", 10, 3))
    matcher, _ = run(arrivals, clock_ns=0)
    assert matcher.outages(3 * SECOND) == {"rgb": "their stamps are 2000 ms ahead of the other camera's"}
    assert "thermal stamps are about 2000 ms behind RGB stamps" in matcher.hint()


def test_lengths_of_time():
    assert [duration(ns) for ns in (-78 * MS, 9_999 * MS, 86_400 * SECOND)] == ["78 ms", "9999 ms", "86400.0 s"]


@pytest.mark.parametrize("late", ["thermal", "rgb"])
def test_images_that_come_late_are_cured_by_the_wait_that_is_advised(late):
    """Stamps are right and the way is long: by arrivals that cannot be told from a wrong clock, so both are named."""
    other = "rgb" if late == "thermal" else "thermal"
    arrivals = merge(stream(late, 10, 6, late_ms=900), stream(other, 10, 6, start_ms=4))
    matcher, _ = run(arrivals, clock_ns=0)
    assert matcher.statistics.paired <= 5  # while the periods are not known, frames wait for longer
    found = re.search(
        rf"if {late} images merely arrive that much later, set sync.max_wait_ms to (\d+) ", matcher.hint()
    )
    cured, _ = run(arrivals, SyncSettings(max_wait_ns=int(found[1]) * MS))
    assert cured.statistics.paired >= 50
    assert cured.hint() is None


def test_no_wait_is_advised_that_the_node_refuses():
    matcher, _ = run(merge(stream("rgb", 30, 3), stream("thermal", 30, 3, clock_ms=-50_000)))
    assert "sync.thermal_offset_ms to" in matcher.hint()
    assert "sync.max_wait_ms" not in matcher.hint()
