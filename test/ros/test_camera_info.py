# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of calibrations for resized images."""

from types import SimpleNamespace

import pytest

from fusion_perception.ros.camera_info import scaled_camera_info


def info(height=480, width=640):
    return SimpleNamespace(
        height=height,
        width=width,
        k=[500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0],
        p=[500.0, 0.0, 320.0, -25.0, 0.0, 510.0, 240.0, 8.0, 0.0, 0.0, 1.0, 0.0],
        d=[0.1, -0.2, 0.0, 0.0, 0.0],
        roi=SimpleNamespace(x_offset=64, y_offset=48, width=320, height=240),
    )


def test_the_same_size_changes_nothing():
    assert scaled_camera_info(info(), (480, 640)) == info()


def test_intrinsics_and_region_scale_with_the_image():
    scaled = scaled_camera_info(info(), (240, 1280))
    assert (scaled.height, scaled.width) == (240, 1280)
    assert scaled.k == [1000.0, 0.0, 640.0, 0.0, 255.0, 120.0, 0.0, 0.0, 1.0]
    assert scaled.p == [1000.0, 0.0, 640.0, -50.0, 0.0, 255.0, 120.0, 4.0, 0.0, 0.0, 1.0, 0.0]
    assert scaled.d == info().d
    assert vars(scaled.roi) == {"x_offset": 128, "y_offset": 24, "width": 640, "height": 120}


def test_a_projected_point_lands_on_the_same_place_of_the_picture():
    point = (0.4, -0.3, 2.0)

    def project(camera):
        x = camera.k[0] * point[0] / point[2] + camera.k[2]
        y = camera.k[4] * point[1] / point[2] + camera.k[5]
        return x / camera.width, y / camera.height

    assert project(scaled_camera_info(info(), (300, 400))) == pytest.approx(project(info()))


def test_an_uncalibrated_camera_only_gets_a_size():
    scaled = scaled_camera_info(info(0, 0), (240, 320))
    assert (scaled.height, scaled.width) == (240, 320)
    assert scaled.k == info().k
