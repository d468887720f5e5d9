# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: one thread a worker, and a ROS of one's own for nodes inside the test process."""

import os

import pytest

from test.ros_environment import own_domain, ros_variables

if "PYTEST_XDIST_WORKER" in os.environ:  # before anybody imports torch: the workers share the cores already
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def ros(monkeypatch):
    """An rclpy context: loopback only, in a domain of our own."""
    rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed")
    for name in ("ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ros_variables().items():
        monkeypatch.setenv(name, value)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=own_domain())
    yield context
    context.try_shutdown()
