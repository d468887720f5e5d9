# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a processed bag: one HTML file with film and charts inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fusion_perception.files.atomic_file import write_text
from fusion_perception.lab.pages.page import render_page
from fusion_perception.lab.pages.player import film_player
from fusion_perception.lab.pages.plot import BLUE, ORANGE
from fusion_perception.lab.pages.run_charts import (
    Charts,
    lanes_of,
    legend_of,
    offset_chart,
    share_charts,
    trouble_chart,
)
from fusion_perception.lab.pages.timeline import Curve, time_chart
from fusion_perception.processing.film import RATE
from fusion_perception.processing.pair_figures import PairFigures, PairsDocument
from fusion_perception.processing.results_folder import FILM_FILE, BagSummary

REPORT_FILE = "report.html"

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_GAP = 3.0  # median periods without a pair that are told
_MOST_FAILURES = 50  # rows of the table

Timed = Sequence[tuple[float, PairFigures]]


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
    first = min((pair.stamp_ns for pair in document.pairs), default=0)
    timed = [((pair.stamp_ns - first) / 1e9, pair) for pair in document.pairs]
    failures = [(time, pair.failure) for time, pair in timed if pair.failure]
    page = render_page(
        _TEMPLATE,
        summary=summary,
        name=Path(summary.bag).name,
        cards=_cards(summary, document.pairs),
        shown=film_player(folder / FILM_FILE, RATE, [time for time, pair in timed if not pair.failure]),
        charts=_charts(document, timed, first),
        classes=legend_of(document.classes, document.palette, (pair.shares for pair in document.pairs)),
        failures=[(f"{time:.2f} s", failure) for time, failure in failures[:_MOST_FAILURES]],
        failed=len(failures),
    )
    write_text(folder / REPORT_FILE, page)


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
        cards.append((f"{np.median([pair.ms for pair in done]):.0f}", "ms a pair, median, in one process"))
    if offsets:
        cards.append((f"{np.median(offsets):.1f}", "ms between the cameras, median"))
    if shares:
        cards.append((f"{100 * np.mean(shares):.0f} %", "thermal share of the objects, mean over the pairs"))
    return cards


def _charts(document: PairsDocument, timed: Timed, first_ns: int) -> Charts:
    """Return the charts for which there are figures, and sentences about the others."""
    last = max((time for time, _ in timed), default=0.0)
    done = [(time, pair) for time, pair in timed if not pair.failure]
    offsets = [(time, pair.offset_ms) for time, pair in timed if pair.offset_ms is not None]
    lanes = {**_lanes(timed), **lanes_of(document.events, first_ns)}
    return (
        trouble_chart(lanes, last)
        + _time_chart(done, last)
        + offset_chart("Thermal stamp minus RGB stamp of each pair", offsets, last)
        + share_charts(document.classes, [(time, pair.shares) for time, pair in done], last)
    )


def _time_chart(done: Timed, last: float) -> Charts:
    if not done:
        return Charts(sentences=("No times: no pair was processed.",))
    engine = [(time, pair.engine_ms) for time, pair in done if pair.engine_ms is not None]
    curves = [Curve("whole pair", BLUE, [(time, pair.ms) for time, pair in done]), Curve("engine", ORANGE, engine)]
    return Charts((time_chart("Time for each pair", curves, last=last, up="ms"),))


def _lanes(timed: Timed) -> dict[str, list[tuple[float, str]]]:
    steps = np.diff([time for time, _ in timed])
    period = float(np.median(steps)) if len(steps) else 0.0
    gaps = [
        (timed[k][0], f"{step:.2f} s without a pair") for k, step in enumerate(steps) if period and step > _GAP * period
    ]
    return {
        "pair that failed": [(time, pair.failure) for time, pair in timed if pair.failure],
        "pair without thermal": [(time, "RGB alone") for time, pair in timed if pair.missing == "thermal"],
        "pair without RGB": [(time, "thermal alone") for time, pair in timed if pair.missing == "rgb"],
        "gap between pairs": gaps,
    }
