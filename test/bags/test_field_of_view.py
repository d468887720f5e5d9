# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of field_of_view."""

import numpy as np
import pytest

from fusion_perception.bags.field_of_view import half_widths
from fusion_perception.bags.image_messages import typestore
from test.bags.make_bag import RGB, START_NS, THERMAL, raw_rgb, raw_thermal, write_mcap

KIND = "sensor_msgs/msg/CameraInfo"


def info(width, focal, roi_width=0):
    types = typestore().types
    header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](1, 0), "camera")
    k = np.array([focal, 0, width / 2, 0, focal, 10, 0, 0, 1], np.float64)
    roi = types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, roi_width, False)
    message = types[KIND](header, 24, width, "plumb_bob", np.zeros(5), k, np.eye(3).ravel(), np.zeros(12), 0, 0, roi)
    return bytes(typestore().serialize_cdr(message, KIND))


def bag(folder, infos):
    images = [(THERMAL, START_NS, raw_thermal(0, START_NS)), (RGB, START_NS, raw_rgb(0, START_NS))]
    messages = [*images, *((topic, START_NS + k, data) for k, (topic, data) in enumerate(infos))]
    return write_mcap(folder, messages, dict.fromkeys((topic for topic, _ in infos), KIND))


def test_both_cameras_say_how_wide_they_see(tmp_path):
    path = bag(tmp_path / "b", [("/flir/camera_info", info(64, 50.0)), ("/camera/camera_info", info(100, 40.0))])
    assert half_widths(path, (THERMAL, RGB)) == pytest.approx((0.64, 1.25))
    assert half_widths(path, (f"{THERMAL}/compressed", RGB)) == pytest.approx((0.64, 1.25))


def test_a_region_of_interest_sees_less(tmp_path):
    path = bag(tmp_path / "b", [("/flir/camera_info", info(64, 50.0, 32)), ("/camera/camera_info", info(100, 40.0))])
    assert half_widths(path, (THERMAL, RGB)) == pytest.approx((0.32, 1.25))


@pytest.mark.parametrize("second", [[], [("/camera/camera_info", info(100, 0.0))], [("/camera/camera_info", b"no")]])
def test_one_camera_alone_says_nothing(tmp_path, second):
    path = bag(tmp_path / "b", [("/flir/camera_info", info(64, 50.0)), *second])
    assert half_widths(path, (THERMAL, RGB)) is None
