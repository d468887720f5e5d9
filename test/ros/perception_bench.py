# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The fusion node inside the test process, on an engine of pure NumPy."""

import time

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter

from fusion_perception.engine import EngineInfo
from fusion_perception.engine.metadata import AttributionInfo, ModelMetadata
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.labels import MSRS9
from fusion_perception.ros import perception_node
from fusion_perception.ros.perception_node import PerceptionNode
from fusion_perception.types import EngineOutputs

HEIGHT, WIDTH = 12, 20
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class FakeEngine:
    """Computes nothing; raises what it is told to, always or with attribution only."""

    def __init__(self, error=None, attribution_error=None):
        self.error, self.attribution_error = error, attribution_error
        self.closed = False
        metadata = ModelMetadata("fake", MSRS9, HEIGHT, WIDTH, attribution=AttributionInfo(1))
        self.info = EngineInfo("fake", "cpu", "numpy", "fp32", "fake.onnx", metadata)

    def infer(self, thermal, rgb, *, attribution=False):
        error = self.error or (self.attribution_error if attribution else None)
        if error is not None:
            raise error
        return EngineOutputs(rgb, thermal, thermal, thermal if attribution else None)

    def close(self):
        self.closed = True


@pytest.fixture
def make(ros, monkeypatch):
    """Make a fusion node with an engine and parameters; it and its helpers are removed at the end."""
    nodes = []

    def make_node(engine=None, **parameters):
        monkeypatch.setattr(perception_node, "find_model", lambda name: name)
        monkeypatch.setattr(perception_node, "open_engine", lambda *_, **__: engine or FakeEngine())
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = PerceptionNode(context=ros, parameter_overrides=overrides)
        nodes.append(node)
        return node

    yield make_node
    for node in nodes:
        node.close()
        node.destroy_node()


def diagnostics_of(node, ros, wanted=lambda status: True, seconds=30.0):
    """Spin a node until it publishes diagnostics that are wanted; returns their status, or None."""
    listener = Node("listener", context=ros, use_global_arguments=False)
    came = []
    listener.create_subscription(DiagnosticArray, "/diagnostics", lambda message: came.append(message.status[0]), 10)
    executor = SingleThreadedExecutor(context=ros)
    for item in (node, listener):
        executor.add_node(item)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (came and wanted(came[-1])):
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    listener.destroy_node()
    return came[-1] if came and wanted(came[-1]) else None


def values_of(status):
    return {item.key: item.value for item in status.values}


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def start(node):
    assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS


def failure_of(node):
    with pytest.raises(FusionPerceptionError) as caught:
        node.start()
    return str(caught.value)
