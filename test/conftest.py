# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests: one thread a worker, a seed of one's own, a ROS of one's own inside the test process."""

import copy
import gc
import os
import sys

import numpy as np
import pytest

from fusion_perception.engine.onnxruntime_import import disable_telemetry
from test.ros_environment import own_domain, ros_variables

disable_telemetry()  # tests import ONNX Runtime directly

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
def pytest_runtest_setup(item):
    """Before a test's fixtures are made: it draws the same numbers whatever ran before it.

    torch's own generator is seeded, and the generators of the test's file are as they were when it was read.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    for generator in vars(item.module).values():
        if isinstance(generator, np.random.Generator):
            bits = generator.bit_generator
            bits.state = _STATES.setdefault(generator, copy.deepcopy(bits.state))
        elif type(generator).__module__ == "torch._C" and type(generator).__name__ == "Generator":
            generator.set_state(_STATES.setdefault(generator, generator.get_state()))


_STATES = {}  # of generators, when they were seen first


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
