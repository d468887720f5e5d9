# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the counters: every frame ends in one of them."""

import pytest

from fusion_perception.sync import SyncSettings, SyncStatistics
from test.sync.streams import MS, merge, run, stream


def accounted(matcher):
    """Frames that became something, and those that wait."""
    counted = matcher.statistics
    waiting = sum(len(window.frames) for window in matcher._windows.values())
    return 2 * counted.paired + sum(counted.alone.values()) + counted.no_partner + counted.surplus + waiting


@pytest.mark.parametrize("drop", [0, 0.1])
@pytest.mark.parametrize("rates", [(10, 10), (30, 9), (9, 30), (60, 1)])
@pytest.mark.parametrize("allow_missing", [True, False])
def test_every_frame_is_counted_once(rates, drop, allow_missing):
    rgb, thermal = (stream(name, rate, 9, drop=drop) for name, rate in zip(("rgb", "thermal"), rates, strict=True))
    rgb = [item for item in rgb if not 3000 * MS < item.at_ns < 6000 * MS]
    matcher, _ = run(merge(rgb, thermal), SyncSettings(allow_missing=allow_missing))
    assert matcher.statistics.received == {"thermal": len(thermal), "rgb": len(rgb)}
    assert accounted(matcher) == len(thermal) + len(rgb)
    assert (sum(matcher.statistics.alone.values()) > 0) == allow_missing


@pytest.mark.parametrize("silent", ["rgb", "thermal"])
def test_frames_of_the_anchor_lack_a_partner_and_those_of_the_other_camera_are_surplus(silent):
    """Thermal is the anchor of two cameras of one rate."""
    both = merge(stream("rgb", 10, 6), stream("thermal", 10, 6))
    arrivals = [item for item in both if item.sensor != silent or not 2000 * MS < item.at_ns < 5000 * MS]
    counted = run(arrivals, SyncSettings(allow_missing=False))[0].statistics
    expected = {"rgb": (30, 0), "thermal": (0, 30)}[silent]
    assert (counted.no_partner, counted.surplus) == expected


def test_offsets_in_milliseconds():
    statistics = SyncStatistics()
    assert (statistics.mean_offset_ms, statistics.p95_gap_ms) == (0.0, 0.0)
    for offset_ms in [-10] * 19 + [30]:
        statistics.add_pair(offset_ms * MS)
    assert statistics.paired == 20
    assert statistics.mean_offset_ms == pytest.approx(-8.0)
    assert statistics.p95_gap_ms == pytest.approx(11.0)
    for _ in range(512):
        statistics.add_pair(2 * MS)
    assert (statistics.mean_offset_ms, statistics.p95_gap_ms) == pytest.approx((2.0, 2.0))
