# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of boards, and of what is found by them."""

import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.board import Board
from fusion_perception.lab.calibration.board_solution import angles_of, solve_board
from fusion_perception.preprocess.camera_model import pose_of, rotation_of
from test.lab.calibration.board_views import RGB_K, ROTATION, THERMAL_K, TRANSLATION, views

BOARDS = ["checkerboard:7x6:0.05", "aprilgrid:4x3:0.08:0.3"]


@pytest.mark.parametrize("text", BOARDS)
def test_both_cameras_and_their_places_are_found(text):
    found = solve_board(views(Board.of(text), 12), Board.of(text))
    assert found.doubts == ()
    assert found.views >= 8
    assert found.rms < 0.8  # corners of tags are less exact than those of a checkerboard
    assert found.rgb.matrix[[0, 1], [0, 1]] == pytest.approx(RGB_K[[0, 1], [0, 1]], rel=0.03)
    assert found.thermal.matrix[[0, 1], [0, 1]] == pytest.approx(THERMAL_K[[0, 1], [0, 1]], rel=0.03)
    rotation, translation = pose_of(found.extrinsics)
    assert translation == pytest.approx(TRANSLATION, abs=0.012)
    assert rotation == pytest.approx(ROTATION, abs=0.03)


def test_too_few_views_say_what_helps():
    board = Board.of(BOARDS[0])
    blank = np.full((256, 320), 90, np.uint8), np.full((360, 480, 3), 90, np.uint8)
    with pytest.raises(DataError, match="in 2 of 5 pairs; at least 8 views are needed"):
        solve_board([*views(board, 2), blank, blank, blank], board)


def test_a_board_that_stays_in_the_middle_leaves_doubts():
    board = Board.of(BOARDS[0])
    found = solve_board(views(board, 1) * 9, board)
    assert "bring it into every corner" in " ".join(found.doubts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chess:7x6:0.05", "allowed: checkerboard:COLUMNSxROWS:SQUARE"),
        ("checkerboard:7x6", "allowed: checkerboard"),
        ("checkerboard:7x6:0.05:0.3", "allowed: checkerboard"),
        ("aprilgrid:6x6:0.05", "allowed: checkerboard"),
        ("checkerboard:7x6:nan", "allowed: checkerboard"),
        ("checkerboard:7:0.05", "allowed: checkerboard"),
        ("checkerboard:8x6:0.05", "looks the same upside down"),
    ],
)
def test_what_is_no_board_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        Board.of(text)


@pytest.mark.parametrize("angles", [(0.1, -0.2, 0.3), (0, 0, 0), (-3.0, 1.2, 2.0)])
def test_angles_are_those_of_the_rotation(angles):
    assert angles_of(rotation_of(*angles)) == pytest.approx(angles)
