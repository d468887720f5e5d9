# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.boxes import Box, read_annotations


def test_a_box_covers_the_pixels_it_touches():
    assert Box("car", 1.2, 2.0, 3.5, 4.0).window(10, 10) == (slice(2, 4), slice(1, 4))
    assert Box("car", -3, -3, 99, 99).window(10, 20) == (slice(0, 10), slice(0, 20))
    assert Box("car", 30, 0, 40, 5).window(10, 20)[1] == slice(20, 20)


def test_annotations_are_read(tmp_path):
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"a": {"source": "boxes", "boxes": {"fusion": [[1, 0, 1, 2.5, 3]]}}, "b": {}}))
    annotations = read_annotations(path)
    assert annotations["a"].source == "boxes"
    assert annotations["a"].boxes["fusion"] == (Box("bike", 0, 1, 2.5, 3),)
    assert annotations["b"].boxes == {}


def test_a_coco_file_has_the_same_name_and_is_left_alone(tmp_path):
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    assert read_annotations(path) == {}


def test_boxes_are_moved_to_other_sizes():
    assert Box("car", 1, 2, 3, 6).scaled(2, 10) == Box("car", 10, 4, 30, 12)
    assert Box("car", 1, 2, 3, 6).resized(2) == Box("car", 0, 0, 4, 8)
    assert Box("car", 1, 2, 3, 6).resized(0.5) == Box("car", 1.5, 3, 2.5, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "top level must be an object"),
        ('{"a": 1}', "image 'a': must be an object"),
        ('{"a": {"source": "me"}}', "unknown source 'me'; allowed: consensus, boxes"),
        ('{"a": {"boxes": {"radar": []}}}', "unknown box set 'radar'"),
        ('{"a": {"boxes": {"fusion": 3}}}', "must be a list"),
        ('{"a": {"boxes": {"fusion": [[0, 1, 2]]}}}', r"a box is \[class"),
        ('{"a": {"boxes": {"fusion": [[7, 1, 2, 3, 4]]}}}', r"class 0..2"),
        ('{"a": {"boxes": {"fusion": [[0, 1, 2, 3, NaN]]}}}', r"a box is"),
    ],
)
def test_damaged_annotations_are_named(tmp_path, text, message):
    path = tmp_path / "annotations.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_annotations(path)
