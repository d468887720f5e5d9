# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the charts: what is drawn where, with axes, units and legends that can be read."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fusion_perception.lab.pages import plot
from fusion_perception.lab.pages.canvas import WIDTH
from fusion_perception.lab.pages.plot import Series, agreement_chart, bar_chart, line_chart, point_chart

AXES = {"across": "time / s", "up": "latency / ms"}


def parse(figure):
    return ElementTree.fromstring(figure)  # noqa: S314 - our own text


def texts(root):
    return [text.text for text in root.iter("text")]


def bars(names, values, **options):
    return parse(bar_chart("T", names, values, ["#123456"] * len(names), **{**AXES, **options}))


def drawn(root):
    return [rect for rect in root.iter("rect") if rect.get("fill") == "#123456" and rect.get("rx") is None]


CHARTS = {
    "bars": bar_chart("T", ["a"], [1.0], [plot.ORANGE], **AXES),
    "lines": line_chart("T", ["a"], [Series("car", plot.RED, [1.0])], **AXES),
    "points": point_chart("T", [(0.0, 1.0)], {"p50": 1.0}, width=760, **AXES),
    "agreement": agreement_chart("T", [(0.5, 0.5)], width=280, **AXES),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_names_both_axes_and_says_what_it_is(name):
    root = parse(CHARTS[name])
    assert {"T", "time / s", "latency / ms", "0", "1"} <= set(texts(root))
    assert root.find("svg").get("aria-label") == "T"


@pytest.mark.parametrize("name", CHARTS)
def test_every_colour_is_one_of_the_page(name):
    page = Path(plot.__file__).with_name("base.html.j2").read_text(encoding="utf-8")
    used = set(re.findall(r"var\((--\w+)\)", CHARTS[name]))
    assert used and all(page.count(f"{colour}: ") == 2 for colour in used), "by day and by night"


def test_every_named_colour_is_one_of_the_page():
    page = Path(plot.__file__).with_name("base.html.j2").read_text(encoding="utf-8")
    for colour in (plot.BLUE, plot.ORANGE, plot.RED, plot.TEAL, plot.VIOLET, plot.GREY, plot.PALE):
        assert page.count(f"{colour[4:-1]}: ") == 2


def test_one_bar_per_value_and_none_for_a_gap():
    root = bars(["a", "b", "c"], [0.5, None, 1.0], legend=[("day", "#123456"), ("night", plot.BLUE)])
    assert [bar.find("title").text for bar in drawn(root)] == ["a: 0.500", "c: 1.000"]
    heights = [float(bar.get("height")) for bar in drawn(root)]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert {"day", "night"} <= set(texts(root))


@pytest.mark.parametrize("value", [42.98, 1.3, 1000.0, 99_999.0])
def test_large_values_fit_the_scale(value):
    (bar,) = drawn(bars(["a"], [value]))
    assert float(bar.get("y")) >= 20


def test_names_below_do_not_overlap_and_do_not_leave_the_chart():
    names = [f"a name of a pair {i:04d}" for i in range(40)]
    root = bars(names, [1.0] * 40)
    shown = [text for text in root.iter("text") if "…" in (text.text or "")]
    assert len(shown) > 1 and shown[0].text == "a name …r 0000"
    width = 6.4 * len(shown[0].text)
    assert all(float(b.get("x")) - float(a.get("x")) > width for a, b in pairwise(shown))
    assert all(float(text.get("x")) + width / 2 <= WIDTH + 1 for text in shown)


def test_a_few_names_too_many_stand_in_two_lines():
    names = [f"method {i}" for i in range(8)]
    root = bars(names, [1.0] * 8)
    places = [(text.text, float(text.get("y"))) for text in root.iter("text") if (text.text or "").startswith("method")]
    assert [name for name, _ in places] == names
    assert len({y for _, y in places}) == 2 and all(a[1] != b[1] for a, b in pairwise(places))


def test_texts_from_outside_are_escaped_and_made_visible():
    hostile = "<b>\n\x1b[31m\udcff"
    figure = bar_chart(hostile, [hostile], [1.0], ["red"], legend=[(hostile, "red")], **AXES)
    figure += line_chart("T", [hostile], [Series(hostile, "red", [1.0])], across=hostile, up=hostile)
    figure += point_chart(hostile, [(0, 1)], {hostile: 1.0}, width=300, **AXES)
    assert "<b>" not in figure and figure.isprintable()
    assert figure.count(r"&lt;b&gt;\n\x1b[31m\xff") >= 8


def test_lines_skip_gaps():
    root = parse(line_chart("T", ["1", "2", "4"], [Series("car", "#111111", [1.0, None, 0.5])], **AXES))
    assert len(root.find(".//polyline").get("points").split()) == 2
    assert [t.text for t in root.iter("title")] == ["car: 1.000", "car: 0.500"]
    assert "car" in texts(root)


def test_one_dot_per_point_inside_the_axes():
    root = parse(point_chart("T", [(0.0, 10.0), (0.1, 95.0), (0.2, 40.0)], {"p50 40 ms": 40.0}, width=760, **AXES))
    dots = root.findall(".//circle")
    heights = [float(dot.get("cy")) for dot in dots]
    assert len(dots) == 3 and heights[1] < heights[2] < heights[0], "higher latency is not higher up"
    width, height = (float(v) for v in root.find("svg").get("viewBox").split()[2:])
    assert width == 760
    assert all(0 < float(d.get("cx")) < width and 0 < float(d.get("cy")) < height for d in dots)


def test_labels_of_close_marks_do_not_overlap():
    marks = {"p50 55 ms": 55.0, "p95 56 ms": 56.0, "engine 54 ms": 54.5}
    root = parse(point_chart("T", [(0.0, 50.0), (1.0, 60.0)], marks, width=760, **AXES))
    labels = [text for text in root.iter("text") if "mark" in text.get("class")]
    assert [label.text for label in labels] == ["p95 56 ms", "p50 55 ms", "engine 54 ms"]
    assert all(float(b.get("y")) - float(a.get("y")) >= 13.9 for a, b in pairwise(labels))


@pytest.mark.parametrize("latency", [0.0, 0.4, 3.2e5, -5.0])
def test_odd_latencies_are_drawn_too(latency):
    root = parse(point_chart("T", [(0.0, latency)], {}, width=760, **AXES))
    assert len(root.findall(".//circle")) == 1


def test_agreement_has_a_diagonal_and_its_points():
    root = parse(agreement_chart("T", [(0.5, 0.5), (0.9, 0.4)], width=280, **AXES))
    assert len(root.findall(".//circle")) == 2
    assert len([line for line in root.iter("line") if line.get("stroke-dasharray")]) == 1
