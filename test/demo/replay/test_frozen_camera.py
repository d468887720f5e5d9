# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that repeats a picture: its stamps go on, and the other camera too."""

import numpy as np
import pytest

from fusion_perception.demo.replay.frozen_camera import FrozenCamera
from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.replay.replay_source import open_source
from fusion_perception.ros.parameter_spec import defaults
from fusion_perception.types import Frame, FramePair


def pairs(count=6, **missing):
    """Pairs whose pictures say their numbers."""

    def frame(number):
        return Frame(np.full((2, 2), number, np.uint8), number)

    made = [{"thermal": frame(n), "rgb": frame(n)} for n in range(count)]
    for sensor, number in missing.items():
        made[number][sensor] = None
    return [FramePair(**pair) for pair in made]


def shown(source, sensor):
    """What stands in a camera's pictures; None for a frame that is missing."""
    frames = [getattr(pair, sensor) for pair in source]
    return [None if frame is None else int(frame.image[0, 0]) for frame in frames]


@pytest.mark.parametrize(("sensor", "other"), [("thermal", "rgb"), ("rgb", "thermal")])
def test_one_camera_stands_still_for_a_while(sensor, other):
    frozen = FrozenCamera(pairs(), sensor, 2, 3)
    assert shown(frozen, sensor) == [0, 1, 2, 2, 2, 5]
    assert shown(frozen, other) == [0, 1, 2, 3, 4, 5]
    assert [getattr(pair, sensor).stamp_ns for pair in frozen] == [0, 1, 2, 3, 4, 5]


def test_without_a_number_it_never_recovers():
    assert shown(FrozenCamera(pairs(), "thermal", 4, 0), "thermal") == [0, 1, 2, 3, 4, 4]


def test_frames_that_are_missing_stay_missing():
    assert shown(FrozenCamera(pairs(thermal=3), "thermal", 2, 3), "thermal") == [0, 1, 2, None, 2, 5]
    assert shown(FrozenCamera(pairs(thermal=2), "thermal", 2, 3), "thermal") == [0, 1, None, 3, 4, 5]


def test_the_parameters_of_the_node_say_which_camera_and_when():
    values = {**defaults(REPLAY_PARAMETERS), "frames": 4, "seed": 1}
    moving = [pair.thermal.image for pair in open_source(values)]
    assert len({image.tobytes() for image in moving}) == 4
    still = [pair.thermal.image for pair in open_source({**values, "freeze": "thermal", "freeze_from": 1})]
    assert [image.tobytes() == moving[1].tobytes() for image in still] == [False, True, True, True]
