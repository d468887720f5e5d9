# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Charts of what a run has made: offsets of the cameras, shares of classes and sensors, what went wrong when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.health.event_log import RunEvent
from fusion_perception.health.map_shares import MapShares
from fusion_perception.lab.pages.plot import BLUE, COLOURS, GREY, ORANGE, TEAL
from fusion_perception.lab.pages.timeline import Curve, event_chart, time_chart

MOST_CLASSES = 5
"""Classes of a chart that have a curve of their own; the others are added up."""

Timed = Sequence[tuple[float, MapShares]]
"""(seconds, shares) of each result, by time."""


@dataclass(frozen=True)
class Charts:
    """Charts, and sentences about those for which there are no figures.

    Attributes:
        drawn: as SVG.
        sentences: what is not drawn, and why.
    """

    drawn: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    def __add__(self, other: Charts) -> Charts:
        """Return the charts of both, in this order."""
        return Charts(self.drawn + other.drawn, self.sentences + other.sentences)


def trouble_chart(lanes: Mapping[str, Iterable[tuple[float, str]]], last: float) -> Charts:
    """Return a row for each kind of trouble that there was, with a stroke whenever it happened.

    Args:
        lanes: kind -> (seconds, what is said of it).
        last: seconds at the right end.
    """
    known = {name: found for name, events in lanes.items() if (found := list(events))}
    if not known:
        return Charts(sentences=("Nothing failed: no " + ", no ".join(lanes) + ".",) if lanes else ())
    return Charts((event_chart("What failed when, and how many times", known, last=last),))


def lanes_of(events: Iterable[RunEvent], first_ns: int) -> dict[str, list[tuple[float, str]]]:
    """Return events by their kind, with seconds after the first image."""
    lanes: dict[str, list[tuple[float, str]]] = {}
    for event in events:
        lanes.setdefault(event.kind, []).append(((event.stamp_ns - first_ns) / 1e9, event.text))
    return lanes


def legend_of(
    names: Sequence[str], palette: Sequence[Sequence[int]], found: Iterable[MapShares]
) -> list[tuple[str, tuple[int, ...]]]:
    """Return name and colour of each class, but for the background, that is seen in some result.

    Args:
        names: of the classes, the background first.
        palette: their colours, red, green and blue.
        found: shares of the results.
    """
    seen = {k for shares in found for k, part in enumerate(shares.class_shares) if part > 0}
    classes = enumerate(zip(names, palette, strict=False))
    return [(name, tuple(colour)) for k, (name, colour) in classes if k and k in seen]


def offset_chart(title: str, offsets: Sequence[tuple[float, float]], last: float) -> Charts:
    """Return the offset of the cameras over time.

    Args:
        title: what the offset is.
        offsets: (seconds, ms).
        last: seconds at the right end.
    """
    if not offsets:
        return Charts(sentences=("No offsets between the cameras: no pair has images of both.",))
    lowest = min(0.0, *(value for _, value in offsets))
    return Charts((time_chart(title, [Curve("offset", TEAL, offsets, dots=True)], last=last, up="ms", lowest=lowest),))


def share_charts(names: Sequence[str], timed: Timed, last: float, across: str = "") -> Charts:
    """Return the shares of classes and sensors over time, as far as they are known.

    Args:
        names: of the classes, the background first.
        timed: shares of each result.
        last: seconds at the right end.
        across: what the horizontal axis is, where it is no time.
    """
    fitting = [(time, shares) for time, shares in timed if len(shares.class_shares) == len(names)]
    if not fitting:
        return Charts(sentences=("No shares of classes and sensors: there is no result with a mask.",))
    table = np.asarray([shares.class_shares for _, shares in fitting])
    means = table.mean(axis=0)
    # A class has the same colour and dashes in both charts.
    order = [int(k) for k in np.argsort(-means, kind="stable") if k and means[k] > 0]
    return (
        _class_chart(names, fitting, table, order, last, across)
        + _sensor_chart(names, fitting, order, last, across)
        + _reversal_chart(fitting, last, across)
    )


def _class_chart(
    names: Sequence[str], timed: Timed, table: NDArray[np.float64], order: Sequence[int], last: float, across: str
) -> Charts:
    """Return the most frequent classes after the background, which would flatten the others."""
    means = table.mean(axis=0)
    ground = f"'{names[0]}' has {100 * means[0]:.1f} % of the pixels on average"
    if not order:
        return Charts(sentences=(f"No shares of classes: {ground}, no other class was seen.",))
    kept = order[:MOST_CLASSES]
    if len(order) == MOST_CLASSES + 1:
        kept = order
    curves = [Curve(names[k], c, _column(timed, table[:, k])) for k, c in zip(kept, COLOURS, strict=False)]
    rest = order[len(kept) :]
    if rest:
        curves.append(Curve(f"{len(rest)} others together", GREY, _column(timed, table[:, rest].sum(axis=1))))
    chart = time_chart("Share of each class", curves, last=last, up="% of pixels", across=across)
    return Charts((chart,), (f"Share of each class: {ground}, and is not drawn.",))


def _column(timed: Timed, values: Iterable[float]) -> list[tuple[float, float]]:
    return [(time, 100 * float(value)) for (time, _), value in zip(timed, values, strict=True)]


def _sensor_chart(names: Sequence[str], timed: Timed, order: Sequence[int], last: float, across: str) -> Charts:
    explained = [(time, shares) for time, shares in timed if len(shares.class_thermal) == len(names)]
    if not explained:
        return Charts(sentences=("No shares of the sensors: no result has an attribution.",))
    curves = [
        Curve(names[k], COLOURS[place], points, style=place)
        for place, k in enumerate(order[:MOST_CLASSES])
        if (points := [(t, 100 * v) for t, s in explained if (v := s.class_thermal[k]) is not None])
    ]
    if not curves:
        return Charts(sentences=("No shares of the sensors: no object was seen where there is an attribution.",))
    title = "Thermal share of each class"
    chart = time_chart(title, curves, last=last, up="% thermal", levels={"both alike": 50.0}, across=across)
    return Charts((chart,), ("Thermal share: 100 % is thermal alone, 0 % RGB alone, 50 % both alike or neither.",))


def _reversal_chart(timed: Timed, last: float, across: str) -> Charts:
    known = [(time, shares.reversed_without) for time, shares in timed if shares.reversed_without]
    if not known:
        return Charts(sentences=("No decisions that a sensor would reverse: the model has no Shapley values.",))
    curves = [
        Curve(f"without {name}", colour, [(t, 100 * r[sensor]) for t, r in known if sensor in r])
        for sensor, name, colour in (("thermal", "thermal", ORANGE), ("rgb", "RGB", BLUE))
    ]
    title = "Decisions that would be others without a sensor"
    return Charts((time_chart(title, curves, last=last, up="% of pixels", across=across),))
