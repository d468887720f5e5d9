# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.evaluation.segmentation.box_match import BoxScore

IDS = {"person": 2, "car": 1}


def _score(mask, *boxes):
    score = BoxScore(IDS)
    score.update(mask, boxes)
    return score.counts


def test_a_quarter_of_the_box_is_enough():
    mask = np.zeros((20, 20), np.uint8)
    mask[0:5, 0:5] = 2
    assert _score(mask, Box("person", 0, 0, 10, 10))["person"].matched == 1
    mask[0, 0] = 0
    assert _score(mask, Box("person", 0, 0, 10, 10))["person"].matched == 0


def test_another_class_in_the_box_does_not_match():
    mask = np.full((20, 20), 1, np.uint8)
    counts = _score(mask, Box("person", 0, 0, 10, 10))
    assert counts["person"].recall == 0
    assert np.isnan(counts["person"].precision)


def test_precision_counts_pixels_inside_any_box_of_the_class():
    mask = np.zeros((10, 20), np.uint8)
    mask[:, :10] = 2
    boxes = (Box("person", 0, 0, 4, 10), Box("person", 2, 0, 6, 10), Box("car", 0, 0, 20, 10))
    counts = _score(mask, *boxes)["person"]
    assert counts.pixels == 100
    assert counts.precision == pytest.approx(0.6)


def test_pixels_in_an_image_without_boxes_are_all_wrong():
    assert _score(np.full((4, 4), 1, np.uint8))["car"].precision == 0


def test_boxes_are_cut_at_the_image_and_boxes_outside_left_out():
    mask = np.full((10, 10), 1, np.uint8)
    counts = _score(mask, Box("car", -5, -5, 5.2, 5.2), Box("car", 50, 50, 60, 60))["car"]
    assert counts.boxes == counts.matched == 1
    assert counts.inside == 36  # 5.2 touches the sixth row and column


def test_classes_without_a_mask_id_are_left_out():
    assert "bike" not in _score(np.zeros((4, 4), np.uint8), Box("bike", 0, 0, 2, 2))


def test_counts_add_up_over_images():
    score = BoxScore(IDS)
    mask = np.full((10, 10), 2, np.uint8)
    score.update(mask, [Box("person", 0, 0, 10, 10)])
    score.update(mask * 0, [Box("person", 0, 0, 10, 10)])
    assert score.counts["person"].recall == 0.5
    assert score.counts["person"].precision == 1
