# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Wall times of an engine: alone, split by stage, and side by side with another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np

from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.engine.parity import Pair

MIN_CALLS = 5
"""Fewest calls that are timed, however slow the engine is."""

WARM_UP_SECONDS = 0.5
"""Of calls whose median is looked at while warming up."""

WARM_UP_CALLS = 3
"""Fewest of such calls."""

WARM_UP_LIMIT = 15.0
"""Seconds after which warming up ends, settled or not."""

STRETCHES = 60
"""Stretches into which calls are divided, for their course."""

_SETTLED, _MEDIANS = 1.03, 3

Call = Callable[[Pair], Any]


@dataclass(frozen=True)
class Latency:
    """Wall times of calls in ms.

    Attributes:
        p50: median.
        p95: 95 of 100 calls took no longer.
        mean: mean.
        min: shortest.
        max: longest.
        calls: number of calls.
        course: median of each of at most ``STRETCHES`` stretches of the calls, in their order: whether they became
            slower; None in documents of earlier releases.
    """

    p50: Size
    p95: Size
    mean: Size
    min: Size
    max: Size
    calls: Count
    course: tuple[Size, ...] | None = None


@dataclass(frozen=True)
class WarmUp:
    """What went before the calls that are timed.

    Attributes:
        seconds: that it took.
        calls: that were made.
        settled: whether the last medians agreed; if not, the times that follow are of a machine that was not at rest.
    """

    seconds: Size
    calls: Count
    settled: bool


@dataclass(frozen=True)
class Stages:
    """Median ms of the stages of a call.

    Attributes:
        copy_in: images to the device.
        run: the graph.
        copy_out: results from the device.
    """

    copy_in: Size
    run: Size
    copy_out: Size


@dataclass(frozen=True)
class Ratio:
    """Time of B over time of A, over the rounds in turns: median, and what 5 % and 95 % of them do not exceed."""

    median: Size
    p05: Size
    p95: Size


@dataclass(frozen=True)
class Turns:
    """Two callables timed in turns, and the ratio of their times, B over A."""

    a: Latency
    b: Latency
    ratio: Ratio


def warm_up(call: Call, pairs: Sequence[Pair], limit_s: float | None = None) -> WarmUp:
    """Call until caches, clocks and memory pools have settled: until three medians in a row lie within 3 %.

    Args:
        call: what is timed afterwards.
        pairs: it is called with them in turn.
        limit_s: after which it ends in any case; ``WARM_UP_LIMIT`` by default. One median is always waited for.
    """
    limit_s = WARM_UP_LIMIT if limit_s is None else limit_s
    start = since = perf_counter()
    times: list[float] = []
    medians: list[float] = []
    for calls, pair in enumerate(cycle(pairs), 1):
        before = perf_counter()
        call(pair)
        now = perf_counter()
        times.append(now - before)
        if len(times) < WARM_UP_CALLS or now - since < WARM_UP_SECONDS:
            continue
        medians = [*medians[1 - _MEDIANS :], float(np.median(times))]
        times, since = [], now
        settled = len(medians) == _MEDIANS and max(medians) <= _SETTLED * min(medians)
        if settled or now - start >= limit_s:
            return WarmUp(round(now - start, 2), calls, settled)
    raise ValueError("no pairs to warm up with")


def time_calls(call: Call, pairs: Sequence[Pair], seconds: float) -> list[float]:
    """Return the wall time in ms of every call made in about ``seconds``; at least ``MIN_CALLS``."""
    times: list[float] = []
    end = perf_counter() + seconds
    for pair in cycle(pairs):
        start = perf_counter()
        if len(times) >= MIN_CALLS and start >= end:
            break
        call(pair)
        times.append(1e3 * (perf_counter() - start))
    return times


def summarise(times_ms: Sequence[float]) -> Latency:
    """Return the figures of at least one call."""
    p50, p95 = np.percentile(times_ms, [50, 95])
    return Latency(
        p50=round(float(p50), 4),
        p95=round(float(p95), 4),
        mean=round(float(np.mean(times_ms)), 4),
        min=round(float(np.min(times_ms)), 4),
        max=round(float(np.max(times_ms)), 4),
        calls=len(times_ms),
        course=tuple(
            round(float(np.median(stretch)), 4)
            for stretch in np.array_split(np.asarray(times_ms), min(STRETCHES, len(times_ms)))
        ),
    )


def time_stages(engine: Any, pairs: Sequence[Pair], attribution: bool, seconds: float) -> Stages:
    """Return the median ms of every stage, the device waited for after each; slower in sum than a plain call."""
    rows: list[dict[str, float]] = []

    def call(pair: Pair) -> None:
        rows.append(engine.infer_staged(*pair, attribution=attribution, wait=True)[1])

    time_calls(call, pairs, seconds)

    def median(stage: str) -> float:
        return round(float(np.median([row[stage] for row in rows])), 4)

    return Stages(median("copy_in"), median("run"), median("copy_out"))


def compare_calls(a: Call, b: Call, pairs: Sequence[Pair], seconds: float) -> Turns:
    """Time two callables in turns, so that both meet the same clock, heat and neighbours.

    A round is one call of each on the same pair; the order changes from round to round.
    """
    times: tuple[list[float], list[float]] = ([], [])
    end = perf_counter() + seconds
    for number, pair in enumerate(cycle(pairs)):
        if number >= MIN_CALLS and perf_counter() >= end:
            break
        order = ((0, a), (1, b)) if number % 2 == 0 else ((1, b), (0, a))
        for index, call in order:
            start = perf_counter()
            call(pair)
            times[index].append(1e3 * (perf_counter() - start))
    ratios = np.asarray(times[1]) / np.asarray(times[0])
    p05, median, p95 = np.percentile(ratios, [5, 50, 95])
    ratio = Ratio(round(float(median), 4), round(float(p05), 4), round(float(p95), 4))
    return Turns(summarise(times[0]), summarise(times[1]), ratio)
