# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of cross-validations: one of its figures, one of it beside others."""

from __future__ import annotations

from collections.abc import Mapping

from fusion_perception.lab.crossvalidation.document import CrossValidation, Figure
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell

Key = tuple[str, str | None, str, str]
_COMPARED_KINDS = (None, "masks", "consensus")
"""Kinds of label whose IoU is compared; masks grown in boxes repeat what the boxes say."""


def figure_table(document: CrossValidation) -> Table:
    """Return matched, precision and IoU by class and split."""
    figures = _by_key(document)
    kinds = list(dict.fromkeys(figure.kind for figure in document.figures if figure.kind))
    places = dict.fromkeys((figure.label, figure.split) for figure in document.figures)
    rows = []
    for label, split in places:
        boxes = figures.get(("matched", None, split, label))
        cells = [_with_spreads(figures.get((measure, None, split, label))) for measure in ("matched", "precision")]
        cells += [_with_spreads(figures.get(("iou", kind, split, label))) for kind in kinds]
        rows.append((f"{label}, {split}", str(boxes.count) if boxes else NOTHING, *cells))
    return Table(
        f"{document.name}, cross-validated: {_what(document)}",
        ("class, split", "boxes", "matched", "precision", *(f"IoU {kind}" for kind in kinds)),
        tuple(rows),
        "counts summed over the folds, mean of the seeds; ±: standard deviation over the folds; in brackets: between "
        "the lowest and the highest seed",
    )


def against_table(document: CrossValidation, others: Mapping[str, CrossValidation]) -> Table:
    """Return every figure beside those of others, with the difference and what it says.

    A difference says something where it is larger than the spread between seeds, on whichever side that is larger.

    Args:
        document: what is judged.
        others: name -> what it is compared with.
    """
    ours = {key: figure for key, figure in _by_key(document).items() if figure.kind in _COMPARED_KINDS}
    theirs = [_by_key(other) for other in others.values()]
    columns = ["figure", document.name]
    for name in others:
        columns += [name, "difference", "spread", "verdict"]
    rows = []
    verdicts: list[list[str]] = [[] for _ in theirs]
    for key, figure in ours.items():
        cells = [_title(figure), cell(figure.value)]
        for number, found in enumerate(theirs):
            other = found.get(key)
            difference, spread = _difference(figure, other), _spread(figure, other)
            verdict = _verdict(difference, spread)
            verdicts[number].append(verdict)
            shown = NOTHING if difference is None else f"{difference:+.3f}"
            cells += [cell(other.value if other else None), shown, cell(spread), verdict]
        rows.append(tuple(cells))
    counts = [
        f"against {name}: better in {verdict.count('better')}, worse in {verdict.count('worse')} of {len(verdict)}"
        for name, verdict in zip(others, verdicts, strict=True)
    ]
    return Table(
        f"{document.name} beside {', '.join(others)}",
        tuple(columns),
        tuple(rows),
        "; ".join([*counts, "better and worse: by more than the larger of the spreads between seeds"]),
    )


def differing_conditions(document: CrossValidation, other: CrossValidation) -> list[str]:
    """Return what two cross-validations do not share and should, as ``"folds 5 and 4"``."""
    pairs = [sorted({name for run in d.runs for name in run.pairs}) for d in (document, other)]
    found = {
        "folds": (document.folds, other.folds),
        "data": (document.conditions.data, other.conditions.data),
        "boxes": (document.box_set, other.box_set),
        "steps": (document.conditions.steps, other.conditions.steps),
        "seeds": tuple(len({run.seed for run in d.runs}) for d in (document, other)),
    }
    said = [f"{name} {mine} and {theirs}" for name, (mine, theirs) in found.items() if mine != theirs]
    return said if pairs[0] == pairs[1] else [*said, f"other pairs ({len(pairs[0])} and {len(pairs[1])})"]


def _by_key(document: CrossValidation) -> dict[Key, Figure]:
    return {(f.measure, f.kind, f.split, f.label): f for f in document.figures}


def _what(document: CrossValidation) -> str:
    seeds = sorted({run.seed for run in document.runs})
    pairs = len({name for run in document.runs for name in run.pairs})
    listed = ", ".join(map(str, seeds))
    return f"{document.folds} folds, {pairs} pairs, seed{'s' if len(seeds) > 1 else ''} {listed}"


def _with_spreads(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return NOTHING
    fold = f" ±{figure.fold_spread:.3f}" if figure.fold_spread is not None else ""
    seed = f" ({figure.seed_spread:.3f})" if figure.seed_spread is not None else ""
    return f"{figure.value:.3f}{fold}{seed}"


def _title(figure: Figure) -> str:
    what = f"IoU {figure.kind}" if figure.kind else figure.measure
    return f"{figure.label}, {figure.split}: {what}"


def _difference(figure: Figure, other: Figure | None) -> float | None:
    return None if other is None or figure.value is None or other.value is None else figure.value - other.value


def _spread(*figures: Figure | None) -> float | None:
    return max((f.seed_spread for f in figures if f is not None and f.seed_spread is not None), default=None)


def _verdict(difference: float | None, spread: float | None) -> str:
    if difference is None:
        return NOTHING
    if spread is None:
        return "one seed"
    return "within" if abs(difference) <= spread else "better" if difference > 0 else "worse"
