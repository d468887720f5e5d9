# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts over time, which the page's player moves a line through: curves, and what happened when.

Beside their drawing they say where time is on them (``data-left`` to ``data-last``), for the player of
``player.html.j2``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fusion_perception.lab.pages.canvas import DASHES, MARGIN, WIDTH, Canvas, Key, round_top, time_unit
from fusion_perception.lab.pages.plot import RED

MOST_POINTS = 900
"""Points of one curve at most; longer ones are thinned."""

_MARGIN = 24
_LANE = 30  # pixels of height of one kind of event
_MOST_EVENTS = 600  # of one kind
_GAP = 4.0  # median steps without a point, over which no line is drawn
_LEAST = 1e-3  # height of a chart


@dataclass(frozen=True)
class Curve:
    """A quantity over time.

    Attributes:
        name: for legend and tooltips.
        colour: of the page, or any of CSS.
        points: (seconds, value), by time.
        dots: draw a dot for each instead of a line through them.
        style: number of its dashes; None takes its place among the curves.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    style: int | None = None


def time_chart(
    title: str,
    curves: Sequence[Curve],
    *,
    last: float,
    up: str,
    width: int = WIDTH,
    lowest: float = 0.0,
    levels: Mapping[str, float] | None = None,
    across: str = "",
) -> str:
    """Return curves over time; several differ by colour and by dashes.

    A line is interrupted where nothing is known for a while.

    Args:
        title: what is shown.
        curves: the curves; one of too many points keeps the least and the largest of each stretch of time.
        last: seconds at the right end.
        up: what the vertical axis is, with its unit.
        width: of the chart in pixels.
        lowest: value at the lower end, 0 or below.
        levels: label -> height of a level line.
        across: what the horizontal axis is, where it is no time.
    """
    marks = levels or {}
    highest = [*(value for curve in curves for _, value in curve.points), *marks.values()]
    top = round_top(highest, _LEAST) if any(value > 0 for value in highest) else 1.0
    numbers = [k if curve.style is None else curve.style for k, curve in enumerate(curves)]
    styles = [DASHES[number % len(DASHES)] if len(curves) > 1 else "" for number in numbers]
    keys = [Key(c.name, c.colour, dashes, line=not c.dots) for c, dashes in zip(curves, styles, strict=True)]
    margin = MARGIN if marks else _MARGIN
    canvas, unit = _canvas(title, up, last, top, width, across, keys if len(keys) > 1 else (), margin, lowest)
    canvas.numbers_below(unit)
    for curve, dashes in zip(curves, styles, strict=True):
        points = thinned(curve.points)
        runs = [[point] for point in points] if curve.dots else _runs(points)
        alone = [run[0] for run in runs if len(run) == 1]
        canvas.dots(((x, y, f"{curve.name}, {x:.2f}: {y:.4g}") for x, y in alone), curve.colour, 2.2)
        for run in runs:
            if len(run) > 1:
                canvas.curve(run, curve.colour, dashes)
    canvas.levels(marks)
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
    canvas, unit = _canvas(title, "", last, max(1, len(lanes)), width, "", (), _MARGIN, rows=len(lanes) * _LANE)
    canvas.numbers_below(unit)
    for row, (name, events) in enumerate(lanes):
        y = canvas.ceiling + row * _LANE
        canvas.text(4, y + 13, f"{name}: {len(events)}", "start")
        every = -(-len(events) // _MOST_EVENTS)
        for seconds, text in events[:: every or 1]:
            canvas.stroke(seconds, y + 17, y + _LANE - 3, RED, f"{name}, {seconds:.2f} s: {text}")
    return canvas.done(over_time=True)


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """Return at most so many points: the least and the largest of each stretch, so that no peak is lost or made."""
    if len(points) <= most:
        return list(points)
    parts = most // 2
    step = len(points) / parts
    kept: list[tuple[float, float]] = []
    for k in range(parts):
        part = points[int(k * step) : int((k + 1) * step)]
        low, high = (choose(part, key=lambda point: point[1]) for choose in (min, max))
        kept += sorted((low, high)) if low[1] < high[1] else (part[0], part[-1])
    return kept


def _runs(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the points in stretches without a gap."""
    steps = sorted(b[0] - a[0] for a, b in pairwise(points))
    longest = _GAP * steps[len(steps) // 2] if steps else 0.0
    runs: list[list[tuple[float, float]]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] <= longest:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _canvas(
    title: str,
    up: str,
    last: float,
    top: float,
    width: int,
    across: str,
    keys: Sequence[Key],
    margin: int,
    lowest: float = 0.0,
    rows: int = 0,
) -> tuple[Canvas, float]:
    """Return a plot area over time, and the seconds of the unit in which its horizontal axis is to be told."""
    name, unit = (across, 1.0) if across else time_unit(last)
    return Canvas(title, name, up, max(last, 1e-9), top, keys, width, margin, lowest, rows), unit
