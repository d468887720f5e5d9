# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of patch_offsets."""

import numpy as np
import pytest

from fusion_perception.alignment import PatchOffsets, structure
from test.alignment.rig_scenes import rig

ALL = np.ones((120, 160), bool)


def measured(pairs, seen=ALL, weights=None):
    patches = PatchOffsets(seen)
    for k, (thermal, rgb) in enumerate(pairs):
        patches.add(structure(thermal), structure(rgb), 1.0 if weights is None else weights[k])
    return patches.measure()


def shifted(pairs, x, y):
    return [(np.roll(thermal, (-y, -x), axis=(0, 1)), rgb) for thermal, rgb in pairs]


def test_a_shift_is_measured_in_every_patch():
    found = measured(shifted(rig(6), 4, -3))
    assert len(found) == 12
    assert np.median(found.by, axis=0) == pytest.approx((4, -3), abs=0.3)
    assert (found.certainty > 6).mean() > 0.8


def test_a_shift_of_less_than_a_pixel_is_measured():
    import cv2

    pairs = [(cv2.warpAffine(t, np.float64([[1, 0, -1.5], [0, 1, 0.5]]), t.shape[::-1]), r) for t, r in rig(6)]
    assert np.median(measured(pairs).by, axis=0) == pytest.approx((1.5, -0.5), abs=0.25)


def test_pairs_of_different_scenes_are_not_certain():
    pairs = rig(6)
    found = measured([(pairs[k][0], pairs[(k + 1) % 6][1]) for k in range(6)])
    assert (found.certainty > 6).mean() < 0.2


def test_frames_that_tell_nothing_change_nothing():
    pairs = shifted(rig(6), 4, -3)
    rng = np.random.default_rng(1)
    blind = [(thermal, rng.integers(0, 60, rgb.shape).astype(np.uint8)) for thermal, rgb in rig(6, seed=2)]
    assert np.median(measured([*pairs, *blind]).by, axis=0) == pytest.approx((4, -3), abs=0.4)


def test_a_weight_of_zero_leaves_a_frame_out():
    pairs, others = shifted(rig(3), 4, -3), shifted(rig(3, seed=3), -5, 2)
    found = measured([*pairs, *others], weights=[1, 1, 1, 0, 0, 0])
    assert found.by == pytest.approx(measured(pairs).by)


def test_fading_lets_new_frames_win():
    patches = PatchOffsets(ALL)
    for move in ((4, -3), (-5, 2)):
        patches.fade(0.1)
        for thermal, rgb in shifted(rig(4), *move):
            patches.add(structure(thermal), structure(rgb))
    assert np.median(patches.measure().by, axis=0) == pytest.approx((-5, 2), abs=0.4)


def test_patches_that_thermal_does_not_cover_are_left_out():
    seen = ALL.copy()
    seen[:, 80:] = False
    found = measured(rig(1), seen)
    assert 0 < len(found) < 12
    assert found.at[:, 0].max() < 80
    assert len(measured(rig(1), np.zeros_like(ALL))) == 0


def test_nothing_taken_in_is_nothing_certain():
    assert not PatchOffsets(ALL).measure().certainty.any()


def test_images_smaller_than_a_patch_are_one_patch():
    patches = PatchOffsets(np.ones((30, 50), bool))
    for thermal, rgb in rig(2, shape=(30, 50)):
        patches.add(structure(thermal), structure(rgb))
    assert patches.patch == 30
    assert len(patches.measure()) >= 1
