# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the attribution: does it name the right sensor, and does it depend on what the model has learned?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fusion_perception.lab.evaluation.attribution_figures import (
    AgreementFigures,
    FaithfulnessFigures,
    SanityFigures,
)
from fusion_perception.lab.evaluation.document import EvaluationDocument
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell

SENSOR_TITLES = {"thermal": "thermal", "rgb": "RGB"}


def attribution_tables(document: EvaluationDocument) -> Iterable[Table]:
    """Yield the tables of a document about attribution."""
    check = document.attribution_check
    if check and check.attribution:
        yield agreement_table(check.attribution)
    if check and check.faithfulness:
        yield curve_table(check.faithfulness)
        yield sanity_table(check.faithfulness.sanity)


def agreement_table(splits: Mapping[str, AgreementFigures]) -> Table:
    """Return how far the attribution agrees with what taking a sensor away does; there is at least one split."""
    classes = [
        name
        for name in next(iter(splits.values())).thermal_share
        if any(s.thermal_share[name] is not None for s in splits.values())
    ]
    rows = tuple(
        (
            split,
            str(s.frames),
            cell(s.agreement, 2),
            cell(s.rank_correlation, 2),
            _brightness(s),
            *(cell(s.thermal_share[name], 2) for name in classes),
        )
        for split, s in splits.items()
    )
    return Table(
        "Attribution: does it name the sensor that the decision needs?",
        (
            "split",
            "frames",
            "agreement",
            "rank correlation",
            "brightness alone",
            *(f"{name} share" for name in classes),
        ),
        rows,
        "agreement with what happens when a sensor is taken away, 0.5 is chance; brightness alone: both figures for "
        "T / (T + Y) instead; thermal share: 1 thermal alone, 0 RGB alone",
    )


def _brightness(figures: AgreementFigures) -> str:
    reference = figures.brightness
    agreement = reference.brightness_agreement if reference else None
    correlation = reference.brightness_rank_correlation if reference else None
    return f"{cell(agreement, 2)} / {cell(correlation, 2)}"


def curve_table(figures: FaithfulnessFigures) -> Table:
    """Return completeness and the areas of deletion and insertion, beside those of a random order."""
    rows = []
    for split, error in figures.completeness_error.items():
        for sensor, splits in figures.curves.items():
            c = splits[split]
            rows.append(
                (
                    f"{SENSOR_TITLES[sensor]}, {split}",
                    str(c.pairs),
                    cell(error.median, 2),
                    cell(c.deletion[-1], 2),
                    cell(c.deletion_area),
                    cell(c.insertion_area),
                    cell(c.random_area),
                    f"{c.deletion_better:.0%} / {c.insertion_better:.0%}",
                )
            )
    path = figures.path
    points = "" if path is None else f"path of {path.steps} point{'s' if path.steps > 1 else ''} from black; "
    columns = (
        "pairs",
        "completeness error",
        "score left without",
        "deletion",
        "insertion",
        "random",
        "better than random",
    )
    return Table(
        "Attribution: completeness, deletion and insertion",
        ("sensor", *columns),
        tuple(rows),
        f"{points}error: median over pairs, of both sensors together, 0 is exact; areas of the share of score kept: "
        "deletion should be below random, insertion above; last: share of the pairs with that",
    )


def sanity_table(sanity: SanityFigures) -> Table:
    """Return how alike the maps of the trained and of random networks are."""
    rows = []
    for name, m in sanity.maps.items():
        passed = NOTHING if m.passed is None else "changes" if m.passed else "HARDLY CHANGES"
        networks = ", ".join(cell(v, 2) for v in m.random_networks) or NOTHING
        rows.append((name, cell(m.same_network_noisy_input, 2), networks, cell(m.mean_absolute, 2), passed))
    done = sanity.not_done or f"{sanity.kernels_replaced} kernels drawn anew"
    return Table(
        "Attribution: do random weights change the maps?",
        ("map", "same network, noisy input", "random networks", "mean", f"limit {sanity.limit:g}"),
        tuple(rows),
        f"rank correlation with the trained network's map, {done}; "
        f"brightness alone, T / (T + Y), has {cell(sanity.share_and_brightness_ratio, 2)} with the thermal share",
    )
