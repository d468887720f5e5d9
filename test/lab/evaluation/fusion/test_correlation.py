# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.fusion.correlation import (
    correlation_coefficient,
    sum_of_correlations_of_differences,
)

A = np.random.default_rng(1).integers(0, 100, (12, 9), np.uint8)
B = np.random.default_rng(2).integers(0, 100, (12, 9), np.uint8)


def test_correlation_with_an_image_and_its_negative_cancels():
    assert correlation_coefficient(A, 255 - A, A) == pytest.approx(0)
    assert correlation_coefficient(A, A, A // 2 * 2) > 0.99


def test_known_correlation():
    a = np.array([[0, 1], [2, 3]], np.uint8)
    f = np.array([[0, 2], [1, 3]], np.uint8)
    assert correlation_coefficient(a, a, f) == pytest.approx(0.8)


def test_a_sum_of_the_sources_reaches_the_maximum_of_scd():
    assert sum_of_correlations_of_differences(A, B, A + B) == pytest.approx(2)


def test_differences_are_signed():
    # F - B is negative nearly everywhere; wrapped to uint8 it would not correlate with A.
    f = (A.astype(int) + B - 60).clip(0, 255).astype(np.uint8)
    assert sum_of_correlations_of_differences(A, B, f) > 1.5


def test_a_constant_image_counts_as_uncorrelated():
    flat = np.full_like(A, 40)
    assert correlation_coefficient(A, B, flat) == 0
    assert np.isfinite(sum_of_correlations_of_differences(flat, flat, flat))
