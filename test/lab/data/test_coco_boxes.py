# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import copy
import json

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.coco_boxes import read_coco
from fusion_perception.lab.data.named_boxes import NamedBox

GOOD = {
    "info": {"year": 2026},
    "images": [
        {"id": 7, "file_name": "vi/a.png", "width": 100, "height": 50, "license": 1},
        {"id": 8, "file_name": "C:\\vi\\b.jpg", "width": 10, "height": 10},
    ],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 10.5], "segmentation": [[1, 2]], "area": 3},
        {"image_id": 7, "category_id": 0, "bbox": [-10, 40, 30, 30], "iscrowd": 1},
    ],
    "categories": [{"id": 3, "name": "Person", "supercategory": "x"}, {"id": 0, "name": "cars"}],
}


def write(folder, document):
    path = folder / "annotations.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_annotations_become_boxes(tmp_path, mark):
    file = read_coco(write(tmp_path, mark + json.dumps(GOOD, indent=1).replace("\n", "\r\n")))
    assert file.form == "COCO"
    assert set(file.boxes) == {"a", "b"}
    assert file.boxes["a"] == (
        NamedBox("Person", 0.1, 0.1, 0.3, 0.31),
        NamedBox("cars", 0.0, 0.8, 0.2, 1.0, crowd=True),  # cut at the image
    )
    assert file.boxes["b"] == ()


def changed(*path_and_value):
    *path, value = path_and_value
    document = copy.deepcopy(GOOD)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (changed("categories", None), "categories is missing; export the annotations again as COCO"),
        (changed("images", {}), "images is an object; allowed: a list of at most"),
        (changed("images", 0, 3), r"images\[0\] is 3; allowed: an object"),
        (changed("images", 0, "file_name", None), r"images\[0\].file_name is missing"),
        (changed("images", 1, "width", 0), r"images\[1\].width is 0; allowed: 1 to 100000"),
        (changed("images", 1, "height", 4.5), r"images\[1\].height is 4.5"),
        (changed("images", 1, "id", 7), r"images\[1\].id is 7, which stands twice"),
        (changed("images", 1, "file_name", "ir/a.jpg"), "two images are called 'a'; keep those of one sensor"),
        (changed("annotations", 0, "image_id", 9), r"annotations\[0\].image_id is 9; allowed: an id of images"),
        (
            changed("annotations", 0, "category_id", 1),
            r"annotations\[0\].category_id is 1; allowed: an id of categories",
        ),
        (changed("annotations", 0, "category_id", True), r"category_id is True"),
        (changed("annotations", 1, "bbox", None), r"annotations\[1\].bbox is missing"),
        (changed("annotations", 1, "bbox", [1, 2, 3]), r"annotations\[1\].bbox is \[1, 2, 3\]; allowed: \[left, top"),
        (changed("annotations", 1, "bbox", [1, 2, 3, "4"]), r"bbox is \[1, 2, 3, '4'\]"),
        (changed("annotations", 1, "bbox", [1, 2, 0, 4]), r"allowed: a width and height above 0"),
        (changed("annotations", 1, "bbox", [100, 2, 3, 4]), r"allowed: what lies in the image of 100 x 50"),
        (changed("annotations", 1, "iscrowd", 2), r"iscrowd is 2; allowed: 0 to 1"),
        (changed("annotations", [GOOD["annotations"][0]] * 501), "image 'a' has more than 500 boxes"),
        (changed("categories", 0, "name", ""), r"categories\[0\].name has 0 characters"),
        (changed("categories", 1, "id", 3), r"categories\[1\].id is 3, which stands twice"),
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"images": [NaN]}', "not finite"),
    ],
)
def test_wrong_values_are_named(tmp_path, document, message):
    path = write(tmp_path, document)
    with pytest.raises(DataError, match=message) as caught:
        read_coco(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read"):
        read_coco(tmp_path / "nowhere.json")
