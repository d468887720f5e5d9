# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.segmentation.boundary import BoundaryScore
from fusion_perception.labels import LabelSet

LABELS = LabelSet("ab", ("ground", "cat", "dog"), ((0, 0, 0),) * 3)


def _square(x, size=20, shape=(60, 60)):
    mask = np.zeros(shape, np.uint8)
    mask[20 : 20 + size, x : x + size] = 1
    return mask


def _score(prediction, target, tolerance=2.0):
    score = BoundaryScore(LABELS, tolerance)
    score.update(prediction, target)
    return score


def test_the_same_outline_scores_one():
    score = _score(_square(20), _square(20))
    assert score.f_score[0] == score.f_score[1] == 1
    assert np.isnan(score.f_score[2])
    assert score.known_pixels[1] == 4 * 19


def test_a_shift_within_the_tolerance_is_forgiven_and_beyond_it_not():
    assert _score(_square(22), _square(20)).f_score[1] == 1
    assert 0 < _score(_square(23), _square(20)).f_score[1] < 1
    assert _score(_square(40, 10), _square(2, 10), 1).f_score[1] == 0


def test_one_pixel_off_with_zero_tolerance_by_hand():
    # Horizontal edges overlap in 19 of 20 columns, the vertical edges nowhere else.
    score = _score(_square(21), _square(20), 0.0)
    precision = recall = 38 / 76
    assert score.f_score[1] == pytest.approx(2 * precision * recall / (precision + recall))


def test_missing_an_object_scores_zero():
    assert _score(np.zeros((60, 60), np.uint8), _square(20)).f_score[1] == 0


def test_outlines_inside_an_unknown_band_are_not_judged():
    target = _square(20)
    target[15:45, 15:20] = target[15:45, 40:45] = target[15:20, 15:45] = target[40:45, 15:45] = 255
    score = _score(_square(18, 24), target)
    assert score.known_pixels[1] == 0
    assert np.isnan(score.f_score[1])


def test_an_outline_that_runs_into_the_unknown_is_judged_outside_of_it_only():
    target = _square(20)
    target[15:45, 40:48] = 255
    prediction = _square(20)
    prediction[20:40, 40:44] = 1
    score = _score(prediction, target)
    assert score.known_pixels[1] == 2 * 20 + 18  # all but the side at the unknown
    assert score.f_score[1] == 1


def test_the_image_edge_is_no_boundary():
    full = np.ones((30, 30), np.uint8)
    assert _score(full, full).known_pixels[1] == 0


def test_counts_are_summed_over_images():
    score = _score(_square(20), _square(20))
    score.update(np.zeros((60, 60), np.uint8), _square(20))
    assert score.f_score[1] == pytest.approx(2 * 1 * 0.5 / 1.5)
