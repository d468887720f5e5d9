# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.box_annotations import find_boxes
from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.class_names import DOUBTFUL
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.labels import FMB15, MSRS9

LINE = "0.5 0.5 0.5 0.5\n"


@pytest.fixture
def root(tmp_path):
    return make(tmp_path)


def make(root, names=("a", "b", "c")):
    for side in ("vi", "ir"):
        (root / side).mkdir(parents=True)
        for name in names:
            cv2.imwrite(str(root / side / f"{name}.png"), np.full((20, 40), 90, np.uint8))
    return root


def yolo(root, classes, **files):
    (root / "labels").mkdir(exist_ok=True)
    (root / "classes.txt").write_text("\n".join(classes))
    for name, numbers in files.items():
        (root / "labels" / f"{name}.txt").write_text("".join(f"{number} {LINE}" for number in numbers))
    return root


def coco(names, boxes):
    """A document with boxes (image, class name)."""
    classes = sorted({name for _, name in boxes})
    return {
        "images": [{"id": i, "file_name": f"vi/{n}.png", "width": 40, "height": 20} for i, n in enumerate(names)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(classes)],
        "annotations": [
            {"image_id": names.index(image), "category_id": classes.index(name), "bbox": [10, 5, 20, 10]}
            for image, name in boxes
        ],
    }


def test_text_files(root):
    yolo(root, ["Pedestrian", "cyclist", "dog", "bus"], a=[0, 1, 2, 3], b=[], x=[0], y=[1])
    found = find_boxes(PairDataset(root), MSRS9)
    assert found.form == "YOLO"
    assert found.annotated == (0, 2)  # buses are no reason to say where there are no cars
    assert [box.label for box in found.of("a", (20, 40), (20, 40))] == ["person", DOUBTFUL, "car"]
    assert found.of("a", (20, 40), (200, 100))[0] == Box("person", 25, 50, 75, 150)
    assert found.of("b", (20, 40), (20, 40)) == ()
    assert found.of("c", (20, 40), (20, 40)) is None
    first, *others = found.remarks
    assert first == f"boxes of {root / 'labels'} (YOLO) for 2 of 3 pairs; person: Pedestrian (1); car: bus (1)"
    assert others == [
        "no names of the class itself, so it is not taken to be absent elsewhere: car",
        "of no class for certain, their boxes are unknown: cyclist (1)",
        "warning: no class of msrs9, skipped: dog (1)",
        "warning: 1 pairs are not in it and count as unlabelled: c",
        "2 of its images belong to no pair of this part: x, y",
    ]


@pytest.mark.parametrize("name", ["annotations.json", "_annotations.coco.json", "annotations/instances_default.json"])
def test_coco(root, name):
    document = coco(["a", "b", "c"], [("a", "person"), ("b", "bicycle"), ("b", "person")])
    document["annotations"][2]["iscrowd"] = 1
    (root / "annotations").mkdir()
    (root / name).write_text(json.dumps(document))
    found = find_boxes(PairDataset(root), MSRS9)
    assert (found.form, found.path) == ("COCO", root / name)
    assert found.annotated == (0, 2, 3)
    assert found.of("a", (1, 1), (20, 40)) == (Box("person", 10, 5, 30, 15),)
    assert [box.label for box in found.of("b", (1, 1), (20, 40))] == ["bike", DOUBTFUL]
    assert found.of("c", (1, 1), (20, 40)) == ()
    assert find_boxes(PairDataset(root), FMB15).annotated == (0, 8, 13)


def test_boxes_of_msrs(root):
    document = {
        "a": {"source": "boxes", "boxes": {"visible": [[2, 10, 5, 30, 15]]}},
        "b": {"boxes": {"fusion": []}},
        "c": {},
    }
    (root / "annotations.json").write_text(json.dumps(document))
    found = find_boxes(PairDataset(root), MSRS9)
    assert found.form == "MSRS"
    assert found.annotated == (0, 1, 2, 3)  # they always say where persons, bikes and cars are
    assert found.of("a", (20, 40), (10, 20)) == (Box("car", 5, 2.5, 15, 7.5),)
    assert found.of("b", (20, 40), (20, 40)) == ()
    assert found.of("c", (20, 40), (20, 40)) is None


def test_the_folder_of_a_split_comes_first(tmp_path):
    make(tmp_path / "train")
    make(tmp_path / "test")
    yolo(tmp_path / "train", ["car"], a=[0])
    found = find_boxes(PairDataset(tmp_path, "train", layout="msrs-release"), MSRS9)
    assert found.path == tmp_path / "train/labels"
    assert find_boxes(PairDataset(tmp_path, "test", layout="msrs-release"), MSRS9) is None


def test_no_boxes(root):
    assert find_boxes(PairDataset(root), MSRS9) is None
    (root / "labels").mkdir()
    (root / "labels/classes.txt").write_text("person\n")
    (root / "annotations.json").write_text('{"a": {}}')
    assert find_boxes(PairDataset(root), MSRS9) is None


def test_boxes_that_cannot_be_meant_are_refused(root):
    yolo(root, ["dog", "person"], a=[0], b=[])
    with pytest.raises(DataError, match=r"no box of a class of msrs9 \(car, .*, but of dog; rename the classes"):
        find_boxes(PairDataset(root), MSRS9)
    (root / "labels/a.txt").write_text("")
    with pytest.raises(DataError, match=r"no box of a class of msrs9 .* but of nothing"):
        find_boxes(PairDataset(root), MSRS9)
    (root / "annotations.json").write_text(json.dumps(coco(["a"], [("a", "person")])))
    with pytest.raises(DataError, match=r"boxes in two places: .*labels and .*annotations\.json; keep one"):
        find_boxes(PairDataset(root), MSRS9)
    for path in (root / "labels").iterdir():
        path.rename(path.with_name(f"x{path.name}"))
    (root / "annotations.json").unlink()
    with pytest.raises(DataError, match=r"has boxes of xa, xb, the pairs are a, b, c; give the files"):
        find_boxes(PairDataset(root), MSRS9)


def test_a_damaged_coco_file_is_not_taken_for_another_kind(root):
    document = coco(["a"], [("a", "person")])
    del document["categories"]
    (root / "annotations.json").write_text(json.dumps(document))
    with pytest.raises(DataError, match="categories is missing"):
        find_boxes(PairDataset(root), MSRS9)
