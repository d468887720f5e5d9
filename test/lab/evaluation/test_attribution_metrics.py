# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.attribution_metrics import (
    completeness_error,
    deletion_curve,
    insertion_curve,
    randomisation_check,
    rank_correlation,
)

RNG = np.random.default_rng(0)
THERMAL = RNG.uniform(0.5, 1, (12, 16))
RGB = RNG.uniform(0.5, 1, (12, 16, 3))
WEIGHTS = RNG.exponential(1, (12, 16))


def _score(thermal, rgb):
    return float((WEIGHTS * thermal).sum() + 0 * rgb.sum())


IMPORTANCE = WEIGHTS * THERMAL


def test_completeness_of_a_linear_function_is_exact():
    assert completeness_error([IMPORTANCE, np.zeros_like(RGB)], _score(THERMAL, RGB), 0.0) == pytest.approx(
        0, abs=1e-12
    )
    assert completeness_error([IMPORTANCE / 2], _score(THERMAL, RGB), 0.0) == pytest.approx(0.5)


def test_completeness_without_a_difference():
    assert completeness_error([np.array([1.0, -1.0])], 3, 3) == 0
    assert completeness_error([np.array([1.0])], 3, 3) == np.inf


def test_the_right_order_beats_a_blank_map_and_the_reverse():
    def areas(curve):
        maps = (IMPORTANCE, IMPORTANCE * 0, -IMPORTANCE)
        return [curve(_score, THERMAL, RGB, m, modality="thermal").area for m in maps]

    deletion, insertion = areas(deletion_curve), areas(insertion_curve)
    assert deletion[0] < deletion[1] < deletion[2]
    assert insertion[0] > insertion[1] > insertion[2]
    assert deletion[1] == pytest.approx(0.5, abs=0.1)


def test_deletion_ends_and_area_by_hand():
    thermal, rgb = np.array([[3.0, 1.0]]), np.zeros((1, 2, 3))
    curve = deletion_curve(lambda t, _: float(t.sum()), thermal, rgb, thermal, modality="thermal", steps=2)
    assert curve.scores.tolist() == [4, 1, 0]
    assert curve.mean_height == pytest.approx((4 + 1) / 4 + 1 / 4)
    assert curve.area == pytest.approx((1 + 0.25) / 2 * 0.5 + 0.25 / 2 * 0.5)
    curve = insertion_curve(lambda t, _: float(t.sum()), thermal, rgb, thermal, modality="thermal", steps=2)
    assert curve.scores.tolist() == [0, 3, 4]
    assert curve.area == pytest.approx(0.75 / 2 * 0.5 + (0.75 + 1) / 2 * 0.5)


def test_a_score_that_deletion_raises_is_scaled_the_same_way():
    thermal, rgb = np.array([[3.0, 1.0]]), np.zeros((1, 2, 3))
    curve = deletion_curve(lambda t, _: -float(t.sum()), thermal, rgb, thermal, modality="thermal", steps=2)
    assert curve.area == pytest.approx((1 + 0.25) / 2 * 0.5 + 0.25 / 2 * 0.5)


def test_a_modality_the_score_does_not_use_changes_nothing():
    curve = deletion_curve(_score, THERMAL, RGB, IMPORTANCE, modality="rgb")
    assert (curve.scores == curve.scores[0]).all()
    assert np.isnan(curve.area)


def test_both_modalities_are_replaced_by_their_baselines():
    seen = []
    deletion_curve(
        lambda t, c: seen.append((t.copy(), c.copy())) or 0.0, THERMAL, RGB, IMPORTANCE, steps=1, baseline=(7, 9)
    )
    assert (seen[-1][0] == 7).all() and (seen[-1][1] == 9).all()
    assert (seen[0][0] == THERMAL).all()


def test_unusable_arguments_are_named():
    with pytest.raises(ValueError, match="unknown modality 'radar'; allowed: thermal, rgb, both"):
        deletion_curve(_score, THERMAL, RGB, IMPORTANCE, modality="radar")
    with pytest.raises(ValueError, match="at least 1 step"):
        insertion_curve(_score, THERMAL, RGB, IMPORTANCE, steps=0)
    with pytest.raises(ImageError, match="one height and width"):
        deletion_curve(_score, THERMAL, RGB, IMPORTANCE.T)


def test_rank_correlation():
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(a, a**3) == pytest.approx(1)
    assert rank_correlation(a, -a) == pytest.approx(-1)
    assert rank_correlation(a, np.array([1.0, 3.0, 2.0, 4.0])) == pytest.approx(0.8)
    assert rank_correlation(np.array([1.0, 1.0, 2.0]), np.array([5.0, 5.0, 9.0])) == pytest.approx(1)  # ties
    assert np.isnan(rank_correlation(a, np.ones(4)))
    with pytest.raises(ImageError, match="one shape"):
        rank_correlation(a, a[:2])


def test_a_map_of_the_model_passes_and_an_edge_detector_fails():
    def of_weights(seed):
        return WEIGHTS if seed is None else np.random.default_rng(seed + 9).normal(size=WEIGHTS.shape)

    assert randomisation_check(of_weights).passed
    check = randomisation_check(lambda seed: THERMAL)
    assert not check.passed
    assert check.mean == pytest.approx(1)
    assert len(check.similarity) == 3
    with pytest.raises(ValueError, match="at least one seed"):
        randomisation_check(of_weights, seeds=())
