# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.training.rendered_samples import RENDERED_CONDITIONS
from fusion_perception.lab.training.samples import Sample
from fusion_perception.lab.training.splits import halves, hold_out, hold_out_groups, open_training_set
from test.lab.training.scenes import samples, write_dataset


def test_whole_stretches_are_held_out() -> None:
    many = [Sample(*(None,) * 3, True, "night" if i % 2 else "day", f"{i:03d}") for i in range(100)]
    train, held_out = hold_out(many, 0.1)
    assert len(held_out) == 10
    assert {s.key for s in held_out} == {"day", "night"}
    assert {s.name for s in train}.isdisjoint(s.name for s in held_out)
    assert len(train) == 90
    places = [int(s.name) for s in held_out if s.key == "day"]
    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert sorted(gaps)[:-1] == [2] * (len(gaps) - 1)  # two stretches of neighbouring frames
    assert hold_out(many[:1], 0.1) == (many[:1], [])


def test_whole_streets_are_held_out() -> None:
    many = [Sample(*(None,) * 3, True, "rendered day", f"{i:03d}", f"street{i // 2}") for i in range(160)]
    train, held_out = hold_out_groups(many)
    assert len(held_out) == 24
    assert {s.group for s in train}.isdisjoint(s.group for s in held_out)
    assert [s.name for s in many] == sorted(s.name for s in [*train, *held_out])
    streets = {int(s.group.removeprefix("street")) for s in held_out}
    assert {RENDERED_CONDITIONS[street % len(RENDERED_CONDITIONS)] for street in streets} == set(RENDERED_CONDITIONS)
    train, held_out = hold_out_groups(many[:12])
    assert (len(train), len(held_out)) == (10, 2)
    assert hold_out_groups(many[:2]) == (many[:2], [])


def test_a_split_for_two_levels_is_disjoint() -> None:
    many = samples(1) * 0 + [Sample(*(None,) * 3, True, "any", str(i)) for i in range(60)]
    lower, upper = halves(many, 0.2)
    assert len(upper) == 12
    assert {s.name for s in lower}.isdisjoint(s.name for s in upper)
    assert len(lower) + len(upper) == 60


def test_the_training_list_keeps_away_from_evaluation(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    assert open_training_set(root, None).split == "train"
    (root / "test.txt").write_text("00000D\n")
    with pytest.raises(DataError, match=r"shares 1 names with .*test.txt \(00000D"):
        open_training_set(root, None)
    (root / "test.txt").unlink()
    (root / "train.txt").unlink()
    with pytest.raises(DataError, match=r"val.txt"):
        open_training_set(root, None)
    (root / "val.txt").unlink()
    assert open_training_set(root, None).split == "all"


@pytest.mark.parametrize("layout", ["train/vi test/vi", "visible/train visible/test"])
def test_folders_for_evaluation_are_not_trained_on(tmp_path: Path, layout: str) -> None:
    for folder in layout.split():
        for side in (folder, folder.replace("vi", "ir") if "/vi" in folder else folder.replace("visible", "infrared")):
            (tmp_path / side).mkdir(parents=True)
            cv2.imwrite(str(tmp_path / side / "a.png"), np.zeros((8, 8), np.uint8))
    assert open_training_set(tmp_path, None).split == "train"
    assert open_training_set(tmp_path, "train").split == "train"
    for split in ("test", "val"):
        with pytest.raises(DataError, match=f"split '{split}' is for evaluation"):
            open_training_set(tmp_path, split)
