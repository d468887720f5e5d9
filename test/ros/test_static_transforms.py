# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of static_transforms."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from fusion_perception.errors import BackendError
from fusion_perception.ros import static_transforms
from fusion_perception.ros.static_transforms import StaticTransforms

HALF = np.sqrt(0.5)


class Node:
    def __init__(self):
        self.subscriptions = []

    def create_subscription(self, kind, topic, callback, profile):
        self.subscriptions.append(topic)
        return topic

    def destroy_subscription(self, subscription):
        self.subscriptions.remove(subscription)


@pytest.fixture
def changes():
    return []


@pytest.fixture
def transforms(monkeypatch, changes):
    monkeypatch.setattr(static_transforms, "require", lambda *_: SimpleNamespace(TFMessage=object))
    return StaticTransforms(Node(), lambda: changes.append(1))


def transform(parent, child, move=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0, 1.0)):
    rotation = SimpleNamespace(**dict(zip("xyzw", turn, strict=True)))
    translation = SimpleNamespace(**dict(zip("xyz", move, strict=True)))
    return SimpleNamespace(
        header=SimpleNamespace(frame_id=parent),
        child_frame_id=child,
        transform=SimpleNamespace(rotation=rotation, translation=translation),
    )


def take(transforms, *items):
    transforms.take(SimpleNamespace(transforms=items))


def test_a_transform_is_the_pose_of_the_child_in_the_parent(transforms, changes):
    take(transforms, transform("rgb", "thermal", (0.1, 0.0, 0.0), (0, 0, HALF, HALF)))
    rotation, translation = transforms.between("thermal", "rgb")
    assert rotation @ (1, 0, 0) == pytest.approx((0, 1, 0))
    assert translation == pytest.approx((0.1, 0, 0))
    assert changes == [1]


def test_the_way_goes_up_one_branch_and_down_the_other(transforms):
    take(transforms, transform("/base", "rgb", (1.0, 0.0, 0.0), (0, 0, HALF, HALF)), transform("base", "mast"))
    take(transforms, transform("mast", "thermal", (1.0, 2.0, 0.0)))
    rotation, translation = transforms.between("thermal", "rgb")
    # In the base, thermal is 2 m to the left of RGB, which has turned a quarter to the left itself: 2 m ahead.
    assert translation == pytest.approx((2, 0, 0))
    assert rotation @ (1, 0, 0) == pytest.approx((0, -1, 0))


def test_frames_that_nothing_joins_have_no_pose(transforms):
    take(transforms, transform("base", "rgb"), transform("elsewhere", "thermal"))
    assert transforms.between("thermal", "rgb") is None
    assert transforms.between("", "rgb") is None


def test_a_circle_ends(transforms):
    take(transforms, transform("a", "b"), transform("b", "a"))
    assert transforms.between("a", "c") is None


@pytest.mark.parametrize("turn", [(0, 0, 0, 0), (0, 0, 0, float("nan")), (0, 0, 5, 5)])
def test_what_is_no_rotation_is_left_out(transforms, turn):
    take(transforms, transform("rgb", "thermal", turn=turn))
    assert transforms.between("thermal", "rgb") is None


def test_closing_unsubscribes(transforms):
    node = transforms._node
    assert node.subscriptions == ["/tf_static"]
    transforms.close()
    assert node.subscriptions == []


def test_without_its_messages_one_sentence_says_what_to_install(monkeypatch):
    def gone(module, purpose):
        raise BackendError(f"{purpose} needs {module}")

    monkeypatch.setattr(static_transforms, "require", gone)
    with pytest.raises(BackendError, match="'tf' needs tf2_msgs"):
        StaticTransforms(Node(), lambda: None)
