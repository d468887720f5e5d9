# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of plane_registration."""

import cv2
import numpy as np
import pytest

from fusion_perception.preprocess import PlaneRegistration
from fusion_perception.preprocess.camera_model import CameraModel, pose_of

RGB = CameraModel((96, 128), (100.0, 0.0, 64.0, 0.0, 100.0, 48.0, 0.0, 0.0, 1.0), (-0.25, 0.08, 0.0, 0.0), "plumb_bob")
THERMAL = CameraModel((64, 80), (70.0, 0.0, 40.0, 0.0, 70.0, 32.0, 0.0, 0.0, 1.0), (-0.05, 0.01, 0, 0), "equidistant")
ROTATION, TRANSLATION = pose_of((0.1, 0.02, 0.0, 0.01, -0.03, 0.02))


def registration(distance_m=5.0):
    return PlaneRegistration(THERMAL, RGB, ROTATION, TRANSLATION, distance_m)


def spot(point):
    """The thermal image of a small hot thing at a point in the RGB camera's frame, and its RGB pixel."""
    x, y = THERMAL.pixels((np.array([point]) - TRANSLATION) @ ROTATION)[0]
    rows, columns = np.mgrid[:64, :80]
    image = (255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)).astype(np.uint8)
    return image, RGB.pixels(np.array([point]))[0]


def centre(image):
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(columns * image).sum(), (rows * image).sum()]) / image.sum()


@pytest.mark.parametrize("point", [(0.0, 0.0, 5.0), (1.2, -0.7, 5.0), (-1.6, 1.0, 5.0)])
def test_what_lies_on_the_plane_meets_its_rgb_pixel(point):
    thermal, pixel = spot(point)
    assert centre(registration().thermal_to((96, 128), thermal, (96, 128))) == pytest.approx(pixel, abs=0.35)


def test_what_lies_nearer_is_beside_it():
    thermal, pixel = spot((0.0, 0.0, 1.0))
    laid = registration().thermal_to((96, 128), thermal, (96, 128))
    # 0.1 m of baseline: 10 px at 1 m, 2 px at 5 m.
    assert np.hypot(*(centre(laid) - pixel)) == pytest.approx(8.2, abs=1.0)


def test_the_models_grid_and_other_image_sizes_are_followed():
    thermal, pixel = spot((1.2, -0.7, 5.0))
    thermal = cv2.resize(thermal, (160, 128))
    laid = registration().thermal_to((48, 64), thermal, (192, 256))
    assert centre(laid) == pytest.approx((pixel + 0.5) / 2 - 0.5, abs=0.35)


def test_what_thermal_does_not_see_is_black():
    laid = registration().thermal_to((96, 128), np.full((64, 80), 200, np.uint8), (96, 128))
    assert (laid == 200).mean() > 0.5
    assert (laid[20:70, 0] == 0).all()


def test_maps_are_made_once_for_each_size(monkeypatch):
    laid = registration()
    made = []
    monkeypatch.setattr(laid, "_make_maps", lambda *a, make=laid._make_maps: made.append(a) or make(*a))
    image = np.zeros((64, 80), np.uint8)
    for size in ((96, 128), (96, 128), (48, 64), (48, 64)):
        laid.thermal_to(size, image, (96, 128))
    assert len(made) == 2


def test_without_rgb_the_thermal_view_is_the_reference():
    image = np.arange(64 * 80, dtype=np.uint8).reshape(64, 80)
    assert registration().thermal_to((64, 80), image, None) is image


def test_a_plane_needs_a_distance():
    with pytest.raises(ValueError, match=r"distance_m is 0\.0; allowed: above 0"):
        registration(0.0)
