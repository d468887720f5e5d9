# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

pytest.importorskip("torch", reason="the laboratory needs PyTorch")

from fusion_perception.lab.crossvalidation.document import BoxTally, FoldRun, MaskTally
from fusion_perception.lab.crossvalidation.figures import figures_of


def fold(seed: int, number: int, boxes: tuple[int, int, int, int], mask: tuple[int, int, int] = (0, 0, 0)) -> FoldRun:
    return FoldRun(
        seed=seed,
        fold=number,
        pairs=(f"{number:05d}D",),
        seconds=1.0,
        boxes={"all": {"person": BoxTally(*boxes)}, "day": {"person": BoxTally(*boxes)}},
        masks={"consensus": {"all": {"person": MaskTally(*mask), "bump": MaskTally(0, 0, 3)}}},
    )


def test_counts_are_summed_over_the_folds_and_figures_averaged_over_the_seeds() -> None:
    runs = [
        fold(0, 1, (10, 8, 100, 90), (50, 80, 70)),
        fold(0, 2, (30, 12, 300, 150), (10, 20, 10)),
        fold(1, 1, (10, 10, 100, 100), (50, 80, 70)),
        fold(1, 2, (30, 20, 300, 200), (10, 20, 10)),
    ]
    figures = {(f.measure, f.split, f.label): f for f in figures_of(runs)}
    matched = figures["matched", "day", "person"]
    assert matched.value == pytest.approx((20 / 40 + 30 / 40) / 2)
    assert matched.seed_spread == pytest.approx(10 / 40)
    assert matched.fold_spread == pytest.approx(((0.8 - 0.4) + (1 - 2 / 3)) / 2 / 2**0.5)
    assert matched.count == 40
    assert figures["precision", "all", "person"].value == pytest.approx((240 / 400 + 300 / 400) / 2)
    assert figures["iou", "all", "person"].value == pytest.approx(60 / (100 + 80 - 60))
    assert figures["iou", "all", "person"].seed_spread == 0
    assert ("iou", "all", "bump") not in figures  # not in the labels
    assert [f.split for f in figures_of(runs) if f.measure == "matched"] == ["all", "day"]


def test_a_seed_that_is_not_finished_counts_nowhere() -> None:
    whole = [fold(0, 1, (10, 8, 100, 90)), fold(0, 2, (30, 12, 300, 150))]
    (matched, *_) = figures_of([*whole, fold(1, 1, (10, 1, 100, 10))])
    assert (matched.value, matched.seed_spread, matched.count) == (0.5, None, 40)
    assert figures_of([*whole, fold(1, 1, (10, 1, 100, 10))]) == figures_of(whole)


def test_a_fold_without_an_object_says_nothing_of_its_class() -> None:
    (matched, precision, *_) = figures_of([fold(0, 1, (4, 2, 10, 5)), fold(0, 2, (0, 0, 10, 0))])
    assert (matched.value, matched.fold_spread, matched.seed_spread) == (0.5, None, None)
    assert (precision.value, precision.fold_spread) == (0.25, None)  # false pixels count all the same
    assert figures_of([fold(0, 1, (0, 0, 10, 0))]) == ()
