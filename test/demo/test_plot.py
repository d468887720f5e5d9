# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the latency plot."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from fusion_perception.demo.plot import latency_plot

SVG = "{http://www.w3.org/2000/svg}"


def draw(*arguments):
    text = latency_plot(*arguments).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def test_one_dot_per_result_inside_the_axes():
    root = draw([0.0, 0.1, 0.2], [10.0, 95.0, 40.0], {"p50": 40.0})
    dots = root.findall(f".//{SVG}circle")
    assert len(dots) == 3
    heights = [float(dot.get("cy")) for dot in dots]
    assert heights[1] < heights[2] < heights[0], "higher latency is not higher up"
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    assert all(0 < float(d.get("cx")) < width and 0 < float(d.get("cy")) < height for d in dots)


def test_labels_of_close_marks_do_not_overlap():
    root = draw([0.0, 1.0], [50.0, 60.0], {"p50": 55.0, "p95": 56.0, "engine": 54.5})
    labels = [t for t in root.findall(f".//{SVG}text") if t.get("fill") == "var(--mark)"]
    assert [label.text for label in labels] == ["p95 56 ms", "p50 55 ms", "engine 54 ms"]
    heights = [float(label.get("y")) for label in labels]
    assert all(b - a >= 13.9 for a, b in pairwise(heights))


@pytest.mark.parametrize("latencies", [[0.0], [0.4], [3.2e5], [-5.0]])
def test_odd_latencies_are_drawn_too(latencies):
    assert len(draw([0.0], latencies, {}).findall(f".//{SVG}circle")) == 1


def test_nothing_to_draw_is_a_sentence():
    assert latency_plot([], [], {}) == '<p class="note">No result, no latency.</p>'
