# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of class names as a message, with stand-ins for vision_msgs."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from fusion_perception.labels import MSRS9
from fusion_perception.ros.label_info import fill_label_info


def test_every_class_has_its_id_and_name():
    messages = SimpleNamespace(LabelInfo=SimpleNamespace, VisionClass=lambda **fields: fields)
    message = fill_label_info(messages, MSRS9)
    assert message.class_map[2] == {"class_id": 2, "class_name": "person"}
    assert len(message.class_map) == 9
    assert message.threshold == 0.0
