# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of lines and pixels that stick out."""

import numpy as np
import pytest

from fusion_perception.preprocess.distribution import Distribution
from fusion_perception.preprocess.sensor_defects import NO_DEFECTS, Defects, DefectWatch, find_defects


def found(image):
    return find_defects(image, Distribution.of(image))


def noise(shape=(120, 160), dtype=np.uint16):
    return np.random.default_rng(0).normal(21_000, 10, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_nothing_sticks_out_of_noise(dtype):
    assert not found(noise(dtype=dtype))
    assert not found(np.full((20, 20), 5, dtype))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("value", [0, 20_000, 22_000, 65_535])
def test_lines_and_pixels_are_found_where_they_are(dtype, value):
    image = noise(dtype=dtype)
    image[[0, 1, 119]] = value
    image[:, 77] = value
    image[50, 20] = image[51, 22] = value
    image[80, 30:32] = value  # two together: a small thing, for all that is known
    defects = found(image)
    assert defects.rows.tolist() == [0, 1, 119]
    assert defects.columns.tolist() == [77]
    assert defects.pixels.tolist() == [50 * 160 + 20, 51 * 160 + 22]
    mask = defects.mask(image.shape)
    assert mask.sum() == 3 * 160 + 117 + 2
    assert (image[mask] == value).all()


@pytest.mark.parametrize("line", [np.s_[0, :], np.s_[:, 0]], ids=["row", "column"])
def test_a_dead_pixel_beside_a_line_is_found(line):
    image = noise()
    image[line] = 65_535
    image[1, 50] = image[60, 1] = 0
    assert found(image).pixels.tolist() == [160 + 50, 60 * 160 + 1]


def test_temperatures_below_zero_are_as_good_as_any():
    image = np.random.default_rng(0).normal(-10, 1, (120, 160)).astype(np.float32)
    assert not found(image)
    image[5] = -273
    assert found(image).rows.tolist() == [5]


def test_a_line_that_is_dead_in_half_is_found():
    image = noise()
    image[60, :90] = 0
    assert found(image).rows.tolist() == [60]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(0, 40), slice(None)), (slice(50, 55), slice(None)), (slice(40, 43), slice(30, 33)), (slice(7, 60), 5)],
    ids=["sky", "five lines", "a small thing", "part of a column"],
)
def test_parts_of_the_scene_are_no_lines(rows, columns):
    image = noise()
    image[rows, columns] = 15_000
    defects = found(image)
    assert not defects.rows.size
    assert not defects.columns.size
    assert not defects.pixels.size


@pytest.mark.parametrize("place", [(0, 0), (0, 9), (119, 159), (60, 0)])
def test_pixels_at_the_border_are_found(place):
    image = noise()
    image[place] = 0
    assert found(image).pixels.tolist() == [place[0] * 160 + place[1]]


def test_the_peak_of_a_hot_thing_is_not_dead():
    rows, columns = np.mgrid[:120, :160]
    blurred = np.exp(-((rows - 40) ** 2 + (columns - 50) ** 2) / 2)
    image = (noise().astype(float) + 190 * blurred).astype(np.uint16)
    low, high = np.percentile(image, (5, 95))
    assert image[40, 50] > high + 3 * (high - low)
    assert not found(image)


def test_where_many_pixels_stand_alone_it_is_noise():
    image = noise()
    image.reshape(-1)[np.random.default_rng(1).permutation(image.size)[:400]] = 0
    assert not found(image).pixels.size


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.finfo(np.float32).max, np.finfo(np.float32).min])
def test_the_largest_numbers_are_no_trouble(value):
    image = noise(dtype=np.float32)
    image[5] = value
    assert found(image).rows.tolist() == [5]
    assert not found(np.full((9, 9), value, np.float32))
    found(np.linspace(-3.4e38, 3.4e38, 400, dtype=np.float32).reshape(20, 20))


def test_only_what_stays_is_lasting():
    watch = DefectWatch()
    first = Defects(np.array([0, 5]), np.array([9]), np.array([100, 200]))
    second = Defects(np.array([5, 7]), np.array([9]), np.array([200]))
    for number in range(10):
        assert watch.lasting is NO_DEFECTS
        watch.update(second if number % 2 else first)
    assert watch.lasting.rows.tolist() == [5]
    assert watch.lasting.columns.tolist() == [9]
    assert watch.lasting.pixels.tolist() == [200]
    for _ in range(10):
        watch.update(NO_DEFECTS)
    assert not watch.lasting


def test_a_defect_that_comes_later_is_lasting_soon():
    watch = DefectWatch()
    for _ in range(25):
        watch.update(NO_DEFECTS)
    for _ in range(15):  # the five in hand, and ten
        watch.update(Defects(rows=np.array([5])))
    assert watch.lasting.rows.tolist() == [5]
