# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of a cross-validation from its counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Literal

from fusion_perception.lab.crossvalidation.document import BoxTally, Figure, FoldRun, MaskTally
from fusion_perception.lab.evaluation.segmentation_metrics import in_order

Measure = Literal["matched", "precision", "iou"]
Ratio = tuple[int, int]
"""What is counted, and out of how many."""


def figures_of(runs: Sequence[FoldRun]) -> tuple[Figure, ...]:
    """Return every figure that something is known of: against boxes first, then kind by kind against masks.

    Counts are summed over the folds of a seed, so that every pair is judged once, by a network that has not seen it.
    Seeds that have fewer folds than others so far are left out: other pairs would make them look different.
    """
    folds = {seed: len({run.fold for run in runs if run.seed == seed}) for seed in {run.seed for run in runs}}
    runs = [run for run in runs if folds[run.seed] == max(folds.values())]
    found: list[Figure] = []
    for split, label in _places(run.boxes for run in runs):
        found.append(_figure(runs, "matched", None, split, label, _of_boxes(split, label, _matched)))
        found.append(_figure(runs, "precision", None, split, label, _of_boxes(split, label, _precision)))
    for kind in dict.fromkeys(kind for run in runs for kind in run.masks):
        for split, label in _places(run.masks.get(kind, {}) for run in runs):
            found.append(_figure(runs, "iou", kind, split, label, _of_masks(kind, split, label)))
    return tuple(figure for figure in found if figure.count)


def _matched(tally: BoxTally) -> Ratio:
    return tally.matched, tally.boxes


def _precision(tally: BoxTally) -> Ratio:
    return tally.inside, tally.pixels


def _of_boxes(split: str, label: str, ratio: Callable[[BoxTally], Ratio]) -> Callable[[FoldRun], tuple[Ratio, int]]:
    def read(run: FoldRun) -> tuple[Ratio, int]:
        tally = run.boxes.get(split, {}).get(label, BoxTally(0, 0, 0, 0))
        return ratio(tally), tally.boxes

    return read


def _of_masks(kind: str, split: str, label: str) -> Callable[[FoldRun], tuple[Ratio, int]]:
    def read(run: FoldRun) -> tuple[Ratio, int]:
        tally = run.masks.get(kind, {}).get(split, {}).get(label, MaskTally(0, 0, 0))
        return (tally.hits, tally.truth + tally.predicted - tally.hits), tally.truth

    return read


def _figure(
    runs: Sequence[FoldRun],
    measure: Measure,
    kind: str | None,
    split: str,
    label: str,
    read: Callable[[FoldRun], tuple[Ratio, int]],
) -> Figure:
    pooled: list[float] = []
    spreads: list[float] = []
    counts: list[int] = []
    for seed in sorted({run.seed for run in runs}):
        seen = [read(run) for run in runs if run.seed == seed]
        counts.append(sum(count for _, count in seen))
        hits, total = (sum(ratio[i] for ratio, _ in seen) for i in (0, 1))
        if total:
            pooled.append(hits / total)
        # A fold without an object of a class says nothing of it, whatever was predicted there.
        each = [ratio[0] / ratio[1] for ratio, count in seen if ratio[1] and count]
        if len(each) > 1:
            spreads.append(stdev(each))
    return Figure(
        measure=measure,
        kind=kind,
        split=split,
        label=label,
        value=fmean(pooled) if pooled else None,
        fold_spread=fmean(spreads) if spreads else None,
        seed_spread=max(pooled) - min(pooled) if len(pooled) > 1 else None,
        count=max(counts, default=0),
    )


def _places(tallies: Iterable[Mapping[str, Mapping[str, object]]]) -> list[tuple[str, str]]:
    """Every (split, class) that occurs, in the order of tables: class by class, all before day before night."""
    found: dict[str, list[str]] = {}
    for splits in tallies:
        for split, labels in splits.items():
            for label in labels:
                found.setdefault(label, []).append(split)
    return [(split, label) for label, splits in found.items() for split in in_order(set(splits))]
