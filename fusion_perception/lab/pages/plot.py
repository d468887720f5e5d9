# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts of a page as inline SVG: bars, lines and points, with axes, units and legends.

A plotting library would bring more than the rest of a page's needs, and pictures that know neither the page's dark
colours nor tooltips; what is drawn here is rectangles, lines and circles. Texts may come from outside.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fusion_perception.text import printable, to_html

BLUE, ORANGE, RED, TEAL, VIOLET = (f"var(--{name})" for name in ("blue", "orange", "red", "teal", "violet"))
GREY, PALE = "var(--grey)", "var(--pale)"
"""Colours of the page (base.html.j2), by day and by night."""

WIDTH, HEIGHT = 420, 230
"""Of a chart, in pixels; it may be drawn larger, and a little smaller."""

_SMALLEST, _LARGEST = 0.85, 1.3  # of its width, between which a chart is drawn; a narrower page scrolls it
_LEFT, _RIGHT, _TOP, _BOTTOM, _LEGEND = 56, 14, 32, 46, 18
_MARGIN = 108  # to the right, for the labels of marks
_CHARACTER = 6.4  # width of a character of axis text, rather too wide than too narrow
_LONGEST = 14  # characters of a name below an axis
_GRID = "var(--grid)"


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


@dataclass
class _Canvas:
    """A plot area from (0, 0) to (``last``, ``top``) with its axes.

    Attributes:
        title: of the chart.
        across: name and unit of the horizontal axis.
        up: name and unit of the vertical axis.
        last: value at the right end.
        top: value at the upper end.
        legend: (name, colour) pairs.
        width: of the chart in pixels.
        right: margin in pixels.
    """

    title: str
    across: str
    up: str
    last: float
    top: float
    legend: Sequence[tuple[str, str]] = ()
    width: int = WIDTH
    right: int = _RIGHT
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.height = HEIGHT + (_LEGEND if self.legend else 0)
        self.ceiling = _TOP + (_LEGEND if self.legend else 0)
        self.floor, self.end = self.height - _BOTTOM, self.width - self.right
        self.parts.append(f'<text x="0" y="13" class="title">{to_html(self.title)}</text>')
        for value in _ticks(self.top):
            self.line((0, value), (self.last, value), _GRID)
            self.text(_LEFT - 8, self.y(value) + 4, f"{value:g}", "end")
        self.text((_LEFT + self.end) / 2, self.height - 8, self.across)
        middle = (self.ceiling + self.floor) / 2
        self.text(14, middle, self.up, turn=f' transform="rotate(-90 14 {middle:.1f})"')
        x = 0.0
        for name, colour in self.legend:
            self.parts.append(f'<rect x="{x:.1f}" y="25" width="9" height="9" rx="2" fill="{colour}"/>')
            self.text(x + 14, 33, name, "start")
            x += 14 + _CHARACTER * len(name) + 14

    def x(self, value: float) -> float:
        """Return the horizontal place of a value."""
        return _LEFT + value / self.last * (self.end - _LEFT)

    def y(self, value: float) -> float:
        """Return the vertical place of a value, cut at the frame."""
        return self.floor - min(max(value / self.top, 0.0), 1.0) * (self.floor - self.ceiling)

    def text(self, x: float, y: float, text: str, anchor: str = "middle", turn: str = "") -> None:
        """Write a text of an axis."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="axis" text-anchor="{anchor}"{turn}>{to_html(text)}</text>'
        )

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str, dashes: str = "") -> None:
        """Draw a straight line between two points of the plot area."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<line x1="{self.x(start[0]):.1f}" y1="{self.y(start[1]):.1f}" x2="{self.x(end[0]):.1f}" '
            f'y2="{self.y(end[1]):.1f}" stroke="{colour}"{dashed}/>'
        )

    def curve(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Draw a line through points."""
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')

    def dots(self, points: Iterable[tuple[float, float, str]], colour: str, radius: float = 3) -> None:
        """Draw a dot with a tooltip at each (x, y, tooltip)."""
        drawn = "".join(
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius}"><title>{to_html(text)}</title></circle>'
            for x, y, text in points
        )
        self.parts.append(f'<g fill="{colour}">{drawn}</g>')

    def numbers_below(self) -> None:
        """Write round numbers along the horizontal axis."""
        for value in _ticks(self.last):
            self.text(self.x(value), self.floor + 17, f"{value:g}")

    def names_below(self, names: Sequence[str]) -> None:
        """Write the names of the positions 0.5, 1.5 and so on, as many as there is room for."""
        shown = [_short(name) for name in names]
        room = _CHARACTER * max(map(len, shown), default=1) + 6
        every = max(1, math.ceil(room / (self.x(1) - self.x(0))))
        for i in range(0, len(shown), every):
            half = _CHARACTER * len(shown[i]) / 2
            self.text(min(self.x(i + 0.5), self.width - half), self.floor + 17, shown[i])

    def done(self) -> str:
        """Return the finished chart."""
        least, most = (f"{share * self.width:.0f}px" for share in (_SMALLEST, _LARGEST))
        return (
            f'<figure class="chart" style="flex-basis:{self.width}px;max-width:{most}">'
            f'<svg viewBox="0 0 {self.width} {self.height}" style="min-width:{least}" role="img" '
            f'aria-label="{to_html(self.title)}">{"".join(self.parts)}</svg></figure>'
        )


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
    canvas = _Canvas(title, across, up, max(1, len(names)), _top(values), legend)
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
    canvas = _Canvas(title, across, up, max(1, len(ticks)), _top(v for line in series for v in line.values), legend)
    canvas.names_below(ticks)
    for line in series:
        points = [(i + 0.5, value) for i, value in enumerate(line.values) if value is not None]
        canvas.curve(points, line.colour)
        canvas.dots(((x, value, f"{line.name}: {value:.3f}") for x, value in points), line.colour)
    return canvas.done()


def point_chart(
    title: str, points: Sequence[tuple[float, float]], marks: Mapping[str, float], *, across: str, up: str, width: int
) -> str:
    """Return a dot per point, and level lines with a label, as for the percentiles of a latency.

    Args:
        title: what is shown.
        points: where, neither coordinate below 0; what is below is drawn at the axis.
        marks: name -> height of a level line.
        across: what the horizontal axis is, with its unit.
        up: what the vertical axis is, with its unit.
        width: of the chart in pixels.
    """
    last = max([1.0, *(x for x, _ in points)])
    top = _top([*(y for _, y in points), *marks.values()])
    canvas = _Canvas(title, across, up, last, top, width=width, right=_MARGIN)
    canvas.numbers_below()
    canvas.dots(((x, y, f"{x:.4g}: {y:.4g}") for x, y in points), BLUE, 2.6)
    label_y = -math.inf
    for name, value in sorted(marks.items(), key=lambda mark: -mark[1]):
        canvas.line((0, value), (last, value), RED, "5 4")
        label_y = max(canvas.y(value) + 4, label_y + 15)  # labels of close lines stand below one another
        canvas.parts.append(
            f'<text x="{canvas.end + 8}" y="{label_y:.1f}" class="axis mark" style="fill:{RED}">{to_html(name)}</text>'
        )
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
    canvas = _Canvas(title, across, up, 1.0, 1.0, width=width)
    canvas.numbers_below()
    canvas.line((0, 0), (1, 1), GREY, "4 4")
    canvas.curve(points, BLUE)
    canvas.dots(((x, y, f"{x:.2f}: {y:.3f}") for x, y in points), BLUE)
    return canvas.done()


def _top(values: Iterable[float | None]) -> float:
    """Return a round number that no value exceeds, 1 at least."""
    largest = max((value for value in values if value is not None), default=1.0)
    largest = max(largest, 1.0)
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= largest)


def _ticks(last: float) -> list[float]:
    """Return four to eight round numbers from 0 to at most ``last``."""
    power = 10.0 ** math.floor(math.log10(last / 4))
    step = next((s * power for s in (1, 2, 5) if last / (s * power) <= 8), 10 * power)
    return [round(step * number, 10) for number in range(int(last / step + 1e-9) + 1)]


def _short(name: str) -> str:
    """Return a name that fits below an axis."""
    name = printable(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[-(_LONGEST // 2 - 1) :]}"
