# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import xml.etree.ElementTree as ET

from fusion_perception.lab.evaluation.report.svg import Series, bar_chart, line_chart, reliability_chart


def _parse(svg):
    return ET.fromstring(svg)  # noqa: S314  our own text


def test_one_bar_per_value_and_none_for_a_gap():
    svg = _parse(bar_chart("T", ["a", "b", "c"], [0.5, None, 1.0], lambda i: "#123456"))
    bars = [r for r in svg.iter("rect") if r.get("fill") == "#123456"]
    assert [bar.find("title").text for bar in bars] == ["a: 0.500", "c: 1.000"]
    assert float(bars[1].get("height")) > 1.9 * float(bars[0].get("height"))


def test_texts_are_escaped():
    svg = bar_chart("<script>", ["a&b"], [1.0], lambda i: "red", legend=[('"x"', "red")])
    assert "<script>" not in svg
    assert _parse(svg) is not None


def test_large_values_fit_the_scale():
    svg = _parse(bar_chart("T", ["a"], [42.98], lambda i: "#123456"))
    bar = next(r for r in svg.iter("rect") if r.get("fill") == "#123456")
    assert float(bar.get("y")) >= 29


def test_lines_skip_gaps():
    svg = _parse(line_chart("T", ["1", "2", "4"], [Series("car", "#111111", [1.0, None, 0.5])], "pixels"))
    assert len(svg.find("polyline").get("points").split()) == 2


def test_reliability_has_a_diagonal_and_the_filled_bins():
    svg = _parse(reliability_chart("T", [None, 0.5, 0.9], [None, 0.5, 0.4]))
    assert len(list(svg.iter("circle"))) == 2
    assert any(line.get("stroke-dasharray") for line in svg.iter("line"))
