# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the search: coarse, fine, and whether it is sure."""

import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.coarse_search import coarse_search, distances, grid, median_distance
from fusion_perception.lab.calibration.frames import RigFrames
from fusion_perception.lab.calibration.picture import before_and_after
from fusion_perception.lab.calibration.solution import solve
from test.alignment.rig_scenes import rig, similarity

SHAPE = (120, 160)
SPANS = 0.75, 1.35  # keeps the tests short
POINTS = grid(SHAPE)


@pytest.fixture(scope="module")
def solved():
    matrix = similarity(0.9, 2.0, (9, -6))
    frames = RigFrames.of(rig(12, matrix))
    return matrix, frames, solve(frames, SPANS)


def test_a_warp_is_found_again_without_doubt(solved):
    matrix, _, found = solved
    assert found.doubts == ()
    assert median_distance(found.matrix, matrix, POINTS) < 0.6
    assert found.matrix[2, 2] == 1.0


def test_the_residual_is_that_of_pairs_which_the_answer_was_not_found_on(solved):
    _, _, found = solved
    assert found.residuals.size > 12
    assert found.residual(50) < 1.0
    assert found.split < 1.0
    assert found.silent == 0


def test_the_picture_has_a_row_for_each_of_three_pairs(solved):
    _, frames, found = solved
    picture = before_and_after(frames, found)
    assert picture.shape == (26 + 3 * 360, 960, 3)
    before, after = picture[26:, :480], picture[26:, 480:]
    # Thermal is red: where edges lie on one another, red and the rest change together.
    assert _common_edges(after) > 1.3 * _common_edges(before)


def _common_edges(picture):
    red, rest = (np.abs(np.diff(picture[..., k].astype(float), axis=1)) > 40 for k in (0, 1))
    return (red & rest).sum() / max(1, (red | rest).sum())


def test_pairs_that_tell_nothing_are_left_out():
    matrix = similarity(1.1, -1.5, (-7, 5))
    rng = np.random.default_rng(5)
    pairs = rig(12, matrix)
    for k in (1, 4, 7, 10):
        pairs[k] = pairs[k][0], rng.integers(0, 50, (*SHAPE, 3)).astype(np.uint8)
    found = solve(RigFrames.of(pairs), SPANS)
    assert found.doubts == ()
    assert found.silent >= 3
    assert median_distance(found.matrix, matrix, POINTS) < 0.8


def test_cameras_that_see_different_things_are_refused():
    pairs = rig(12)
    strangers = [(pairs[k][0], pairs[(k + 5) % 12][1]) for k in range(12)]
    assert solve(RigFrames.of(strangers), SPANS).doubts


def test_black_pictures_are_refused():
    black = [(np.zeros_like(thermal), rgb) for thermal, rgb in rig(8)]
    found = solve(RigFrames.of(black), SPANS)
    assert found.doubts
    assert found.silent == 8


def test_too_few_pairs_are_an_error():
    with pytest.raises(DataError, match="3 pairs; at least 8"):
        solve(RigFrames.of(rig(3)), SPANS)


def test_a_thermal_camera_with_a_narrower_view_and_fewer_pixels_is_found():
    import cv2

    pairs = [
        (np.ascontiguousarray(cv2.resize(thermal[24:96, 40:120], (60, 54), interpolation=cv2.INTER_AREA)), rgb)
        for thermal, rgb in rig(10)
    ]
    best, margin = coarse_search(RigFrames.of(pairs), (0.4, 0.65))
    matrix = RigFrames.of(pairs).full(best.matrix)
    # 80 of 160 columns, from the 40th on, in 60 pixels.
    expected = np.array([[80 / 60, 0, 40 + 80 / 60 / 2 - 0.5], [0, 72 / 54, 24 + 72 / 54 / 2 - 0.5], [0, 0, 1]])
    assert distances(matrix, expected, grid((54, 60))).max() < 6
    assert margin > 1.05
