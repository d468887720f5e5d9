# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of registration."""

import numpy as np
import pytest

from fusion_perception.preprocess import IDENTITY, Registration


def blob(shape, x, y, radius):
    """A smooth spot with its centre at (x, y)."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))).astype(np.uint8)


def centre(image):
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    weight = image.astype(float) / image.sum()
    return float((columns * weight).sum()), float((rows * weight).sum())


def test_equal_sizes_and_views_cost_nothing():
    image = blob((48, 64), 20, 20, 4)
    assert Registration().thermal_to((48, 64), image, (48, 64)) is image
    assert Registration().is_identity is True
    assert Registration((1, 0, 16, 0, 1, 0, 0, 0, 1)).is_identity is False


def test_a_smaller_thermal_image_is_stretched_onto_the_view():
    stretched = Registration(IDENTITY).thermal_to((96, 128), blob((48, 64), 20, 10, 4), (480, 640))
    assert stretched.shape == (96, 128)
    # Pixel areas are aligned: the centre (x + 0.5) scales by two.
    assert centre(stretched) == pytest.approx((40.5, 20.5), abs=0.1)


def test_a_shift_is_given_in_full_resolution_pixels():
    shift = (1, 0, 16, 0, 1, -8, 0, 0, 1)
    same_size = Registration(shift).thermal_to((96, 128), blob((96, 128), 60, 50, 6), (96, 128))
    assert centre(same_size) == pytest.approx((76, 42), abs=0.1)
    half_size = Registration(shift).thermal_to((48, 64), blob((96, 128), 60, 50, 6), (96, 128))
    assert centre(half_size) == pytest.approx((76.5 / 2 - 0.5, 42.5 / 2 - 0.5), abs=0.1)


def test_the_homography_maps_between_different_sizes():
    # Thermal 48 x 64, RGB 96 x 128, same view: twice the coordinates, pixel areas aligned.
    scale = (2, 0, 0.5, 0, 2, 0.5, 0, 0, 1)
    thermal = blob((48, 64), 20, 10, 4)
    warped = Registration(scale).thermal_to((96, 128), thermal, (96, 128))
    stretched = Registration().thermal_to((96, 128), thermal, (96, 128))
    assert np.abs(warped.astype(int) - stretched)[2:-2, 2:-2].max() <= 2


def test_perspective_is_followed():
    corners = np.array([[10, 10, 1], [50, 12, 1], [30, 40, 1]], float)
    matrix = np.array([[1.1, 0.05, 3], [-0.02, 0.95, 2], [4e-4, -3e-4, 1]])
    for x, y, one in corners:
        warped = Registration(matrix.reshape(-1)).thermal_to((60, 80), blob((60, 80), x, y, 2.5), (60, 80))
        expected = matrix @ (x, y, one)
        assert centre(warped) == pytest.approx(expected[:2] / expected[2], abs=0.2)


def test_what_thermal_does_not_see_is_black():
    warped = Registration((1, 0, 40, 0, 1, 0, 0, 0, 1)).thermal_to((48, 64), np.full((48, 64), 200, np.uint8), (48, 64))
    assert (warped[:, :40] == 0).all()
    assert (warped[:, 40:] == 200).all()


def test_without_rgb_the_thermal_view_is_the_reference():
    registration = Registration((1, 0, 16, 0, 1, 0, 0, 0, 1))
    image = blob((48, 64), 20, 20, 4)
    assert registration.thermal_to((48, 64), image, None) is image


@pytest.mark.parametrize("factor", [1.0, 1 / 1100, -1e-6, 1e9, 1e-150, 1e150])
def test_a_multiple_of_a_homography_is_the_same(factor):
    matrix = np.array([0.5, 0, 950, 0, 0.5, 500, 0, 0, 1])
    thermal = blob((480, 640), 300, 200, 20)
    expected = Registration(matrix).thermal_to((540, 960), thermal, (1080, 1920))
    assert centre(expected) == pytest.approx((550, 300), abs=0.5)
    warped = Registration(factor * matrix).thermal_to((540, 960), thermal, (1080, 1920))
    assert np.abs(warped.astype(int) - expected).max() <= 1
    assert Registration(factor * np.array(IDENTITY)).is_identity


@pytest.mark.parametrize(
    ("homography", "message"),
    [
        ((1, 2, 3), "allowed: 9 finite numbers"),
        ((1, 0, 0, 0, float("nan"), 0, 0, 0, 1), "allowed: 9 finite numbers"),
        ((1, 0, 0, 1, 0, 0, 0, 0, 1), "cannot be inverted"),
        ((1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6, 8e6, 9e6), "cannot be inverted"),
        ((0,) * 9, "cannot be inverted"),
    ],
)
def test_impossible_homographies_are_refused(homography, message):
    with pytest.raises(ValueError, match=message):
        Registration(homography)
