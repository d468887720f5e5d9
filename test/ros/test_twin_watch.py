# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the look for a second node of the same name."""

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from fusion_perception.ros.twin_watch import TwinWatch


class FakeNode:
    """Knows which nodes there are, and keeps what it logs."""

    def __init__(self):
        self.nodes = [("fusion_node", "/front"), ("fusion_node", "/rear"), ("camera", "/front")]
        self.lines = []

    def get_name(self):
        return "fusion_node"

    def get_namespace(self):
        return "/front"

    def get_fully_qualified_name(self):
        return "/front/fusion_node"

    def get_node_names_and_namespaces(self):
        return self.nodes

    def create_timer(self, period_s, callback, clock):
        pass

    def get_logger(self):
        return self

    def warning(self, text):
        self.lines.append(text)

    info = warning


def test_a_twin_is_told_at_once_and_then_seldom_and_its_end_too():
    node = FakeNode()
    watch = TwinWatch(node)
    watch.look()
    assert (watch.remark, node.lines) == ("", []), "another namespace is another name"
    node.nodes.append(("fusion_node", "/front"))
    for _ in range(25):
        watch.look()
    assert "'/front/fusion_node' is taken by 1 other node(s)" in watch.remark
    assert len(node.lines) == 1
    for _ in range(40):
        watch.look()
    assert len(node.lines) == 3, "a reminder after 30 and 60 looks"
    del node.lines[1:]
    node.nodes.pop()
    watch.look()
    assert watch.remark == ""
    assert node.lines[1:] == ["no other node is named '/front/fusion_node' any more"]


@pytest.mark.ros
def test_a_second_replay_is_told_as_well(ros, monkeypatch):
    from rclpy.parameter import Parameter

    from fusion_perception.demo.replay.replay_publisher import ReplayPublisher

    misspelt = Parameter("qos_overrides./rgb/image_rav.publisher.depth", value=9)
    node = ReplayPublisher(context=ros, parameter_overrides=[misspelt])
    own = (node.get_name(), node.get_namespace())
    monkeypatch.setattr(node, "get_node_names_and_namespaces", lambda: [own, own])
    node._twins.look()
    assert "the name '/replay_node' is taken by 1 other node(s)" in node._twins.remark
    node.destroy_node()
