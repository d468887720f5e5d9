# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of gain control while the camera calibrates behind its shutter."""

import numpy as np
import pytest

from fusion_perception.preprocess import GainControl, GainSettings
from test.preprocess.thermal_scenes import levels, scene, texture


@pytest.mark.parametrize("level", [0, 18_000, 21_000, 30_000, 60_000])
@pytest.mark.parametrize("mode", ["percentile", "fixed"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_closed_shutter_does_not_move_the_range(level, mode, dtype):
    control = GainControl(GainSettings(mode=mode, range_min=20_000, range_max=22_000))
    image = texture(21_000, 80).astype(dtype)
    before = control(image)
    assert not control.shutter_closed
    shutter = np.random.default_rng(2).normal(level, 3, image.shape).clip(0, 65535).astype(dtype)
    for number in range(20):
        grey = control(shutter)
        assert control.shutter_closed
        assert control.shutter_frames == number + 1
        assert mode == "fixed" or (grey == 128).all()
    np.testing.assert_array_equal(control(image), before)
    assert not control.shutter_closed
    assert control.shutter_frames == 20


@pytest.mark.parametrize("begin", [GainControl.reset, lambda control: control(scene(3, 250, dtype=np.uint8))])
def test_another_stream_does_not_begin_with_a_closed_shutter(begin):
    control = GainControl()
    control(texture(21_000, 80))
    control(np.full((240, 320), 21_000, np.uint16))
    assert control.shutter_closed
    begin(control)
    assert not control.shutter_closed


def test_a_wall_is_not_called_a_shutter_for_ever():
    control = GainControl()
    control(texture(21_000, 80))
    wall = texture(21_500, 4)
    closed = [(control(wall), control.shutter_closed)[1] for _ in range(100)]
    assert closed == [True] * 60 + [False] * 40
    assert 20 < levels(control(wall)) < 80  # its noise does not fill the range
    control(texture(21_000, 80))
    assert not control.shutter_closed
    assert levels(control(texture(21_000, 80))) > 80


def test_a_scene_of_little_contrast_is_not_called_a_shutter():
    control = GainControl()
    control(texture(21_000, 4000))
    control(texture(21_000, 100))  # 40 times narrower, but no noise
    assert not control.shutter_closed
    control.reset()
    control(texture(21_000, 4))
    assert not control.shutter_closed  # the first frame may be anything
