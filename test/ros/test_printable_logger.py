# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import importlib

import pytest

from fusion_perception.ros.printable_logger import PrintableLog, PrintableLogger

SEVERITIES = ("debug", "info", "warning", "error", "fatal")


class Node:
    """Stands for rclpy's node."""

    def __init__(self):
        self.logged = []

    def get_logger(self):
        return self

    def get_effective_level(self):
        return 20

    def __getattr__(self, severity):
        return lambda message: self.logged.append((severity, message)) or True


class OurNode(PrintableLog, Node):
    pass


@pytest.mark.parametrize("severity", SEVERITIES)
def test_no_message_forges_a_line(severity):
    node = OurNode()
    assert getattr(node.get_logger(), severity)("encoding 'x\n[FATAL] \x1b[31m\udcff'") is True
    assert node.logged == [(severity, r"encoding 'x\n[FATAL] \x1b[31m\xff'")]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_long_message_is_not_cut(severity):
    node = OurNode()
    getattr(node.get_logger(), severity)("word " * 1000)
    assert node.logged == [(severity, "word " * 1000)]


def test_everything_else_is_the_node_s_own_logger():
    assert OurNode().get_logger().get_effective_level() == 20


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("ros.perception_node", "PerceptionNode"),
        ("demo.replay.replay_publisher", "ReplayPublisher"),
        ("demo.recorder.result_recorder", "ResultRecorder"),
    ],
)
def test_every_node_has_it(module, name):
    pytest.importorskip("rclpy", reason="the nodes need ROS 2")
    node = getattr(importlib.import_module(f"fusion_perception.{module}"), name)
    assert node.__mro__[1] is PrintableLog


def test_with_the_logger_of_rclpy(capfd):
    logging = pytest.importorskip("rclpy.logging", reason="needs ROS 2")
    logger = PrintableLogger(logging.get_logger("printable_logger_test"))
    for severity in SEVERITIES:
        getattr(logger, severity)(f"a {severity}\n[FATAL] forged")
    out, err = capfd.readouterr()
    assert r"a error\n[FATAL] forged" in out + err
    assert not any(line.startswith("[FATAL] forged") for line in (out + err).splitlines())
