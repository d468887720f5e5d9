# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts over time, which the page's player moves a line through: curves, and what happened when.

Beside their drawing they say where time is on them (``data-left`` to ``data-last``), for the player of
``player.html.j2``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fusion_perception.lab.pages.canvas import WIDTH, Canvas, round_top
from fusion_perception.lab.pages.plot import RED

MOST_POINTS = 900
"""Points of one curve at most; longer ones are thinned."""

_MARGIN = 24
_LANE = 24  # pixels of height of one kind of event
_MOST_EVENTS = 600  # of one kind


@dataclass(frozen=True)
class Curve:
    """A quantity over time.

    Attributes:
        name: for legend and tooltips.
        colour: of the page, or any of CSS.
        points: (seconds, value), by time.
        dots: draw a dot for each instead of a line through them.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def time_chart(
    title: str, curves: Sequence[Curve], *, last: float, up: str, width: int = WIDTH, lowest: float = 0.0
) -> str:
    """Return curves over time.

    Args:
        title: what is shown.
        curves: the curves; one of too many points keeps the largest amount of each stretch of time.
        last: seconds at the right end.
        up: what the vertical axis is, with its unit.
        width: of the chart in pixels.
        lowest: value at the lower end, 0 or below.
    """
    top = round_top(value for curve in curves for _, value in curve.points)
    legend = [(curve.name, curve.colour) for curve in curves] if len(curves) > 1 else []
    canvas = Canvas(title, "seconds", up, max(last, 1e-9), top, legend, width, _MARGIN, lowest=lowest)
    canvas.numbers_below()
    for curve in curves:
        points = thinned(curve.points)
        if curve.dots or len(points) == 1:
            canvas.dots(((x, y, f"{curve.name}, {x:.2f} s: {y:.4g}") for x, y in points), curve.colour, 2.2)
        else:
            canvas.curve(points, curve.colour)
    return canvas.done(over_time=True)


def event_chart(
    title: str, kinds: Mapping[str, Iterable[tuple[float, str]]], *, last: float, width: int = WIDTH
) -> str:
    """Return a row for each kind of event with a stroke whenever it happened.

    Args:
        title: what is shown.
        kinds: kind -> (seconds, what is said of it).
        last: seconds at the right end.
        width: of the chart in pixels.
    """
    lanes = [(name, list(events)) for name, events in kinds.items()]
    canvas = Canvas(
        title, "seconds", "", max(last, 1e-9), max(1, len(lanes)), (), width, _MARGIN, rows=len(lanes) * _LANE
    )
    canvas.numbers_below()
    for row, (name, events) in enumerate(lanes):
        y = canvas.ceiling + row * _LANE
        canvas.text(4, y + 13, f"{name}: {len(events)}", "start")
        every = -(-len(events) // _MOST_EVENTS)
        for seconds, text in events[:: every or 1]:
            canvas.stroke(seconds, y + 17, y + _LANE - 2, RED, f"{name}, {seconds:.2f} s: {text}")
    return canvas.done(over_time=True)


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """Return at most so many points: of each stretch the one that is farthest from 0, so that no peak is lost."""
    if len(points) <= most:
        return list(points)
    step = len(points) / most
    parts = (points[int(k * step) : int((k + 1) * step)] for k in range(most))
    return [max(part, key=lambda point: abs(point[1])) for part in parts]
