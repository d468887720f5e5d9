# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of ros/."""

import importlib.util

if importlib.util.find_spec("rclpy") is not None:
    from test.ros.perception_bench import make  # noqa: F401 - a fixture
