# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the charts of a run: what is drawn of few and many classes, and what is said where nothing can be drawn."""

import re

from fusion_perception.health import MapShares, RunEvent
from fusion_perception.lab.pages.run_charts import (
    MOST_CLASSES,
    Charts,
    lanes_of,
    offset_chart,
    share_charts,
    trouble_chart,
)

SECOND = 10**9


def titles(charts):
    return [re.search('aria-label="([^"]*)"', chart).group(1) for chart in charts.drawn]


def test_two_classes():
    timed = [(float(k), MapShares((0.9, 0.1), (None, 0.25), {"thermal": 0.5, "rgb": 0.01})) for k in range(3)]
    charts = share_charts(("road", "car"), timed, 2.0)
    assert [title.split()[0] for title in titles(charts)] == ["Share", "Thermal", "Decisions"]
    assert charts.sentences[0] == "Share of each class: 'road' has 90.0 % of the pixels on average, and is not drawn."
    assert "car, 0.00" not in charts.drawn[0] and "polyline" in charts.drawn[0]


def test_forty_classes_are_the_most_frequent_ones_and_all_others_together():
    names = tuple(f"class {k}" for k in range(40))
    shares = tuple([0.61] + [0.01] * 39)
    charts = share_charts(names, [(float(k), MapShares(shares)) for k in range(3)], 2.0)
    assert len(re.findall("<polyline", charts.drawn[0])) == MOST_CLASSES + 1
    assert f"{39 - MOST_CLASSES} others together" in charts.drawn[0]
    (others,) = re.findall(r'<polyline points="[\d.]+,([\d.]+) [^>]*var\(--grey\)', charts.drawn[0])
    (first,) = set(re.findall(r'<polyline points="[\d.]+,([\d.]+) [^>]*var\(--blue\)', charts.drawn[0]))
    assert float(others) < float(first), "the others together are more than any one of them"


def test_what_cannot_be_drawn_is_said():
    assert "no result with a mask" in share_charts(("a", "b"), [], 1.0).sentences[0]
    ground = share_charts(("a", "b"), [(0.0, MapShares((1.0, 0.0)))], 1.0)
    assert ground.drawn == () and "no other class was seen" in ground.sentences[0]
    assert any("no result has an attribution" in sentence for sentence in ground.sentences)
    gradient = share_charts(("a", "b"), [(0.0, MapShares((0.5, 0.5), (None, 0.5)))], 1.0)
    assert any("no Shapley values" in sentence for sentence in gradient.sentences)
    assert offset_chart("T", [], 1.0).drawn == () and "images of both" in offset_chart("T", [], 1.0).sentences[0]


def test_trouble_is_drawn_by_its_kind_and_its_absence_is_said():
    events = [
        RunEvent(3 * SECOND, "warning", "too late"),
        RunEvent(4 * SECOND, "drop", "1"),
        RunEvent(5 * SECOND, "drop", "2"),
    ]
    lanes = lanes_of(events, SECOND)
    assert lanes == {"warning": [(2.0, "too late")], "drop": [(3.0, "1"), (4.0, "2")]}
    charts = trouble_chart({"dark pair": [], **lanes}, 9.0)
    assert "drop: 2" in charts.drawn[0] and "dark pair" not in charts.drawn[0]
    assert trouble_chart({"dark pair": []}, 9.0) == Charts(sentences=("Nothing failed: no dark pair.",))


def test_a_class_has_one_colour_and_one_kind_of_dashes_in_all_charts():
    first = MapShares((0.2, 0.5, 0.2, 0.1), (None, None, None, 0.5))
    second = MapShares((0.2, 0.5, 0.2, 0.1), (None, None, 0.4, 0.6))
    charts = share_charts(("ground", "car", "person", "bike"), [(0.0, first), (1.0, second), (2.0, second)], 2.0)
    strokes = [
        re.findall(r'stroke="(var[^"]*)" stroke-width="2.4"([^/]*)/><text [^>]*>([a-z]+)<', chart)
        for chart in charts.drawn
    ]
    shares, thermal = ({name: (colour, dashes) for colour, dashes, name in found} for found in strokes)
    assert set(shares) == {"car", "person", "bike"} and set(thermal) == {"person", "bike"}
    assert all(shares[name] == thermal[name] for name in thermal) and len(set(shares.values())) == 3
