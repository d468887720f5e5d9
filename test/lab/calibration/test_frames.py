# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of frames."""

import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.frames import RigFrames
from test.alignment.rig_scenes import rig


def test_raw_thermal_images_are_brought_to_8_bit():
    pairs = [((thermal.astype(np.uint16) * 20 + 7000), rgb) for thermal, rgb in rig(2)]
    frames = RigFrames.of(pairs)
    assert frames.thermal[0].dtype == np.uint8
    assert np.ptp(frames.thermal[0]) > 200


def test_large_images_are_made_small_and_the_homography_large_again():
    pair = np.zeros((480, 640), np.uint8), np.zeros((1080, 1920, 3), np.uint8)
    frames = RigFrames.of([pair, pair])
    assert frames.rgb[0].shape == (360, 640)
    matrix = np.array([[2.5, 0.1, 300], [-0.1, 2.4, 20], [1e-5, 2e-5, 1]])
    assert frames.full(frames.small(matrix)) == pytest.approx(matrix)


def test_the_views_of_both_sizes_are_laid_on_one_another_by_their_areas():
    pair = np.zeros((120, 160), np.uint8), np.zeros((480, 640, 3), np.uint8)
    frames = RigFrames.of([pair])
    full = frames.full(np.diag([frames.rgb[0].shape[1] / 160, frames.rgb[0].shape[0] / 120, 1.0]))
    assert full[:2, :2] == pytest.approx(np.diag([4.0, 4.0]))


def test_a_frame_that_never_changes_is_not_valid():
    pairs = rig(4)
    for thermal, _ in pairs:
        thermal[:20] = 0
    valid = RigFrames.of(pairs).valid
    assert not valid[:20].any()
    assert valid[22:].mean() > 0.98


def test_of_a_scene_that_stands_still_all_is_valid():
    assert RigFrames.of(rig(1) * 4).valid.all()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "no pairs"),
        ([*rig(1), *rig(1, shape=(96, 160))], r"of \(96, 160\) and .* after such of \(120, 160\).*more than one rig"),
        ([(np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8))], "at least 32 a side"),
    ],
)
def test_what_is_no_rig_is_refused(pairs, message):
    with pytest.raises(DataError, match=message):
        RigFrames.of(pairs)
