# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The plot area of a chart as inline SVG: axes, texts, lines, dots and strokes. Texts may come from outside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fusion_perception.text import printable, to_html

WIDTH, HEIGHT = 420, 230
"""Of a chart, in pixels; it may be drawn larger, and a little smaller."""

_SMALLEST, _LARGEST = 0.85, 1.3  # of its width, between which a chart is drawn; a narrower page scrolls it
_LEFT, _RIGHT, _TOP, _BOTTOM, _LEGEND = 56, 14, 32, 46, 18
MARGIN = 108  # to the right, for the labels of marks
_CHARACTER = 6.4  # width of a character of axis text, rather too wide than too narrow
_LONGEST, _LONGEST_KEY = 14, 28  # characters of a name below an axis, and in a legend
_MARK = 20  # width of what a legend shows of a line or bar
_GRID, _LEVEL = "var(--grid)", "var(--red)"
_UNITS = (("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0))
_LONG = 300.0  # of a unit, from which on the next one is read more easily

DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 2 1 2", "1 5")
"""Dashes of the first line of a chart, of the second, and so on, so that they differ not by colour alone."""

FILLS = ("", 'fill-opacity="0.18" stroke-width="1.6"', 'fill-opacity="0.55"')
"""How bars of the first, second and third kind are filled, so that they differ not by colour alone."""


class Key(NamedTuple):
    """An entry of a legend.

    Attributes:
        name: of what is drawn.
        colour: of it.
        dashes: of its line, as SVG has them.
        fill: of its bars, one of ``FILLS``.
        line: whether a piece of a line is shown instead of a square.
    """

    name: str
    colour: str
    dashes: str = ""
    fill: str = ""
    line: bool = False


@dataclass
class Canvas:
    """A plot area from (0, 0) to (``last``, ``top``) with its axes.

    Attributes:
        title: of the chart.
        across: name and unit of the horizontal axis.
        up: name and unit of the vertical axis.
        last: value at the right end.
        top: value at the upper end.
        legend: its entries; a (name, colour) pair will do.
        width: of the chart in pixels.
        right: margin in pixels.
        lowest: value at the lower end, 0 or below.
        rows: height of the plot area in pixels, without a vertical scale; 0 is the usual height, with one.
    """

    title: str
    across: str
    up: str
    last: float
    top: float
    legend: Sequence[Key] = ()
    width: int = WIDTH
    right: int = _RIGHT
    lowest: float = 0.0
    rows: int = 0
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        places = _in_lines(self.legend, self.width)
        room = _LEGEND * (1 + max((line for _, line in places), default=-1))
        self.height = (_TOP + self.rows + _BOTTOM if self.rows else HEIGHT) + room
        self.ceiling = _TOP + room
        self.floor, self.end = self.height - _BOTTOM, self.width - self.right
        self.parts.append(f'<text x="0" y="13" class="title">{to_html(self.title)}</text>')
        for value in () if self.rows else self._levels():
            self.line((0, value), (self.last, value), _GRID)
            self.text(_LEFT - 8, self.y(value) + 4, f"{value:g}", "end")
        self.text((_LEFT + self.end) / 2, self.height - 4, self.across)
        middle = (self.ceiling + self.floor) / 2
        self.text(14, middle, self.up, turn=f' transform="rotate(-90 14 {middle:.1f})"')
        for key, (x, line) in zip(self.legend, places, strict=True):
            self._mark(key, x, 25 + _LEGEND * line)
            self.text(x + _MARK + 5, 33 + _LEGEND * line, _short(key.name, _LONGEST_KEY), "start")

    def x(self, value: float) -> float:
        """Return the horizontal place of a value."""
        return _LEFT + value / self.last * (self.end - _LEFT)

    def y(self, value: float) -> float:
        """Return the vertical place of a value, cut at the frame."""
        share = (value - self.lowest) / (self.top - self.lowest)
        return self.floor - min(max(share, 0.0), 1.0) * (self.floor - self.ceiling)

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

    def curve(self, points: Sequence[tuple[float, float]], colour: str, dashes: str = "") -> None:
        """Draw a line through points."""
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>')

    def levels(self, marks: Mapping[str, float]) -> None:
        """Draw level lines, with labels at the right that do not overlap.

        Args:
            marks: label -> height.
        """
        label_y = -math.inf
        for name, value in sorted(marks.items(), key=lambda mark: -mark[1]):
            self.line((0, value), (self.last, value), _LEVEL, "5 4")
            label_y = max(self.y(value) + 4, label_y + 15)
            self.parts.append(
                f'<text x="{self.end + 8}" y="{label_y:.1f}" class="axis mark" style="fill:{_LEVEL}">'
                f"{to_html(name)}</text>"
            )

    def dots(self, points: Iterable[tuple[float, float, str]], colour: str, radius: float = 3) -> None:
        """Draw a dot with a tooltip at each (x, y, tooltip)."""
        drawn = "".join(
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius}"><title>{to_html(text)}</title></circle>'
            for x, y, text in points
        )
        self.parts.append(f'<g fill="{colour}">{drawn}</g>')

    def numbers_below(self, unit: float = 1.0) -> None:
        """Write round numbers along the horizontal axis, in a unit of so much."""
        for value in _ticks(self.last / unit):
            self.text(self.x(value * unit), self.floor + 17, f"{value:g}")

    def names_below(self, names: Sequence[str]) -> None:
        """Write the names of the positions 0.5, 1.5 and so on, as many as there is room for."""
        shown = [_short(name) for name in names]
        room = _CHARACTER * max(map(len, shown), default=1) + 6
        every = max(1, math.ceil(room / (self.x(1) - self.x(0))))
        lower = 11 if every == 2 else 0  # in two lines all have room
        for i in range(0, len(shown), 1 if lower else every):
            half = _CHARACTER * len(shown[i]) / 2
            self.text(min(self.x(i + 0.5), self.width - half), self.floor + 17 + lower * (i % 2), shown[i])

    def stroke(self, value: float, top: float, bottom: float, colour: str, text: str) -> None:
        """Draw a vertical stroke with a tooltip, between two heights in pixels."""
        x = self.x(value)
        self.parts.append(
            f'<rect x="{x - 1:.1f}" y="{top:.1f}" width="2.4" height="{bottom - top:.1f}" fill="{colour}">'
            f"<title>{to_html(text)}</title></rect>"
        )

    def done(self, *, over_time: bool = False) -> str:
        """Return the finished chart; one over time says where time is on it, for the page's player."""
        inside = {"left": _LEFT, "end": self.end, "top": self.ceiling, "bottom": self.floor, "last": f"{self.last:.6f}"}
        place = "".join(f' data-{name}="{value}"' for name, value in inside.items()) if over_time else ""
        least, most = (f"{share * self.width:.0f}px" for share in (_SMALLEST, _LARGEST))
        kind = "chart timed" if over_time else "chart"
        return (
            f'<figure class="{kind}"{place} style="flex-basis:{self.width}px;max-width:{most}">'
            f'<svg viewBox="0 0 {self.width} {self.height}" style="min-width:{least}" role="img" '
            f'aria-label="{to_html(self.title)}">{"".join(self.parts)}</svg></figure>'
        )

    def _mark(self, key: Key, x: float, y: float) -> None:
        if key.line:
            dashed = f' stroke-dasharray="{key.dashes}"' if key.dashes else ""
            self.parts.append(
                f'<line x1="{x:.1f}" y1="{y + 4.5:.1f}" x2="{x + _MARK:.1f}" y2="{y + 4.5:.1f}" stroke="{key.colour}" '
                f'stroke-width="2.4"{dashed}/>'
            )
        else:
            self.parts.append(
                f'<rect x="{x + 9:.1f}" y="{y}" width="9" height="9" rx="2" fill="{key.colour}" '
                f'stroke="{key.colour}" {key.fill}/>'
            )

    def _levels(self) -> list[float]:
        """Return where the lines across are."""
        step = _ticks(self.top - self.lowest)[1]
        first, last = math.ceil(self.lowest / step - 1e-9), math.floor(self.top / step + 1e-9)
        return [round(step * number, 10) for number in range(first, last + 1)]


def time_unit(last: float) -> tuple[str, float]:
    """Return name and seconds of the unit in which a run of so many seconds is read most easily."""
    return next(((name, unit) for name, unit in _UNITS if last < _LONG * unit), _UNITS[-1])


def round_top(values: Iterable[float | None], least: float = 1.0) -> float:
    """Return a round number that no value exceeds, and that is not below the least one, which is above 0."""
    largest = max((value for value in values if value is not None), default=least)
    largest = max(largest, least)
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= largest)


def _ticks(last: float) -> list[float]:
    """Return four to eight round numbers from 0 to at most ``last``."""
    power = 10.0 ** math.floor(math.log10(last / 4))
    step = next((s * power for s in (1, 2, 5) if last / (s * power) <= 8), 10 * power)
    return [round(step * number, 10) for number in range(int(last / step + 1e-9) + 1)]


def _in_lines(legend: Sequence[Key], width: int) -> list[tuple[float, int]]:
    """Return left end and line of each entry of a legend, as many beside one another as there is room for."""
    places: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for key in legend:
        wide = _MARK + 5 + _CHARACTER * len(_short(key.name, _LONGEST_KEY))
        if x and x + wide > width:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += wide + 14
    return places


def _short(name: str, longest: int = _LONGEST) -> str:
    """Return a name that fits below an axis, or into so many characters."""
    name = printable(name)
    return name if len(name) <= longest else f"{name[: longest // 2]}…{name[-(longest // 2 - 1) :]}"
