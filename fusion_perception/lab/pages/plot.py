# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts of a page as inline SVG: bars, lines and points, with axes, units and legends.

A plotting library would bring more than the rest of a page's needs, and pictures that know neither the page's dark
colours nor tooltips; what is drawn here is rectangles, lines and circles. Texts may come from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from fusion_perception.lab.pages.canvas import DASHES, FILLS, Canvas, Key, round_top
from fusion_perception.text import to_html

BLUE, ORANGE, RED, TEAL, VIOLET = (f"var(--{name})" for name in ("blue", "orange", "red", "teal", "violet"))
GREY, PALE = "var(--grey)", "var(--pale)"
"""Colours of the page (base.html.j2), by day and by night."""

COLOURS = (BLUE, ORANGE, TEAL, RED, VIOLET, GREY, PALE)
"""Of several things in one chart, which differ by more than their colours."""

MOST_BARS = 400
"""Bars of one chart; of more only the least and the largest of each stretch are drawn."""


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
    over_time: bool = False,
) -> str:
    """Return one bar per name; every name is in the bar's tooltip, and below as far as there is room.

    More than ``MOST_BARS`` are drawn as the least and the largest of each stretch of them.

    Args:
        title: what is shown.
        names: one per bar.
        values: one per bar; None draws no bar.
        colours: one per bar.
        across: what a bar is.
        up: what is drawn, with its unit.
        legend: (name, colour) pairs; the bars of each are filled in another way.
        over_time: the page's player moves a line through the bars; the middle of the first one is at 0.5.
    """
    keys = [Key(name, colour, fill=fill) for (name, colour), fill in zip(legend, cycle(FILLS), strict=False)]
    fills = {key.colour: key.fill for key in keys}
    canvas = Canvas(title, across, up, max(1, len(names)), round_top(values), keys)
    canvas.names_below(names)
    width = canvas.x(0.76) - canvas.x(0)
    shown = _extremes(values) if len(values) > MOST_BARS else range(len(values))
    for i in shown:
        name, value, colour = names[i], values[i], colours[i]
        if value is not None:
            y = canvas.y(value)
            canvas.parts.append(
                f'<rect x="{canvas.x(i + 0.12):.1f}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{max(canvas.floor - y, 0.5):.1f}" fill="{colour}"'
                f"{_edged(colour, fills.get(colour, ''))}>"
                f"<title>{to_html(name)}: {value:.3f}</title></rect>"
            )
    return canvas.done(over_time=over_time)


def _edged(colour: str, fill: str) -> str:
    return f' stroke="{colour}" {fill}' if fill else ""


def _extremes(values: Sequence[float | None]) -> list[int]:
    """Return the positions of the least and the largest value of each of many stretches."""
    step = len(values) / (MOST_BARS // 2)
    kept: list[int] = []
    for k in range(MOST_BARS // 2):
        known = [(v, i) for i in range(int(k * step), int((k + 1) * step)) if (v := values[i]) is not None]
        kept += sorted({min(known)[1], max(known)[1]}) if known else []
    return kept


def line_chart(title: str, ticks: Sequence[str], series: Sequence[Series], *, across: str, up: str) -> str:
    """Return lines over named positions.

    Args:
        title: what is shown.
        ticks: names of the positions.
        series: the lines, each with a value per position.
        across: what the positions are, with their unit.
        up: what is drawn, with its unit.
    """
    legend = [Key(s.name, s.colour, d, line=True) for s, d in zip(series, cycle(DASHES), strict=False)]
    canvas = Canvas(title, across, up, max(1, len(ticks)), round_top(v for line in series for v in line.values), legend)
    canvas.names_below(ticks)
    for line, key in zip(series, legend, strict=True):
        points = [(i + 0.5, value) for i, value in enumerate(line.values) if value is not None]
        canvas.curve(points, line.colour, key.dashes)
        canvas.dots(((x, value, f"{line.name}: {value:.3f}") for x, value in points), line.colour)
    return canvas.done()


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
