# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.sensor_agreement import SensorAgreement, brightness_share
from fusion_perception.labels import MSRS9

SHAPE = (20, 20)
MASK = np.zeros(SHAPE, np.uint8)
MASK[:10] = 2  # needs thermal
MASK[10:] = 1  # needs RGB
SURE = np.full(SHAPE, 255, np.uint8)
BLIND = np.where(MASK == 2, 0, MASK).astype(np.uint8)
DARK = np.where(MASK == 1, 0, MASK).astype(np.uint8)


def _summary(share, without_thermal=(BLIND, SURE), without_rgb=(DARK, SURE), clean=(MASK, SURE)):
    score = SensorAgreement(MSRS9)
    score.update(share.astype(np.uint8), clean, without_thermal, without_rgb, "night")
    return score.summary()


def test_an_honest_share_agrees_and_its_opposite_does_not():
    share = np.where(MASK == 2, 230, 20)
    honest, opposite = _summary(share)["all"], _summary(255 - share)["all"]
    assert honest.agreement == 1 and honest.rank_correlation == pytest.approx(1)
    assert opposite.agreement == 0 and opposite.rank_correlation == pytest.approx(-1)
    assert honest.decided_pixels == 400
    assert honest.thermal_share["person"] == pytest.approx(230 / 255)
    assert honest.thermal_share["bike"] is None
    assert "unlabelled" not in honest.thermal_share


def test_a_share_that_says_nothing_is_chance():
    summary = _summary(np.full(SHAPE, 128))["all"]
    assert summary.agreement == 0.5 and summary.rank_correlation is None


def test_confidence_lost_counts_even_where_the_class_stays():
    less = (MASK, np.full(SHAPE, 255 - 77, np.uint8))
    summary = _summary(np.full(SHAPE, 200), less, (MASK, SURE))["all"]
    assert summary.agreement == 1 and summary.decided_pixels == 400
    little = (MASK, np.full(SHAPE, 255 - 20, np.uint8))
    assert _summary(np.full(SHAPE, 200), little, (MASK, SURE))["all"].agreement is None


def test_the_gap_is_what_the_named_sensor_keeps_more_than_the_other():
    share = np.where(MASK == 2, 230, 20)
    assert _summary(share)["all"].gap == 1 and _summary(255 - share)["all"].gap == -1
    assert _summary(np.full(SHAPE, 128))["all"].gap == 0
    # One half is known by RGB at 0.6 and by thermal at 1, the other half by both.
    less = (MASK, np.where(MASK == 2, 153, 255).astype(np.uint8))
    summary = _summary(np.full(SHAPE, 200), less, (MASK, SURE))["all"]
    assert summary.gap == summary.largest_gap == pytest.approx(0.2)


def test_the_largest_gap_is_that_of_a_share_that_is_always_right():
    for share in (np.where(MASK == 2, 230, 20), np.full(SHAPE, 128), np.full(SHAPE, 200)):
        assert _summary(share)["all"].largest_gap == 1


def test_frames_without_objects_are_left_out():
    assert _summary(SURE, clean=(np.zeros_like(MASK), SURE)) == {}


def test_splits():
    summary = _summary(np.full(SHAPE, 200))
    assert list(summary) == ["all", "night"] and summary["night"].frames == 1


def test_maps_must_have_one_size():
    with pytest.raises(ImageError, match="one size"):
        _summary(SURE[:5])


def test_the_reference_knows_brightness_alone():
    bright, dark = np.full((40, 40), 200, np.uint8), np.zeros((40, 40), np.uint8)
    assert brightness_share(bright, dark).min() > 250 and brightness_share(dark, bright).max() < 5
    assert set(np.unique(brightness_share(dark, dark))) <= {127, 128}
