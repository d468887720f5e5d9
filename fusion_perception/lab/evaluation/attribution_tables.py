# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the attribution: does it name the right sensor, and does it depend on what the model has learned?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fusion_perception.lab.evaluation.attribution_figures import (
    AgreementFigures,
    CorruptionFigures,
    FaithfulnessFigures,
    OcclusionFigures,
    SanityFigures,
    ShapleyFigures,
)
from fusion_perception.lab.evaluation.document import EvaluationDocument
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell

SENSOR_TITLES = {"thermal": "thermal", "rgb": "RGB"}


def attribution_tables(document: EvaluationDocument) -> Iterable[Table]:
    """Yield the tables of a document about attribution."""
    check = document.attribution_check
    if check and check.attribution:
        yield agreement_table(check.attribution)
    if check and check.occlusion:
        yield occlusion_table(check.occlusion)
    if check and check.corruption:
        yield corruption_table(check.corruption)
    if check and check.shapley:
        yield shapley_table(check.shapley)
        yield sanity_table(check.shapley.sanity)
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
            cell(s.gap, 2),
            cell(s.largest_gap, 2),
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
            "gap",
            "largest gap",
            "brightness alone",
            *(f"{name} share" for name in classes),
        ),
        rows,
        "agreement with what happens when a sensor is taken away, 0.5 is chance; gap: probability that the named "
        "sensor alone keeps, minus that of the other; largest gap: of a share that always names the better one; "
        "brightness alone: these figures for T / (T + Y) instead; thermal share: 1 thermal alone, 0 RGB alone",
    )


def _brightness(figures: AgreementFigures) -> str:
    reference = figures.brightness
    agreement = reference.brightness_agreement if reference else None
    correlation = reference.brightness_rank_correlation if reference else None
    gap = reference.brightness_gap if reference else None
    return f"{cell(agreement, 2)} / {cell(correlation, 2)} / {cell(gap, 2)}"


def occlusion_table(splits: Mapping[str, OcclusionFigures]) -> Table:
    """Return how the thermal share ranks beside local occlusion."""
    rows = tuple(
        (split, str(o.squares), str(o.telling), cell(o.rank_correlation, 2), cell(o.brightness, 2))
        for split, o in splits.items()
    )
    return Table(
        "Attribution: does it rank the sensors as local occlusion does?",
        ("split", "squares with objects", "that tell", "rank correlation", "brightness alone"),
        rows,
        "thermal share against what blurring one sensor costs the decisions in a square, over the squares of all pairs",
    )


def corruption_table(failures: Iterable[CorruptionFigures]) -> Table:
    """Return whether the attribution leaves a sensor that fails, failure by failure, and over all of them."""
    rows, moved, pairs = [], 0.0, 0
    for f in failures:
        moved, pairs = moved + (f.away or 0) * f.pairs, pairs + f.pairs
        rows.append(
            (
                f"{SENSOR_TITLES[f.sensor]}, {f.name}",
                str(f.pairs),
                percent(f.away),
                cell(f.share_before, 2),
                cell(f.share_after, 2),
                percent(f.decisions_changed),
                cell(f.share_where_changed, 2),
            )
        )
    rows.append(("all", str(pairs), percent(moved / pairs if pairs else None), *(NOTHING,) * 4))
    return Table(
        "Attribution: does it leave a sensor that fails while its images arrive?",
        ("failure", "pairs", "leaves it", "share before", "share after", "decisions changed", "share there"),
        tuple(rows),
        "on object pixels of the clean pair whose decision stands: share of the pairs in which the failing sensor's "
        "share falls, or is at most 0.05, and its means; then: object pixels whose decision the failure changed, and "
        "its share there, where naming it is right",
    )


def shapley_table(figures: ShapleyFigures) -> Table:
    """Return the errors of the values."""
    return Table(
        "Attribution: are the values those of the game?",
        ("pairs", "efficiency error", "value error"),
        ((str(figures.pairs), exponent(figures.efficiency_error), exponent(figures.value_error)),),
        "phi_T + phi_R against v(TR) - v(0), and each value against four runs with black images for absent sensors, "
        "relative to their mean size on objects",
    )


def percent(value: float | None) -> str:
    """Return a share for a table."""
    return NOTHING if value is None else f"{value:.0%}"


def exponent(value: float | None) -> str:
    """Return an error for a table."""
    return NOTHING if value is None else f"{value:.1e}"


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
