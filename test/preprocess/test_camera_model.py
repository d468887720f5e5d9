# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of camera_model."""

import math

import numpy as np
import pytest

from fusion_perception.preprocess.camera_model import CameraModel, pose_of, rotation_of

K = (500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0)
LENSES = [
    ((), ""),
    ((-0.3, 0.1, 0.001, -0.001), "plumb_bob"),
    ((-0.3, 0.1, 0.001, -0.001, 0.01), "plumb_bob"),
    ((0.1, -0.05, 0.001, -0.001, 0.01, 0.2, -0.03, 0.01), "rational_polynomial"),
    ((-0.05, 0.01, 0.001, 0.0005), "equidistant"),
]
PIXELS = np.array([(0, 0), (639, 0), (320, 240), (17, 400), (600, 479)], np.float64)


@pytest.mark.parametrize(("distortion", "model"), LENSES)
def test_a_pixel_and_its_ray_belong_together(distortion, model):
    camera = CameraModel((480, 640), K, distortion, model)
    rays = camera.rays(PIXELS)
    points = np.column_stack([rays, np.ones(len(rays))]) * np.array([[0.5], [1], [2], [30], [7]])
    assert camera.pixels(points) == pytest.approx(PIXELS, abs=1e-3)


def test_a_camera_without_distortion_is_a_pinhole():
    assert CameraModel((480, 640), K).pixels(np.array([(1.0, -0.5, 2.0)])) == pytest.approx(np.array([(570, 112.5)]))


def test_what_is_behind_or_far_aside_is_not_seen():
    camera = CameraModel((480, 640), K, (-0.3, 0.1, 0, 0), "plumb_bob")
    assert np.isnan(camera.pixels(np.array([(0.0, 0.0, -1.0), (0.0, 0.0, 0.0), (40.0, 0.0, 1.0)]))).all()


def test_a_resized_image_has_its_pixel_areas_where_they_were():
    camera = CameraModel((480, 640), K, *LENSES[1])
    half = camera.scaled((240, 320))
    assert half.rays((PIXELS + 0.5) / 2 - 0.5) == pytest.approx(camera.rays(PIXELS), abs=1e-6)
    assert camera.scaled((480, 640)) is camera


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrix": K[:8]}, "allowed: 9 finite numbers"),
        ({"matrix": (0.0, *K[1:])}, "focal lengths above 0"),
        ({"matrix": (math.nan, *K[1:])}, "9 finite numbers"),
        ({"distortion": (0.1, math.inf, 0, 0)}, "9 finite numbers"),
        (
            {"distortion": (0.1, 0.2, 0.3), "model": "plumb_bob"},
            "3 distortion coefficients of 'plumb_bob'; allowed: 0, 4, 5",
        ),
        ({"model": "magic"}, "distortion model 'magic'; allowed: plumb_bob, rational_polynomial, equidistant"),
        ({"size": (0, 640)}, "image of 0 x 640"),
    ],
)
def test_numbers_of_no_camera_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        CameraModel(**{"size": (480, 640), "matrix": K, **change})


def test_angles_turn_about_fixed_axes_in_turn():
    quarter = math.pi / 2
    assert rotation_of(quarter, 0, 0) @ (0, 1, 0) == pytest.approx((0, 0, 1))
    assert rotation_of(0, quarter, 0) @ (0, 0, 1) == pytest.approx((1, 0, 0))
    assert rotation_of(0, 0, quarter) @ (1, 0, 0) == pytest.approx((0, 1, 0))
    assert rotation_of(quarter, 0, quarter) @ (0, 1, 0) == pytest.approx((0, 0, 1))  # about x first


@pytest.mark.parametrize("numbers", [(0.0,) * 5, (0.0, 0.0, math.nan, 0.0, 0.0, 0.0)])
def test_a_pose_has_six_numbers(numbers):
    with pytest.raises(ValueError, match="allowed: 6 finite numbers: x, y, z, roll, pitch, yaw"):
        pose_of(numbers)
