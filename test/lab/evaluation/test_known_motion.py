# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.known_motion import true_motion
from fusion_perception.lab.streets import SceneConfig, SyntheticScene

EMPTY = {"moving_cars": 0, "people": 0, "bikes": 0}


@pytest.fixture(scope="module")
def frames():
    scene = SyntheticScene(SceneConfig(height=96, width=128, speed=5.0, seed=3, **EMPTY))
    return [scene.frame(i, 0.2) for i in range(2)]


def test_a_driving_camera_follows_the_street(frames):
    import cv2

    before, now = frames
    motion = true_motion(before, now)
    assert motion.valid.mean() > 0.7
    assert np.abs(motion.x - np.arange(128)).max() > 3

    def error(image):
        return np.abs(image.astype(int) - now.thermal)[motion.valid].mean()

    carried = cv2.remap(before.thermal, motion.x, motion.y, cv2.INTER_LINEAR)
    assert error(carried) < 0.75 * error(before.thermal)


def test_a_standing_camera_sees_no_motion():
    scene = SyntheticScene(SceneConfig(height=48, width=64, speed=0.0))
    motion = true_motion(scene.frame(0), scene.frame(1))
    rows, columns = np.indices((48, 64))
    assert np.abs(motion.x - columns).max() < 1e-3 and np.abs(motion.y - rows).max() < 1e-3


def test_what_is_hidden_or_of_another_class_is_not_valid(frames):
    before, now = frames
    hidden = replace(before, depth=before.depth / 2)
    assert true_motion(hidden, now).valid.mean() < 0.1
    other = replace(before, labels=before.labels + np.uint8(20))
    assert not true_motion(other, now).valid.any()


def test_frames_without_geometry_are_refused(frames):
    before, now = frames
    with pytest.raises(ImageError, match="needs the camera and the depth"):
        true_motion(replace(before, depth=None), now)
    with pytest.raises(ImageError, match="one size"):
        true_motion(replace(before, depth=before.depth[:10]), now)
