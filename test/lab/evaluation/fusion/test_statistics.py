# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.fusion.statistics import (
    average_gradient,
    entropy,
    spatial_frequency,
    standard_deviation,
)


def test_entropy_of_known_histograms():
    assert entropy(np.full((4, 4), 7, np.uint8)) == 0
    assert entropy(np.array([[0, 255], [255, 0]], np.uint8)) == pytest.approx(1)
    assert entropy(np.array([[0, 0], [0, 9]], np.uint8)) == pytest.approx(0.8112781, abs=1e-6)
    assert entropy(np.arange(256, dtype=np.uint8).reshape(16, 16)) == pytest.approx(8)


def test_standard_deviation_is_the_population_form():
    assert standard_deviation(np.array([[0, 2], [4, 6]], np.uint8)) == pytest.approx(np.sqrt(5))


def test_spatial_frequency_of_a_plane_does_not_wrap_around():
    assert spatial_frequency(np.array([[0, 3], [4, 7]], np.uint8)) == pytest.approx(5)
    assert spatial_frequency(np.array([[4, 1], [0, 253]], np.uint8)) == pytest.approx(
        np.sqrt((9 + 253**2) / 2 + (16 + 252**2) / 2)
    )


def test_average_gradient_of_a_ramp():
    ramp = np.tile(np.arange(0, 20, 2, dtype=np.uint8), (5, 1))
    assert average_gradient(ramp) == pytest.approx(np.sqrt(2))
    assert average_gradient(ramp.T) == pytest.approx(np.sqrt(2))
    step = np.array([[0, 0, 8, 8]] * 2, np.uint8)  # central differences 0, 4, 4, 0
    assert average_gradient(step) == pytest.approx(np.sqrt(8) / 2)


def test_shifting_the_brightness_changes_nothing():
    image = np.random.default_rng(0).integers(0, 200, (16, 20), np.uint8)
    for metric in (entropy, standard_deviation, spatial_frequency, average_gradient):
        assert metric(image + np.uint8(50)) == pytest.approx(metric(image))
