# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of registration_choice."""

import copy

import numpy as np
import pytest

from fusion_perception.preprocess import PlaneRegistration
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.parameter_spec import defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.ros.registration_choice import RegistrationChoice
from test.ros.test_camera_info import info as calibration


def settings(**values):
    values = {f"registration.{name}": value for name, value in {"mode": "camera_info", **values}.items()}
    return FusionSettings.from_values({**defaults(FUSION_PARAMETERS), **values})


def info(frame_id, **changes):
    from types import SimpleNamespace

    found = calibration()
    found.distortion_model, found.header = "plumb_bob", SimpleNamespace(frame_id=frame_id)
    vars(found).update(changes)
    return found


@pytest.fixture
def infos():
    return {"thermal": info("hot"), "rgb": info("colour")}


def test_the_homography_is_the_default(infos):
    choice, chosen = RegistrationChoice(), settings(mode="homography")
    assert choice.choose(chosen, infos, {}, None) is chosen.registration
    assert choice.remark is None


def test_two_calibrations_give_a_plane(infos):
    choice = RegistrationChoice()
    found = choice.choose(settings(extrinsics=(0.1, 0, 0, 0, 0, 0), distance_m=4), infos, {}, None)
    assert isinstance(found, PlaneRegistration)
    assert choice.remark is None
    # 0.1 m beside one another and 4 m away, at a focal length of 500 px.
    middle = np.array([[320.0, 240.0]])
    model = found._rgb
    assert found.thermal_pixels(middle, model, found._thermal) == pytest.approx(np.array([[307.5, 240.0]]), abs=0.1)


def test_the_same_again_keeps_the_maps(infos):
    choice, chosen = RegistrationChoice(), settings()
    found = choice.choose(chosen, infos, {}, None)
    assert choice.choose(chosen, copy.deepcopy(infos), {}, None) is found
    assert choice.choose(settings(distance_m=3.0), infos, {}, None) is not found


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"thermal": None}, "no CameraInfo of the thermal camera has come yet"),
        (
            {"rgb": info("colour", k=[0.0] * 9)},
            "CameraInfo of the rgb camera cannot be used .it is uncalibrated: K is 0",
        ),
        ({"rgb": info("colour", d=[0.1])}, "1 distortion coefficients of 'plumb_bob'; allowed: 0, 4, 5"),
        ({"rgb": info("colour", distortion_model="magic")}, "distortion model 'magic'; allowed: plumb_bob"),
    ],
)
def test_until_both_are_there_the_homography_serves_and_it_is_said(infos, change, remark):
    import re

    choice, chosen = RegistrationChoice(), settings()
    infos.update(change)
    assert choice.choose(chosen, infos, {}, None) is chosen.registration
    assert re.search(remark, choice.remark)
    assert choice.remark.endswith("until then registration.homography is used")


def test_the_pose_may_come_from_transforms(infos):
    asked = []

    def transform(frame, other):
        asked.append((frame, other))
        return np.eye(3), np.array([0.1, 0.0, 0.0])

    choice = RegistrationChoice()
    assert isinstance(choice.choose(settings(), infos, {}, transform), PlaneRegistration)
    assert asked == [("hot", "colour")]
    choice.choose(settings(), infos, {}, lambda *_: None)
    assert "no static transform joins 'hot' (thermal) and 'colour' (RGB)" in choice.remark


def test_rectified_images_are_not_rectified_again(infos):
    choice = RegistrationChoice()
    found = choice.choose(settings(), infos, {"rgb": True}, None)
    assert (found._rgb.distortion, found._thermal.distortion != ()) == ((), True)
