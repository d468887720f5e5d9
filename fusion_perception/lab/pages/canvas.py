# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The plot area of a chart as inline SVG: axes, texts, lines, dots and strokes. Texts may come from outside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fusion_perception.text import printable, to_html

WIDTH, HEIGHT = 420, 230
"""Of a chart, in pixels; it may be drawn larger, and a little smaller."""

_SMALLEST, _LARGEST = 0.85, 1.3  # of its width, between which a chart is drawn; a narrower page scrolls it
_LEFT, _RIGHT, _TOP, _BOTTOM, _LEGEND = 56, 14, 32, 46, 18
MARGIN = 108  # to the right, for the labels of marks
_CHARACTER = 6.4  # width of a character of axis text, rather too wide than too narrow
_LONGEST = 14  # characters of a name below an axis
_GRID = "var(--grid)"


@dataclass
class Canvas:
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
        lowest: value at the lower end, 0 or below.
        rows: height of the plot area in pixels, without a vertical scale; 0 is the usual height, with one.
    """

    title: str
    across: str
    up: str
    last: float
    top: float
    legend: Sequence[tuple[str, str]] = ()
    width: int = WIDTH
    right: int = _RIGHT
    lowest: float = 0.0
    rows: int = 0
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.height = (_TOP + self.rows + _BOTTOM if self.rows else HEIGHT) + (_LEGEND if self.legend else 0)
        self.ceiling = _TOP + (_LEGEND if self.legend else 0)
        self.floor, self.end = self.height - _BOTTOM, self.width - self.right
        self.parts.append(f'<text x="0" y="13" class="title">{to_html(self.title)}</text>')
        for value in () if self.rows else self._levels():
            self.line((0, value), (self.last, value), _GRID)
            self.text(_LEFT - 8, self.y(value) + 4, f"{value:g}", "end")
        self.text((_LEFT + self.end) / 2, self.height - 4, self.across)
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

    def _levels(self) -> list[float]:
        """Return where the lines across are."""
        below = [-value for value in _ticks(-self.lowest) if value] if self.lowest < 0 else []
        return [*below, *_ticks(self.top)]


def round_top(values: Iterable[float | None]) -> float:
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
