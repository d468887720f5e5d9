# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: one thread a worker, a seed of one's own, a ROS of one's own inside the test process."""

import gc
import os
import sys

import pytest

from test.ros_environment import own_domain, ros_variables

# An export makes millions of objects that all stay: a tenth of its time went into looking for garbage among them.
gc.set_threshold(100_000, 50, 100)
if "PYTEST_XDIST_WORKER" in os.environ:  # before anybody imports torch: the workers share the cores already
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the files that take long, each group in its order: no worker is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Seed torch before a test's fixtures are made: it draws the same numbers whatever ran before it."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


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
