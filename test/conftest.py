# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS of one's own for tests that make nodes inside the test process."""

import os

import pytest


@pytest.fixture
def ros(monkeypatch):
    """An rclpy context: loopback only, in a domain of our own."""
    rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=20 + os.getpid() % 80)
    yield context
    context.try_shutdown()
