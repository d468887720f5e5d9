# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of calibrations for resized images."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest

from fusion_perception.ros.camera_info import camera_model, scaled_camera_info


def info(height=480, width=640, roi=(0, 0, 0, 0), binning=0):
    """A calibration; ``roi`` is (x_offset, y_offset, width, height)."""
    return SimpleNamespace(
        height=height,
        width=width,
        k=[500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0],
        p=[500.0, 0.0, 320.0, -25.0, 0.0, 510.0, 240.0, 8.0, 0.0, 0.0, 1.0, 0.0],
        d=[0.1, -0.2, 0.0, 0.0, 0.0],
        binning_x=binning,
        binning_y=binning,
        roi=SimpleNamespace(**dict(zip(("x_offset", "y_offset", "width", "height"), roi, strict=True))),
    )


@pytest.mark.parametrize(
    ("camera", "size"),
    [
        (info(), (480, 640)),
        (info(binning=1), (480, 640)),
        (info(binning=2), (240, 320)),
        (info(roi=(64, 48, 320, 240)), (240, 320)),
        (info(roi=(64, 48, 320, 240), binning=2), (120, 160)),
        (info(roi=(64, 48, 0, 240)), (480, 640)),  # a region counts when it has both sides
        (info(481, 641, binning=2), (240, 320)),
    ],
    ids=["full", "binning of 1", "binned", "cropped", "cropped and binned", "half a region", "odd"],
)
def test_a_calibration_that_fits_the_image_is_not_touched(camera, size):
    before = copy.deepcopy(camera)
    assert scaled_camera_info(camera, size) == before


def test_intrinsics_scale_with_the_image():
    scaled = scaled_camera_info(info(), (240, 1280))
    assert (scaled.height, scaled.width) == (240, 1280)
    assert scaled.k == [1000.0, 0.0, 640.0, 0.0, 255.0, 120.0, 0.0, 0.0, 1.0]
    assert scaled.p == [1000.0, 0.0, 640.0, -50.0, 0.0, 255.0, 120.0, 4.0, 0.0, 0.0, 1.0, 0.0]
    assert scaled.d == info().d
    assert vars(scaled.roi) == vars(info().roi)


def test_the_whole_sensor_scales_when_a_cropped_and_binned_image_was_resized():
    scaled = scaled_camera_info(info(roi=(64, 48, 320, 240), binning=2), (60, 320))
    assert (scaled.height, scaled.width) == (240, 1280)
    assert vars(scaled.roi) == {"x_offset": 128, "y_offset": 24, "width": 640, "height": 120}
    assert (scaled.binning_y, scaled.binning_x) == (2, 2)
    assert (scaled.k[0], scaled.k[5]) == (1000.0, 120.0)
    assert scaled_camera_info(copy.deepcopy(scaled), (60, 320)) == scaled


def test_a_projected_point_lands_on_the_same_place_of_the_picture():
    point = (0.4, -0.3, 2.0)

    def project(camera):
        x = camera.k[0] * point[0] / point[2] + camera.k[2]
        y = camera.k[4] * point[1] / point[2] + camera.k[5]
        return x / camera.width, y / camera.height

    assert project(scaled_camera_info(info(), (300, 400))) == pytest.approx(project(info()))


def test_a_projected_point_lands_on_the_same_place_of_a_cropped_and_binned_picture():
    point = (0.1, -0.1, 2.0)

    def project(camera):
        x = (camera.k[0] * point[0] / point[2] + camera.k[2] - camera.roi.x_offset) / camera.binning_x
        y = (camera.k[4] * point[1] / point[2] + camera.k[5] - camera.roi.y_offset) / camera.binning_y
        return x / (camera.roi.width // camera.binning_x), y / (camera.roi.height // camera.binning_y)

    camera = info(roi=(64, 48, 320, 240), binning=2)
    assert project(scaled_camera_info(copy.deepcopy(camera), (240, 80))) == pytest.approx(project(camera))


def test_an_uncalibrated_camera_only_gets_a_size():
    scaled = scaled_camera_info(info(0, 0), (240, 320))
    assert (scaled.height, scaled.width) == (240, 320)
    assert scaled.k == info().k


@pytest.mark.parametrize(
    "camera",
    [
        info(binning=2**32 - 1),
        info(roi=(2**32 - 1, 0, 1, 1)),
        info(roi=(0, 2**32 - 1, 1, 1)),
        info(2**32 - 1, 640, roi=(0, 0, 1, 1)),
    ],
    ids=["binning", "x_offset", "y_offset", "height"],
)
def test_of_a_calibration_that_cannot_be_scaled_only_the_size_is_left(camera):
    scaled = scaled_camera_info(camera, (120, 160))
    assert (scaled.height, scaled.width, scaled.binning_y, scaled.binning_x) == (120, 160, 0, 0)
    assert set(vars(scaled.roi).values()) == {0}
    assert (set(scaled.k), set(scaled.p)) == ({0.0}, {0.0})


@pytest.mark.parametrize(
    ("camera", "size", "pixel"),
    [
        (info(), (480, 640), (320.0, 240.0)),
        (info(roi=(64, 48, 320, 240)), (240, 320), (256.0, 192.0)),
        (info(binning=2), (240, 320), (159.75, 119.75)),
        (info(roi=(64, 48, 320, 240), binning=2), (120, 160), (127.75, 95.75)),
    ],
    ids=["full", "cropped", "binned", "cropped and binned"],
)
def test_a_camera_to_calculate_with_sees_straight_ahead_where_its_image_has_it(camera, size, pixel):
    camera.distortion_model = "plumb_bob"
    found = camera_model(camera)
    assert found.size == size
    assert found.pixels(np.array([(0.0, 0.0, 3.0)])) == pytest.approx(np.array([pixel]))


def test_rectified_images_have_the_matrix_of_the_projection_and_no_distortion():
    camera = info()
    camera.distortion_model, camera.p[0] = "plumb_bob", 450.0
    found = camera_model(camera, rectified=True)
    assert (found.matrix[0], found.distortion) == (450.0, ())


def test_an_uncalibrated_camera_is_refused():
    camera = info()
    camera.distortion_model, camera.k = "plumb_bob", [0.0] * 9
    with pytest.raises(ValueError, match="uncalibrated: K is 0"):
        camera_model(camera)
