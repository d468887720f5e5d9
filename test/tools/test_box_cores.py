# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.labels import IGNORE, get_label_set
from test.lab.training.scenes import write_dataset
from tools.box_cores import BOX_SET, Shares, count, main

LABELS = get_label_set("msrs9")
PERSON = LABELS.id_of("person")


def pair(labels: np.ndarray, annotated: tuple[int, ...] | None = None) -> ImagePair:
    height, width = labels.shape
    boxes = {BOX_SET: (Box("person", 0, 0, 20, 20),), "another": (Box("person", 20, 20, 40, 40),)}
    return ImagePair(
        "a",
        np.zeros((height, width), np.uint8),
        np.zeros((height, width, 3), np.uint8),
        labels,
        "masks",
        annotated,
        boxes,
    )


def test_pixels_are_counted_in_the_middle_and_beyond() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[:10, :20] = PERSON  # the middle of the box is rows and columns 5 to 15: half of it
    labels[5:15, 5:7] = IGNORE
    labels[30:32, 30:35] = PERSON  # in no box of the set
    found = count([pair(labels)], LABELS)
    assert found["person"] == Shares(core=80, right=40, all=200, beyond=10)
    assert found["car"] == Shares()


def test_pairs_whose_masks_do_not_name_all_classes_are_passed_over() -> None:
    labels = np.full((40, 40), PERSON, np.uint8)
    assert count([pair(labels, annotated=(PERSON,))], LABELS)["person"] == Shares()


def test_a_line_for_each_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_dataset(tmp_path / "data")
    entry = {"source": "consensus", "boxes": {BOX_SET: [[0, 10, 10, 40, 40]]}}
    (data / "annotations.json").write_text(json.dumps({"00000D": entry}))
    main([str(data)])
    person, bike, car = capsys.readouterr().out.splitlines()
    assert person.startswith("person: ") and "nan" not in person.split(";")[0]
    assert bike.startswith("bike: nan") and car.startswith("car: nan")


def test_where_nothing_can_be_counted_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without_boxes, without_masks = (write_dataset(tmp_path / name) for name in ("a", "b"))
    shutil.rmtree(without_masks / "Segmentation_labels")
    for folder in (without_boxes, without_masks, tmp_path / "nothing"):
        with pytest.raises(SystemExit):
            main([str(folder)])
        assert str(folder) in capsys.readouterr().err
