# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of drift_watch."""

import numpy as np
import pytest

from fusion_perception.alignment import DriftSettings, DriftWatch
from test.alignment.rig_scenes import rig

SECOND = 1_000_000_000


def watch(pairs, settings=None, seen=None):
    drift = DriftWatch(settings or DriftSettings(period_ns=SECOND))
    for k, (thermal, rgb) in enumerate(pairs):
        assert drift.due(k * SECOND)
        whole = np.full(thermal.shape, 255, np.uint8) if seen is None else seen
        drift.look(thermal, rgb, whole, 640, k * SECOND)
        assert not drift.due(k * SECOND + SECOND // 2)
    return drift


@pytest.fixture(scope="module")
def pairs():
    return rig(9, shape=(240, 320))


def moved(pairs, x, y):
    return [(np.roll(thermal, (-y, -x), axis=(0, 1)), rgb) for thermal, rgb in pairs]


def test_an_aligned_rig_is_ok(pairs):
    drift = watch(pairs)
    assert drift.warning() is None
    assert drift.values()["alignment"] == "ok"
    assert np.abs([float(v) for v in drift.values()["alignment_offset_px"].split()]).max() < 1.0


def test_a_camera_that_has_moved_is_told_in_pixels_of_the_camera(pairs):
    drift = watch(moved(pairs, 8, -5))
    assert "16 px left of the RGB picture and 10 px below it" in drift.warning()
    assert drift.values()["alignment"] == "lost"
    x, y = (float(v) for v in drift.values()["alignment_offset_px"].split())
    assert (x, y) == pytest.approx((16, -10), abs=1.0)


def test_it_is_told_after_some_looks_only(pairs):
    assert watch(moved(pairs, 8, -5)[:6]).warning() is None
    assert watch(moved(pairs, 8, -5)[:4]).values() == {"alignment": "not known yet"}


def test_pictures_that_have_nothing_in_common_accuse_nobody(pairs):
    strangers = [(pairs[k][0], pairs[(k + 3) % 9][1]) for k in range(9)]
    drift = watch(strangers)
    assert drift.warning() is None
    assert drift.values() == {"alignment": "the pictures do not tell"}


def test_black_pictures_accuse_nobody(pairs):
    drift = watch([(np.zeros_like(thermal), rgb) for thermal, rgb in pairs])
    assert drift.warning() is None


def test_the_end_of_the_thermal_view_is_no_edge(pairs):
    seen = np.zeros((240, 320), np.uint8)
    seen[20:220, 30:290] = 255
    drift = watch([(np.where(seen > 0, thermal, 0).astype(np.uint8), rgb) for thermal, rgb in pairs], seen=seen)
    assert drift.values()["alignment"] == "ok"


def test_a_new_registration_is_judged_anew(pairs):
    drift = watch(moved(pairs, 8, -5))
    drift.forget()
    assert drift.warning() is None
    assert drift.values() == {"alignment": "not known yet"}


def test_zero_never_looks():
    drift = DriftWatch(DriftSettings(period_ns=0))
    assert not drift.due(10**18)
    assert drift.values() == {"alignment": "not watched"}
