# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts of a page as inline SVG: bars, lines and points, with axes, units and legends.

A plotting library would bring more than the rest of a page's needs, and pictures that know neither the page's dark
colours nor tooltips; what is drawn here is rectangles, lines and circles. Texts may come from outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fusion_perception.lab.pages.canvas import MARGIN, Canvas, round_top
from fusion_perception.text import to_html

BLUE, ORANGE, RED, TEAL, VIOLET = (f"var(--{name})" for name in ("blue", "orange", "red", "teal", "violet"))
GREY, PALE = "var(--grey)", "var(--pale)"
"""Colours of the page (base.html.j2), by day and by night."""


@dataclass(frozen=True)
class Series:
    """One row of values.

    Attributes:
        name: for legend and tooltips.
        colour: one of those above, or any of CSS.
        values: one per position; None leaves a gap.
    """

    name: str
    colour: str
    values: Sequence[float | None]


def bar_chart(
    title: str,
    names: Sequence[str],
    values: Sequence[float | None],
    colours: Sequence[str],
    *,
    across: str,
    up: str,
    legend: Sequence[tuple[str, str]] = (),
) -> str:
    """Return one bar per name; every name is in the bar's tooltip, and below as far as there is room.

    Args:
        title: what is shown.
        names: one per bar.
        values: one per bar; None draws no bar.
        colours: one per bar.
        across: what a bar is.
        up: what is drawn, with its unit.
        legend: (name, colour) pairs.
    """
    canvas = Canvas(title, across, up, max(1, len(names)), round_top(values), legend)
    canvas.names_below(names)
    width = canvas.x(0.76) - canvas.x(0)
    for i, (name, value, colour) in enumerate(zip(names, values, colours, strict=True)):
        if value is not None:
            y = canvas.y(value)
            canvas.parts.append(
                f'<rect x="{canvas.x(i + 0.12):.1f}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{max(canvas.floor - y, 0.5):.1f}" fill="{colour}">'
                f"<title>{to_html(name)}: {value:.3f}</title></rect>"
            )
    return canvas.done()


def line_chart(title: str, ticks: Sequence[str], series: Sequence[Series], *, across: str, up: str) -> str:
    """Return lines over named positions.

    Args:
        title: what is shown.
        ticks: names of the positions.
        series: the lines, each with a value per position.
        across: what the positions are, with their unit.
        up: what is drawn, with its unit.
    """
    legend = [(line.name, line.colour) for line in series]
    canvas = Canvas(title, across, up, max(1, len(ticks)), round_top(v for line in series for v in line.values), legend)
    canvas.names_below(ticks)
    for line in series:
        points = [(i + 0.5, value) for i, value in enumerate(line.values) if value is not None]
        canvas.curve(points, line.colour)
        canvas.dots(((x, value, f"{line.name}: {value:.3f}") for x, value in points), line.colour)
    return canvas.done()


def point_chart(
    title: str,
    points: Sequence[tuple[float, float]],
    marks: Mapping[str, float],
    *,
    across: str,
    up: str,
    width: int,
    over_time: bool = False,
) -> str:
    """Return a dot per point, and level lines with a label, as for the percentiles of a latency.

    Args:
        title: what is shown.
        points: where, neither coordinate below 0; what is below is drawn at the axis.
        marks: name -> height of a level line.
        across: what the horizontal axis is, with its unit.
        up: what the vertical axis is, with its unit.
        width: of the chart in pixels.
        over_time: the horizontal axis is time in seconds, and the page's player moves a line through it.
    """
    last = max([1.0, *(x for x, _ in points)])
    top = round_top([*(y for _, y in points), *marks.values()])
    canvas = Canvas(title, across, up, last, top, width=width, right=MARGIN)
    canvas.numbers_below()
    canvas.dots(((x, y, f"{x:.4g}: {y:.4g}") for x, y in points), BLUE, 2.6)
    label_y = -math.inf
    for name, value in sorted(marks.items(), key=lambda mark: -mark[1]):
        canvas.line((0, value), (last, value), RED, "5 4")
        label_y = max(canvas.y(value) + 4, label_y + 15)  # labels of close lines stand below one another
        canvas.parts.append(
            f'<text x="{canvas.end + 8}" y="{label_y:.1f}" class="axis mark" style="fill:{RED}">{to_html(name)}</text>'
        )
    return canvas.done(over_time=over_time)


def agreement_chart(title: str, points: Sequence[tuple[float, float]], *, across: str, up: str, width: int) -> str:
    """Return a line through points beside the diagonal, on which both shares (0..1) are alike.

    Args:
        title: what is shown.
        points: (share across, share up).
        across: what is expected.
        up: what was found.
        width: of the chart in pixels.
    """
    canvas = Canvas(title, across, up, 1.0, 1.0, width=width)
    canvas.numbers_below()
    canvas.line((0, 0), (1, 1), GREY, "4 4")
    canvas.curve(points, BLUE)
    canvas.dots(((x, y, f"{x:.2f}: {y:.3f}") for x, y in points), BLUE)
    return canvas.done()
