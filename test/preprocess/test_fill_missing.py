# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of pixels without a value."""

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.preprocess.fill_missing import fill_missing


def ramp(shape=(24, 32)):
    return np.add.outer(np.arange(shape[0]), np.arange(shape[1])).astype(np.float32)


def test_an_image_without_holes_is_not_copied():
    image = ramp()
    filled, number = fill_missing(image)
    assert filled is image
    assert number == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(5, 7), (0, 0), (23, 31), (0, 15)])
def test_a_pixel_gets_the_mean_of_its_neighbours(value, place):
    image = ramp()
    image[place] = value
    before = image.copy()
    filled, number = fill_missing(image)
    assert number == 1
    assert filled.dtype == np.float32
    assert filled[place] == pytest.approx(ramp()[place], abs=2)
    np.testing.assert_array_equal(image, before)
    filled[place] = image[place]
    np.testing.assert_array_equal(filled, before)


@pytest.mark.parametrize(
    "hole",
    [(slice(4, 5), slice(None)), (slice(None), slice(0, 1)), (slice(3, 10), slice(5, 9))],
    ids=["row", "column", "block"],
)
def test_holes_of_every_shape_are_filled_from_around_them(hole):
    image = ramp()
    image[hole] = np.nan
    filled, number = fill_missing(image, 0.1)
    assert number == np.isnan(image).sum()
    assert np.abs(filled - ramp()).max() < 6


def test_where_no_direction_leads_to_a_value_the_median_helps():
    image = np.full((9, 9), np.nan, np.float32)
    image[0, 1:3] = 4
    filled, _ = fill_missing(image, 1.0)
    assert (filled == 4).all()


@pytest.mark.filterwarnings("error")
def test_the_largest_numbers_are_no_trouble():
    image = np.full((8, 8), np.finfo(np.float32).max, np.float32)
    image[3, 3] = np.nan
    assert fill_missing(image)[0][3, 3] == np.finfo(np.float32).max


@pytest.mark.parametrize(
    ("missing", "share", "message"),
    [(39, 0.05, "39 of 768 values NaN or infinite; accepted: up to 5 %"), (1, 0.0, "up to 0 %"), (768, 1.0, "768 of")],
)
def test_too_many_are_refused(missing, share, message):
    image = ramp()
    image.reshape(-1)[:missing] = np.nan
    with pytest.raises(ImageError, match=message):
        fill_missing(image, share)


def test_up_to_the_share_is_filled():
    image = ramp()
    image.reshape(-1)[:38] = np.nan
    assert fill_missing(image, 0.05)[1] == 38
