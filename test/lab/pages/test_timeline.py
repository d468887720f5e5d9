# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of charts over time: places, peaks that stay, events that are counted, and the place of time for the player."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from fusion_perception.lab.pages.plot import BLUE, RED
from fusion_perception.lab.pages.timeline import MOST_POINTS, Curve, event_chart, thinned, time_chart


def parse(figure):
    return ElementTree.fromstring(figure)  # noqa: S314 - our own text


def test_a_peak_of_a_long_run_stays():
    points = [(float(k), 1.0) for k in range(10 * MOST_POINTS)]
    points[4321] = (4321.0, 50.0)
    points[777] = (777.0, -60.0)
    points[6000] = (6000.0, 0.1)
    kept = thinned(points)
    assert len(kept) == MOST_POINTS and {points[4321], points[777], points[6000]} <= set(kept)
    assert kept == sorted(kept)
    assert thinned(points[:5]) == points[:5]


def test_values_below_0_are_drawn_below_the_line_of_0():
    points = [(0.0, -20.0), (1.0, 0.0), (2.0, 20.0)]
    root = parse(time_chart("T", [Curve("c", RED, points, dots=True)], last=2, up="ms", width=760, lowest=-20.0))
    low, zero, high = [float(dot.get("cy")) for dot in root.iter("circle")]
    assert low > zero > high and low - zero == pytest.approx(zero - high, abs=0.2)
    assert {"-20", "0", "20"} <= {text.text for text in root.iter("text")}


def test_a_chart_says_where_time_is():
    root = parse(time_chart("T", [Curve("c", BLUE, [(0, 1), (8, 2)], dots=True)], last=8, up="ms", width=760))
    left, end, last = (float(root.get(f"data-{name}")) for name in ("left", "end", "last"))
    first, second = [float(dot.get("cx")) for dot in root.iter("circle")]
    assert (first, second, last) == (pytest.approx(left, abs=0.1), pytest.approx(end, abs=0.1), 8)


def test_events_are_counted_and_placed_in_the_row_of_their_kind():
    events = {"failed": [(1.0, "why <so>"), (2.0, "again")], "lost": []}
    root = parse(event_chart("T", events, last=4, width=760))
    assert {"failed: 2", "lost: 0"} <= {text.text for text in root.iter("text")}
    strokes = [rect for rect in root.iter("rect") if rect.find("title") is not None]
    assert [stroke.find("title").text for stroke in strokes] == ["failed, 1.00 s: why <so>", "failed, 2.00 s: again"]
    assert len({stroke.get("y") for stroke in strokes}) == 1


@pytest.mark.parametrize("points", [[], [(0.0, 0.0)]])
def test_nothing_and_one_point_are_drawn_too(points):
    assert parse(time_chart("T", [Curve("c", RED, points)], last=0, up="ms", width=400)).find("svg") is not None


def test_a_line_stops_where_nothing_is_known():
    points = [(0.1 * k, 1.0) for k in range(10)] + [(5.0, 2.0)] + [(9 + 0.1 * k, 1.0) for k in range(10)]
    root = parse(time_chart("T", [Curve("c", RED, points)], last=10, up="ms"))
    assert len(list(root.iter("polyline"))) == 2 and len(list(root.iter("circle"))) == 1


@pytest.mark.parametrize(
    ("last", "unit", "seconds"), [(200, "seconds", 200), (3000, "minutes", 3000), (30_000, "hours", 30_000)]
)
def test_a_long_run_is_told_in_minutes_or_hours_and_the_player_still_in_seconds(last, unit, seconds):
    root = parse(time_chart("T", [Curve("c", RED, [(0, 1.0), (last, 2.0)])], last=last, up="ms"))
    assert unit in {text.text for text in root.iter("text")}
    assert float(root.get("data-last")) == seconds


def test_small_values_fill_the_chart():
    root = parse(time_chart("T", [Curve("c", RED, [(0, 0.02), (1, 0.04)], dots=True)], last=1, up="%"))
    low, high = [float(dot.get("cy")) for dot in root.iter("circle")]
    assert low - high > 50


def test_labels_of_close_levels_do_not_overlap():
    levels = {"p50 55 ms": 55.0, "p95 56 ms": 56.0, "engine 54 ms": 54.5}
    root = parse(time_chart("T", [Curve("c", BLUE, [(0.0, 50.0), (1.0, 60.0)])], last=1, up="ms", levels=levels))
    labels = [text for text in root.iter("text") if "mark" in text.get("class")]
    assert [label.text for label in labels] == ["p95 56 ms", "p50 55 ms", "engine 54 ms"]
    assert all(float(b.get("y")) - float(a.get("y")) >= 13.9 for a, b in pairwise(labels))


@pytest.mark.parametrize("value", [0.0, 0.4, 3.2e5, -5.0])
def test_odd_values_are_drawn_too(value):
    root = parse(time_chart("T", [Curve("c", BLUE, [(0.0, value)], dots=True)], last=0, up="ms"))
    assert len(root.findall(".//circle")) == 1
