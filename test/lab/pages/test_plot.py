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
from fusion_perception.lab.pages.plot import MOST_BARS, Series, agreement_chart, bar_chart, line_chart
from fusion_perception.lab.pages.timeline import Curve, time_chart

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
    "times": time_chart("T", [Curve("c", plot.BLUE, [(0.0, 1.0)])], last=1, levels={"p50": 1.0}, **AXES),
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
    figure += time_chart(hostile, [Curve(hostile, "red", [(0, 1)])] * 2, last=1, up=hostile, levels={hostile: 1.0})
    assert "<b>" not in figure and figure.isprintable()
    assert figure.count(r"&lt;b&gt;\n\x1b[31m\xff") >= 8


def test_lines_skip_gaps():
    root = parse(line_chart("T", ["1", "2", "4"], [Series("car", "#111111", [1.0, None, 0.5])], **AXES))
    assert len(root.find(".//polyline").get("points").split()) == 2
    assert [t.text for t in root.iter("title")] == ["car: 1.000", "car: 0.500"]
    assert "car" in texts(root)


def test_bars_and_lines_differ_by_more_than_their_colour():
    figure = bar_chart("T", ["a", "b"], [1, 1], ["#111", "#222"], legend=[("day", "#111"), ("night", "#222")], **AXES)
    fills = {rect.get("fill"): rect.get("fill-opacity") for rect in parse(figure).iter("rect")}
    assert fills["#111"] != fills["#222"]
    root = parse(line_chart("T", ["a", "b"], [Series(n, "#111", [1.0, 2.0]) for n in "cde"], **AXES))
    assert len({line.get("stroke-dasharray") for line in root.iter("polyline")}) == 3


def test_a_legend_that_is_too_long_goes_on_below():
    names = [f"a class of a long name {k}" for k in range(7)]
    root = parse(line_chart("T", ["a"], [Series(name, "#111", [1.0]) for name in names], **AXES))
    places = {t.text: (float(t.get("x")), float(t.get("y"))) for t in root.iter("text") if t.text in names}
    assert len({y for _, y in places.values()}) > 2
    assert all(x + 6.4 * len(name) <= WIDTH for name, (x, _) in places.items())


def test_of_too_many_bars_the_least_and_the_largest_stay():
    values = [0.5] * 20 * MOST_BARS
    values[1234], values[4321], values[77] = 0.01, 0.99, None
    names = [str(k) for k in range(len(values))]
    titles = [bar.find("title").text for bar in drawn(bars(names, values))]
    assert len(titles) <= MOST_BARS and {"1234: 0.010", "4321: 0.990"} <= set(titles)


def test_agreement_has_a_diagonal_and_its_points():
    root = parse(agreement_chart("T", [(0.5, 0.5), (0.9, 0.4)], width=280, **AXES))
    assert len(root.findall(".//circle")) == 2
    assert len([line for line in root.iter("line") if line.get("stroke-dasharray")]) == 1
