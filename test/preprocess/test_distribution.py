# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the distribution of raw values."""

import numpy as np
import pytest

from fusion_perception.preprocess.distribution import Distribution

GENERATOR = np.random.default_rng(0)
IMAGE = GENERATOR.normal(21_000, 300, (60, 80)).astype(np.uint16)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("percent", [0, 0.5, 5, 33.3, 50, 95, 99.5, 100])
def test_percentiles_are_numpys(dtype, percent):
    image = IMAGE.astype(dtype)
    assert Distribution.of(image).percentile(percent) == pytest.approx(np.percentile(image, percent))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize(("low", "high"), [(20_900, 21_100), (0, 70_000), (0, 10), (-50.5, 20_999.5), (21_000, 21_000)])
def test_shares_are_counted(dtype, low, high):
    image = IMAGE.astype(dtype)
    expected = np.mean((image < low) | (image > high))
    assert Distribution.of(image).share_outside(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_pixels_are_left_out(dtype):
    image = IMAGE.astype(dtype)
    image[:, 10:20] = 0
    left_out = image == 0
    rest = Distribution.of(image).without(image, left_out)
    assert rest.percentile(0) == image[~left_out].min()
    assert rest.percentile(50) == pytest.approx(np.median(image[~left_out]))
    everything = Distribution.of(image)
    assert everything.without(image, np.ones_like(left_out)).percentile(0) == 0


@pytest.mark.parametrize("shape", [(480, 640), (512, 640), (1024, 1280), (577, 731), (240, 320)])
def test_every_line_of_a_float_image_gets_its_share(shape):
    """A regular grid sees a line far too often, or never."""
    for axis in (0, 1):
        image = np.ones(shape, np.float32)
        image.swapaxes(0, axis)[0] = 0
        share = Distribution.of(image).share_outside(0.5, 2)
        assert share == pytest.approx(1 / shape[axis], rel=0.2)


def test_one_pixel_is_a_distribution():
    for dtype in (np.uint16, np.float32):
        distribution = Distribution.of(np.full((1, 1), 7, dtype))
        assert distribution.percentile(0) == distribution.percentile(99.5) == 7
