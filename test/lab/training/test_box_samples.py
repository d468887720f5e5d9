# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.data.box_annotations import find_boxes
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.training.box_samples import load_box_samples
from fusion_perception.labels import IGNORE, MSRS9
from test.lab.training.scenes import write_pairs


def test_pairs_with_boxes_become_samples(tmp_path: Path) -> None:
    write_pairs(tmp_path, {"aN": (60, 80), "bD": (30, 40), "c": (20, 20)})
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/aN.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / "labels/bD.txt").write_text("")
    dataset = PairDataset(tmp_path)
    labelled, unlabelled = load_box_samples(dataset, find_boxes(dataset, MSRS9), MSRS9, (30, 40))
    assert [(s.name, s.key, s.complete, s.labels.shape) for s in labelled] == [
        ("aN", "night", False, (30, 40)),
        ("bD", "day", False, (30, 40)),
    ]
    person, nothing = labelled
    assert person.thermal.shape == person.rgb.shape[:2] == (30, 40)
    assert np.all(person.labels[12:18, 16:24] == 2)
    assert np.all(person.labels[8:11, 10:30] == IGNORE)
    assert np.count_nonzero(person.labels == 0) > 600
    assert nothing.labels.max() == 0
    assert [s.name for s in unlabelled] == ["c"]
    assert np.all(unlabelled[0].labels == IGNORE)
