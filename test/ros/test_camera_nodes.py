# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the node over real DDS with cameras that compress, and with cameras that lie."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from test.ros.test_nodes import ROOT, end, model, start  # noqa: F401 - fixtures
from test.ros_environment import ros_environment

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)


def probe(scenario):
    """Run a scenario of the cameras' probe and return its findings."""
    command = [sys.executable, "-m", "test.ros.camera_probe", scenario]
    result = subprocess.run(
        command, cwd=ROOT, env=ros_environment(), capture_output=True, text=True, timeout=180, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_compressed_images_come_in_and_go_out(model, start):  # noqa: F811 - fixtures
    node = start("fusion_node", model=str(model), image_transport="compressed", **{"diagnostics.period_s": 0.1})
    findings = probe("compressed")
    assert findings["wrong_type"], findings
    assert re.search(
        r"no thermal image on '/thermal/image_raw/compressed' for \d+ s, because what is published there is "
        "sensor_msgs/msg/Image and not sensor_msgs/msg/CompressedImage: set image_transport to raw",
        findings["wrong_type_message"],
    )
    assert findings["calibration_first"], "a listener that waits for the calibration waits for ever"
    assert findings["calibration"] == [48, 80, 0.0, "rgb_frame"]
    assert findings["results_before"] == 0, "the calibration costs no inference"
    assert findings["jpegs"]
    assert findings["jpeg"] == ["rgb8; jpeg compressed bgr8", "rgb_frame", 48, 80, 3]
    assert findings["damaged_counted"]
    log = end(node)
    assert "no JPEG frame that can be read" in log
    assert "Traceback" not in log


def test_a_camera_whose_picture_stands_still_is_left_out_until_it_recovers(model, start):  # noqa: F811
    node = start("fusion_node", model=str(model), hardware_id="rig 7", **{"diagnostics.period_s": 0.1})
    findings = probe("frozen")
    assert findings["healthy"], findings
    assert findings["rate"] > 1
    assert findings["left_out"], findings
    assert findings["after_s"] > 0.6, "a shutter is no fault"
    assert findings["told"], findings
    assert "bad rgb images (the picture stands still), so results rest on the other camera" in findings["message"]
    assert "rgb camera: the picture stands still; restart its driver" in findings["message"]
    assert findings["back"], findings
    assert findings["black"], findings
    assert findings["back_again"], findings
    assert findings["hardware_id"] == "rig 7"
    assert "Traceback" not in end(node)
