# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of refinement."""

import cv2
import numpy as np
import pytest

from fusion_perception.alignment import Offsets
from fusion_perception.lab.calibration.refinement import best_kind, fit

AT = np.stack(np.meshgrid(np.linspace(20, 300, 8), np.linspace(20, 220, 6)), axis=-1).reshape(-1, 2)
SIMILARITY = np.array([[1.01, 0.02, 3], [-0.02, 1.01, -2], [0, 0, 1]])
AFFINE = np.array([[1.06, 0.02, -5], [0.01, 0.96, 4], [0, 0, 1]])
HOMOGRAPHY = np.array([[1, 0.0, 0], [0, 1, 0], [3e-4, -2e-4, 1]])


def offsets_by(matrix, noise=0.3, seed=0):
    by = cv2.perspectiveTransform(AT[None], matrix)[0] - AT
    return Offsets(AT, by + np.random.default_rng(seed).normal(0, noise, by.shape), np.full(len(AT), 10.0))


@pytest.mark.parametrize(
    ("matrix", "kind"), [(SIMILARITY, "similarity"), (AFFINE, "affine"), (HOMOGRAPHY, "homography")]
)
def test_the_kind_is_no_richer_than_the_patches_show(matrix, kind):
    assert best_kind(offsets_by(matrix), 320) == kind


@pytest.mark.parametrize(
    ("matrix", "kind"), [(SIMILARITY, "similarity"), (AFFINE, "affine"), (HOMOGRAPHY, "homography")]
)
def test_a_correction_is_found_though_a_quarter_of_the_patches_is_wrong(matrix, kind):
    found = offsets_by(matrix)
    by = found.by.copy()
    by[::4] += 12
    correction = fit(Offsets(AT, by, found.certainty), kind, 4.8)
    assert cv2.perspectiveTransform(AT[None], correction)[0] == pytest.approx(
        cv2.perspectiveTransform(AT[None], matrix)[0], abs=0.8
    )
