# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest

from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.class_names import DOUBTFUL
from fusion_perception.lab.training.box_labels import labels_from_boxes
from fusion_perception.labels import IGNORE, MSRS9

CAR, PERSON, BIKE = (MSRS9.id_of(name) for name in ("car", "person", "bike"))


def mask(*boxes: Box) -> np.ndarray:
    return labels_from_boxes(boxes, MSRS9, 60, 80)


def test_the_middle_is_the_class_and_the_rest_unknown() -> None:
    found = mask(Box("person", 20.4, 10.4, 40.4, 50.4))
    wanted = np.zeros((60, 80), np.uint8)
    wanted[8:53, 19:42] = IGNORE  # 5 % more on each side
    wanted[20:40, 25:35] = PERSON
    np.testing.assert_array_equal(found, wanted)


def test_boxes_reach_beyond_the_image_and_may_be_tiny() -> None:
    found = mask(Box("car", -20, 30, 20, 90), Box("bike", 70.2, 5.2, 70.4, 5.4))
    assert found[45:60, :10].min() == found[45:60, :10].max() == CAR
    assert np.count_nonzero(found == BIKE) == 0
    assert found[5, 70] == IGNORE
    assert mask().max() == 0


def test_a_doubtful_box_is_unknown_as_a_whole() -> None:
    found = mask(Box(DOUBTFUL, 20, 10, 40, 50))
    assert set(np.unique(found)) == {0, IGNORE}
    assert np.all(found[10:50, 20:40] == IGNORE)


def test_the_nearer_and_smaller_one_lies_in_front() -> None:
    car, person = Box("car", 10, 10, 70, 50), Box("person", 30, 24, 40, 52)
    for order in ((car, person), (person, car)):
        found = mask(*order)
        assert np.all(found[31:45, 33:37] == PERSON)
        assert np.all(found[25:39, 30:32] == IGNORE)  # car or person
        assert np.all(found[21:39, 42:54] == CAR)


def test_what_is_in_front_is_unknown_where_near_and_small_disagree() -> None:
    car, person = Box("car", 10, 10, 70, 50), Box("person", 30, 8, 40, 44)  # behind the car, or in it?
    found = mask(car, person)
    assert np.all(found[8:44, 30:40] == IGNORE)
    assert np.all(found[21:39, 42:54] == CAR)
    twins = mask(car, Box("bike", 10, 10, 70, 50))
    assert set(np.unique(twins)) == {0, IGNORE}


def test_boxes_of_one_class_do_not_disturb_one_another() -> None:
    found = mask(Box("car", 10, 10, 50, 40), Box("car", 20, 5, 60, 35))
    assert np.all(found[18:32, 21:39] == CAR)
    assert np.all(found[13:27, 31:49] == CAR)


@pytest.mark.parametrize("seed", range(5))
def test_order_makes_no_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = []
    for name in ("car", "person", "bike", DOUBTFUL):
        x, y = rng.uniform(0, 40, 2)
        boxes.append(Box(name, x, y, x + rng.uniform(5, 40), y + rng.uniform(5, 30)))
    found = [mask(*order) for order in itertools.permutations(boxes)]
    assert all(np.array_equal(one, found[0]) for one in found)
