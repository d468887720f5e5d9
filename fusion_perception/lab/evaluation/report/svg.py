# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small inline SVG charts: bars, lines and a reliability diagram, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fusion_perception.text import to_html

INK, MUTED, GRID = "#1f2430", "#667085", "#e4e7ec"
WIDTH, HEIGHT = 640, 240
CHARACTER = 6.8
"""Width of a character of axis text in pixels, rather too wide than too narrow."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 30, 44


@dataclass(frozen=True)
class Series:
    """One row of values.

    Attributes:
        name: for the legend.
        colour: CSS colour.
        values: one per position; None leaves a gap.
    """

    name: str
    colour: str
    values: Sequence[float | None]


def css(rgb: tuple[int, int, int]) -> str:
    """Return an RGB triple (0..255) as a CSS colour."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


class _Canvas:
    """A chart area with a vertical scale of 0 to ``top``, axis texts and a legend."""

    def __init__(self, title: str, top: float, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height, self.top = width, height, top
        self.parts = [
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{to_html(title)}">',
            f'<text x="0" y="14" class="ct">{to_html(title)}</text>',
        ]
        for i in range(5):
            value = top * i / 4
            y = self.y(value)
            self.parts.append(f'<line x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
            self.text(_LEFT - 6, y + 4, f"{value:.3g}", "end")

    def y(self, value: float) -> float:
        """Vertical position of a value, cut at the frame."""
        share = min(max(value / self.top, 0.0), 1.0)
        return self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM)

    @property
    def span(self) -> float:
        """Width of the plot area."""
        return self.width - _LEFT - _RIGHT

    def text(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        """Write an axis text."""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="ax" text-anchor="{anchor}">{to_html(text)}</text>')

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Write (name, colour) pairs at the top right."""
        x = float(self.width - _RIGHT)
        for name, colour in reversed(entries):
            x -= CHARACTER * len(name)
            self.text(x, 14, name, "start")
            self.parts.append(f'<rect x="{x - 14:.1f}" y="5" width="10" height="10" fill="{colour}"/>')
            x -= 26

    def done(self) -> str:
        """Return the finished chart."""
        return "".join((*self.parts, "</svg>"))


def _nice_top(values: Sequence[float]) -> float:
    """A round number at or above the largest value; 1 for shares, and quarters up to 2."""
    largest = max(values, default=1.0)
    if largest <= 0:
        return 1.0
    if largest <= 2:
        return max(1.0, math.ceil(largest * 4) / 4)
    step = 10.0 ** len(str(int(largest))) / 10
    return -(-largest // step) * step


def bar_chart(
    title: str,
    names: Sequence[str],
    values: Sequence[float | None],
    colour: Callable[[int], str],
    *,
    legend: Sequence[tuple[str, str]] = (),
) -> str:
    """Return one thin bar per name; every name is in the bar's tooltip, and below as far as there is room.

    Args:
        title: what is shown.
        names: one per bar.
        values: one per bar; None draws no bar.
        colour: index -> CSS colour.
        legend: (name, colour) pairs.
    """
    canvas = _Canvas(title, _nice_top([v for v in values if v is not None]))
    pitch = canvas.span / max(1, len(names))
    every = max(1, -(-len(names) * 52 // int(canvas.span)))
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        x = _LEFT + i * pitch
        if value is not None:
            y = canvas.y(value)
            canvas.parts.append(
                f'<rect x="{x + pitch * 0.12:.1f}" y="{y:.1f}" width="{pitch * 0.76:.1f}" '
                f'height="{max(canvas.y(0) - y, 0.5):.1f}" fill="{colour(i)}">'
                f"<title>{to_html(name)}: {value:.3f}</title></rect>"
            )
        if i % every == 0:
            half = CHARACTER * len(name) / 2
            middle = min(x + pitch / 2, canvas.width - half)
            canvas.text(middle, canvas.height - _BOTTOM + 15, name)
    canvas.legend(legend)
    return canvas.done()


def line_chart(title: str, ticks: Sequence[str], series: Sequence[Series], below: str = "") -> str:
    """Return lines over named positions.

    Args:
        title: what is shown.
        ticks: names of the positions.
        series: the lines.
        below: name of the horizontal axis.
    """
    canvas = _Canvas(title, _nice_top([v for s in series for v in s.values if v is not None]))
    pitch = canvas.span / max(1, len(ticks))
    for i, tick in enumerate(ticks):
        canvas.text(_LEFT + (i + 0.5) * pitch, canvas.height - _BOTTOM + 15, tick)
    for line in series:
        points = [(_LEFT + (i + 0.5) * pitch, canvas.y(v), v) for i, v in enumerate(line.values) if v is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        canvas.parts.append(f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        canvas.parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"><title>{to_html(line.name)}: {v:.3f}</title>'
            "</circle>"
            for x, y, v in points
        ]
    canvas.legend([(s.name, s.colour) for s in series])
    if below:
        canvas.text(_LEFT + canvas.span / 2, canvas.height - 8, below)
    return canvas.done()


def reliability_chart(title: str, confidence: Sequence[float | None], accuracy: Sequence[float | None]) -> str:
    """Return accuracy over confidence; on the diagonal a confidence can be taken at its word.

    Args:
        title: what is shown.
        confidence: mean confidence per bin, None for empty bins.
        accuracy: share of right pixels per bin, None for empty bins.
    """
    canvas = _Canvas(title, 1.0, 320)

    def x(value: float) -> float:
        return _LEFT + value * canvas.span

    canvas.parts.append(
        f'<line x1="{x(0):.1f}" y1="{canvas.y(0):.1f}" x2="{x(1):.1f}" y2="{canvas.y(1):.1f}" '
        f'stroke="{MUTED}" stroke-dasharray="4 4"/>'
    )
    points = [(c, a) for c, a in zip(confidence, accuracy, strict=True) if c is not None and a is not None]
    path = " ".join(f"{x(c):.1f},{canvas.y(a):.1f}" for c, a in points)
    canvas.parts.append(f'<polyline points="{path}" fill="none" stroke="#2b6cb0" stroke-width="2"/>')
    canvas.parts += [
        f'<circle cx="{x(c):.1f}" cy="{canvas.y(a):.1f}" r="3" fill="#2b6cb0">'
        f"<title>confidence {c:.2f}: {a:.3f} right</title></circle>"
        for c, a in points
    ]
    for value in (0, 0.5, 1):
        canvas.text(x(value), canvas.height - _BOTTOM + 15, f"{value:g}")
    canvas.text(_LEFT + canvas.span / 2, canvas.height - 8, "confidence")
    return canvas.done()
