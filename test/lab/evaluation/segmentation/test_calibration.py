# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.segmentation.calibration import Calibration


def _calibration(confidence, right, bins=10):
    calibration = Calibration(bins)
    prediction = np.ones((1, len(right)), np.uint8)
    target = np.array([right], np.uint8)
    calibration.update(np.array([confidence], np.uint8), prediction, target)
    return calibration


def test_always_right_and_certain_is_calibrated():
    assert _calibration([255] * 4, [1] * 4).expected_error == 0


def test_certain_and_half_right():
    assert _calibration([255] * 4, [1, 1, 0, 0]).expected_error == pytest.approx(0.5)


def test_two_bins_by_hand():
    # 51/255 = 0.2 right once of two; 204/255 = 0.8 right always.
    calibration = _calibration([51, 51, 204, 204, 204, 204], [1, 0, 1, 1, 1, 1])
    assert calibration.expected_error == pytest.approx((2 * 0.3 + 4 * 0.2) / 6)
    assert calibration.accuracy[2] == 0.5
    assert calibration.confidence[8] == pytest.approx(0.8)
    assert np.isnan(calibration.accuracy[0])


def test_errors_of_opposite_sign_in_different_bins_do_not_cancel():
    assert _calibration([64, 255], [1, 0]).expected_error > 0.8


def test_unknown_and_unselected_pixels_are_left_out():
    calibration = Calibration()
    ones = np.ones((2, 2), np.uint8)
    target = np.array([[1, 255], [0, 0]], np.uint8)
    calibration.update(ones * 255, ones, target, np.array([[True, True], [False, False]]))
    assert calibration.pixels.sum() == 1
    assert calibration.expected_error == 0


def test_nothing_seen_is_nan():
    assert np.isnan(Calibration().expected_error)


def test_different_sizes_are_named():
    with pytest.raises(ImageError, match=r"confidence \(2, 2\)"):
        Calibration().update(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8))
