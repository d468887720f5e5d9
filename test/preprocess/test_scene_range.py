# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the range of a scene."""

import numpy as np
import pytest

from fusion_perception.preprocess.distribution import Distribution
from fusion_perception.preprocess.scene_range import SceneRange, noise_of, scene_range


def range_of(image, low=0.5, high=99.5):
    return scene_range(Distribution.of(image), noise_of(image), low, high)


def test_an_ordinary_scene_has_the_range_of_its_percentiles():
    image = np.random.default_rng(0).gamma(2.0, 200, (240, 320)).astype(np.uint16)
    measured = range_of(image)
    assert (measured.low, measured.high) == pytest.approx(tuple(np.percentile(image, (0.5, 99.5))))


@pytest.mark.parametrize("value", [0, 60_000])
def test_tails_are_bounded_by_the_bulk(value):
    image = np.linspace(20_000, 21_000, 240 * 320).reshape(240, 320).astype(np.uint16)
    image[100:140, 100:150] = value  # 2.6 %
    measured = range_of(image)
    assert measured.span == pytest.approx(5 * 900 + 50, rel=0.1)
    assert value < measured.low or value > measured.high


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_noise_is_measured_beside_edges(dtype):
    generator = np.random.default_rng(0)
    image = generator.normal(20_000, 12, (240, 320))
    image[:, ::40] += 5000
    assert noise_of(image.astype(dtype)) == pytest.approx(12, rel=0.1)
    assert noise_of(np.full((5, 1), 3, dtype)) < 0.3


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_the_smallest_images_have_a_range(dtype):
    for shape in ((1, 1), (1, 2), (2, 1)):
        assert range_of(np.full(shape, 7, dtype)).span == 0


def test_a_range_is_never_so_narrow_that_noise_fills_it():
    assert SceneRange(95, 105).above_noise(3) == SceneRange(70, 130)
    assert SceneRange(0, 100).above_noise(3) == SceneRange(0, 100)
    assert SceneRange(7, 7).above_noise(0) == SceneRange(7, 7)
