# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what thermal cameras send besides plain pictures, through the real node over DDS on loopback."""
# ruff: noqa: F811 - fixtures of another module

import importlib.util

import pytest

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)
from test.ros.test_nodes import end, model, probe, start  # noqa: E402, F401


def test_nan_pixels_telemetry_jumps_and_shutters_cost_no_picture(model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1})
    findings = probe("raw_thermal")
    log = end(node)
    assert findings["filled"] == [True, 0]
    assert findings["dead_rows"] == "0, 1"
    assert findings["levels"] > 80, "half of what the thermal image has"
    assert findings["levels_after_jump"] > 80
    assert findings["shutter"] == [True, True]
    assert findings["levels_after_shutter"] > 80
    assert log.count("have pixels that are NaN or infinite (1 of 3840 in the first)") == 1
    assert log.count("thermal image: row 0, 1 stick out of every frame") == 1
    assert "thermal camera calibrates itself (shutter)" in log
