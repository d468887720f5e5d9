# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the node's way through its states inside the test process."""

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.node import Node

from fusion_perception.errors import BackendError
from fusion_perception.ros import inputs, outputs, perception_node
from fusion_perception.ros.perception_node import PerceptionNode
from test.ros.perception_bench import FAILURE, SUCCESS, FakeEngine, failure_of, start, wait_until

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ("error", "text"),
    [(BackendError("out of memory"), "out of memory"), (ValueError("of no use"), "ValueError: of no use")],
)
def test_an_engine_that_fails_is_named(error, text, make):
    engine = FakeEngine(error)
    node = make(engine)
    assert failure_of(node) == text
    assert engine.closed


def test_an_unexpected_error_of_configure_is_named_and_may_be_cured(make, monkeypatch):
    node = make()
    monkeypatch.setattr(perception_node, "find_model", lambda name: {}[name])
    assert failure_of(node) == "KeyError: 'realtime'"
    monkeypatch.setattr(perception_node, "find_model", lambda name: name)
    start(node)


def test_an_unexpected_error_of_activate_is_named_and_leaves_nothing_behind(make, monkeypatch):
    node = make()
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "CameraInfo", int)  # subscribed after the images of the first camera
        assert "_TYPE_SUPPORT" in failure_of(node)
    assert [item.topic_name for item in node.subscriptions if "image_raw" in item.topic_name] == []
    assert node.parts.worker is None
    assert node.trigger_activate() == SUCCESS


def test_a_walk_through_the_lifecycle_leaves_nothing_behind(make):
    node = make()

    def walk():
        for transition in ("configure", "activate", "deactivate", "cleanup"):
            assert getattr(node, f"trigger_{transition}")() == SUCCESS
        return len(node.default_callback_group.entities), len(list(node.waitables)), len(node._managed_entities)

    assert walk() == walk() == walk()


def test_a_destroyed_node_has_left_the_graph_though_its_object_lives_on(ros):
    watcher = Node("watcher", context=ros, use_global_arguments=False)
    node = PerceptionNode(context=ros)

    def is_there():
        return "fusion_node" in watcher.get_node_names()

    assert wait_until(is_there)
    node.close()
    node.destroy_node()
    assert wait_until(lambda: not is_there())
    watcher.destroy_node()


@pytest.mark.parametrize("transition", ["deactivate", "cleanup", "shutdown"])
def test_a_transition_that_fails_on_its_way_down_is_named_and_can_be_recovered_from(transition, make, monkeypatch):
    node = make()
    start(node)
    if transition == "cleanup":
        node.trigger_deactivate()
    with monkeypatch.context() as patch:
        owner, part = {
            "deactivate": (node.parts, "stop"),
            "cleanup": (node.parts, "release"),
            "shutdown": (node, "close"),
        }[transition]
        original, calls = getattr(owner, part), []

        def fail_once():
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("stuck")
            original()

        patch.setattr(owner, part, fail_once)
        getattr(node, f"trigger_{transition}")()
    assert node._failure == "RuntimeError: stuck"
    assert node.parts.worker is None
    assert node._state_machine.current_state[1] == "unconfigured"
    start(node)


def test_publishers_of_a_failed_configuration_are_removed(make, monkeypatch):
    node = make()
    monkeypatch.setattr(outputs, "CAMERA_INFO_TOPIC", "no topic name")
    assert node.trigger_configure() == FAILURE
    assert [item.topic_name for item in node.publishers if "fusion/" in item.topic_name] == []
