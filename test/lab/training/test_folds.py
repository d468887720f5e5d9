# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.training.folds import MOST, STRETCHES, Fold, assign_folds, cut, leave_out
from fusion_perception.lab.training.samples import Sample

OBJECTS = (1, 2)


def recording(frames: int = 60, crowded: range = range(0), gap: int | None = None) -> list[Sample]:
    """Half by day, half by night; objects of class 1 everywhere, one of class 2 in the ``crowded`` frames."""
    made = []
    for i in range(frames):
        labels = np.zeros((12, 12), np.uint8)
        labels[1:3, 1:3] = labels[1:3, 6:8] = 1
        if i in crowded:
            labels[8:10, 8:10] = 2
        night = i >= frames // 2
        number = 4 * i + (400 if gap is not None and i >= gap else 0)
        name = f"{number:05d}{'N' if night else 'D'}"
        made.append(Sample(labels, labels, labels, i % 3 == 0, "night" if night else "day", name))
    return made


def test_each_sample_is_in_one_fold_and_each_fold_has_day_and_night() -> None:
    samples = recording()
    folds = assign_folds(samples, 5, OBJECTS)
    assert set(folds) == {1, 2, 3, 4, 5}
    for fold in range(1, 6):
        assert {s.key for s, f in zip(samples, folds, strict=True) if f == fold} == {"day", "night"}
        assert folds.count(fold) == 12
        train, held_out = leave_out(samples, Fold(fold, 5), OBJECTS)
        assert [s.name for s, f in zip(samples, folds, strict=True) if f == fold] == [s.name for s in held_out]
        assert sorted(s.name for s in [*train, *held_out]) == sorted(s.name for s in samples)
    assert assign_folds(samples, 5, OBJECTS) == folds


def test_folds_are_whole_stretches() -> None:
    folds = assign_folds(recording(200), 5, OBJECTS)
    borders = sum(a != b for a, b in pairwise(folds))
    assert borders < 2 * 5 * STRETCHES
    lengths = np.diff([0, *(i + 1 for i, (a, b) in enumerate(pairwise(folds)) if a != b), 200])
    assert min(lengths) >= 100 // (5 * STRETCHES)


def test_a_cut_of_the_recording_ends_a_stretch() -> None:
    samples = recording(48, gap=7)[:24]
    pieces = cut(range(24), [s.name for s in samples], 2)
    assert [i for piece in pieces for i in piece] == list(range(24))
    assert 7 in [piece[0] for piece in pieces]
    assert 7 not in [piece[0] for piece in cut(range(24), [f"{4 * i:05d}D" for i in range(24)], 2)]
    assert [len(piece) for piece in cut(range(3), ["a", "b", "c"], 3)] == [1, 1, 1]


def test_objects_are_spread_over_the_folds() -> None:
    # All objects of class 2 stand in two of the ten stretches of the day.
    samples = recording(200, crowded=range(20, 40))
    folds = assign_folds(samples, 5, OBJECTS)
    counts = [sum(f == fold for f in folds[20:40]) for fold in range(1, 6)]
    assert sorted(counts)[-1] == 10
    assert [sum(f == fold for f in folds) for fold in range(1, 6)] == [40] * 5


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(DataError, match="3 pairs of 'day' cannot be in 4 folds; allowed: 2 to 3"):
        assign_folds(recording(6), 4, OBJECTS)
    assert sorted(assign_folds(recording(6), 3, OBJECTS)) == [1, 1, 2, 2, 3, 3]


def test_a_fold_is_read_as_it_is_written() -> None:
    assert Fold.read("2/5") == Fold(2, 5)
    assert str(Fold(2, 5)) == "2/5"


@pytest.mark.parametrize(
    "text", ["", "2", "0/5", "6/5", "1/1", f"1/{MOST + 1}", "a/b", "1/5/5", "-1/5", "1/" + "9" * 5000]
)
def test_other_texts_are_no_fold(text: str) -> None:
    with pytest.raises(DataError, match=f"allowed: 1/N to N/N, N from 2 to {MOST}"):
        Fold.read(text)
