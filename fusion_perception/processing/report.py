# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a processed bag: one HTML file with film and charts inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fusion_perception.files.atomic_file import write_text
from fusion_perception.lab.pages.page import data_uri, render_page
from fusion_perception.lab.pages.plot import BLUE, GREY, ORANGE, PALE, RED, TEAL, VIOLET
from fusion_perception.lab.pages.timeline import Curve, event_chart, time_chart
from fusion_perception.processing.film import RATE
from fusion_perception.processing.pair_figures import PairFigures, PairsDocument
from fusion_perception.processing.results_folder import BagSummary

REPORT_FILE = "report.html"

LARGEST_FILM = 60_000_000
"""Bytes of a film that is put into the page; a larger one stays beside it."""

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_COLOURS = (RED, VIOLET, TEAL, ORANGE, BLUE, GREY, PALE)
_GAP = 3.0  # median periods without a pair that are told
_MOST_FAILURES = 50  # rows of the table


def write_report(folder: Path, summary: BagSummary, document: PairsDocument) -> None:
    """Write the report of a bag.

    Args:
        folder: of its results; the film is taken from there if there is one.
        summary: what became of the bag.
        document: figures of its pairs.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
        DataError: it cannot be written.
    """
    pairs = document.pairs
    film = folder / "film.mp4"
    times = _seconds(pairs)
    filmed = [time for time, pair in zip(times, pairs, strict=True) if not pair.failure]
    page = render_page(
        _TEMPLATE,
        summary=summary,
        name=Path(summary.bag).name,
        cards=_cards(summary, pairs),
        film=_film(film) if film.is_file() and filmed else "",
        rate=RATE,
        times=[round(time, 3) for time in filmed],
        charts=_charts(document, times),
        failures=[(f"{t:.2f}", p.failure) for t, p in zip(times, pairs, strict=True) if p.failure][:_MOST_FAILURES],
        failed=sum(1 for pair in pairs if pair.failure),
    )
    write_text(folder / REPORT_FILE, page)


def _film(path: Path) -> str:
    return data_uri(path.read_bytes(), "video/mp4") if path.stat().st_size <= LARGEST_FILM else path.name


def _seconds(pairs: Sequence[PairFigures]) -> list[float]:
    """Return the times of the pairs after the first."""
    first = min((pair.stamp_ns for pair in pairs), default=0)
    return [(pair.stamp_ns - first) / 1e9 for pair in pairs]


def _cards(summary: BagSummary, pairs: Sequence[PairFigures]) -> list[tuple[str, str]]:
    done = [pair for pair in pairs if not pair.failure]
    offsets = [abs(pair.offset_ms) for pair in pairs if pair.offset_ms is not None]
    shares = [pair.thermal_share for pair in done if pair.thermal_share is not None]
    cards = [
        (f"{summary.pairs}", "pairs"),
        (f"{summary.failed}", "failed"),
        (f"{sum(1 for pair in pairs if pair.missing)}", "with one camera alone"),
    ]
    if done:
        cards.append((f"{np.median([pair.ms for pair in done]):.0f}", "ms median a pair, of one process"))
    if offsets:
        cards.append((f"{np.median(offsets):.1f}", "ms median between the cameras"))
    if shares:
        cards.append((f"{100 * np.mean(shares):.0f} %", "thermal share, mean"))
    return cards


def _charts(document: PairsDocument, times: Sequence[float]) -> list[str]:
    """Return the charts for which there are figures."""
    pairs, last = document.pairs, max([*times, 0.0])
    timed = list(zip(times, pairs, strict=True))
    done = [(time, pair) for time, pair in timed if not pair.failure]
    charts = [event_chart("What failed when", _events(timed), last=last)]
    if done:
        whole = Curve("whole pair", BLUE, [(time, pair.ms) for time, pair in done])
        engine = Curve("engine", ORANGE, [(time, pair.engine_ms) for time, pair in done if pair.engine_ms is not None])
        charts.append(time_chart("Time for each pair", [whole, engine], last=last, up="ms"))
    offsets = [(time, pair.offset_ms) for time, pair in timed if pair.offset_ms is not None]
    if offsets:
        lowest = min(0.0, *(value for _, value in offsets))
        curve = Curve("offset", TEAL, offsets, dots=True)
        title = "Thermal stamp minus RGB stamp of each pair"
        charts.append(time_chart(title, [curve], last=last, up="ms", lowest=lowest))
    classes = _class_curves(document.classes, done)
    if classes:
        title = "Share of each class, but for the most frequent"
        charts.append(time_chart(title, classes, last=last, up="% of pixels"))
    shares = [(time, 100 * pair.thermal_share) for time, pair in done if pair.thermal_share is not None]
    if shares:
        curves = [
            Curve("thermal", ORANGE, shares),
            Curve("RGB", BLUE, [(time, 100 - share) for time, share in shares]),
        ]
        charts.append(time_chart("Share of each sensor in the decisions", curves, last=last, up="%"))
    return charts


def _events(timed: Sequence[tuple[float, PairFigures]]) -> dict[str, list[tuple[float, str]]]:
    steps = np.diff([time for time, _ in timed])
    period = float(np.median(steps)) if len(steps) else 0.0
    gaps = [
        (timed[k][0], f"{step:.2f} s without a pair") for k, step in enumerate(steps) if period and step > _GAP * period
    ]
    return {
        "failed": [(time, pair.failure) for time, pair in timed if pair.failure],
        "without thermal": [(time, "RGB alone") for time, pair in timed if pair.missing == "thermal"],
        "without RGB": [(time, "thermal alone") for time, pair in timed if pair.missing == "rgb"],
        "no pair for a while": gaps,
    }


def _class_curves(names: Sequence[str], done: Sequence[tuple[float, PairFigures]]) -> list[Curve]:
    """Return the most frequent classes after the first, which is mostly the ground, and would flatten the others."""
    rows = [(time, pair.class_shares) for time, pair in done if len(pair.class_shares) == len(names)]
    if not rows:
        return []
    means = np.asarray([shares for _, shares in rows]).mean(axis=0)
    order = [int(k) for k in np.argsort(-means) if means[k] > 0][1 : 1 + len(_COLOURS)]
    return [
        Curve(names[k], colour, [(time, 100 * shares[k]) for time, shares in rows])
        for k, colour in zip(order, _COLOURS, strict=False)
    ]
