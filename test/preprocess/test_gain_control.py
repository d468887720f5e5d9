# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of thermal gain control."""

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.preprocess import GainControl, GainSettings


def scene(low, high, shape=(480, 640), dtype=np.uint16):
    """A ramp from low to high."""
    return np.linspace(low, high, shape[0] * shape[1]).reshape(shape).astype(dtype)


def test_8_bit_passes_through_untouched():
    image = scene(3, 250, dtype=np.uint8)
    assert GainControl()(image) is image


@pytest.mark.parametrize("shape", [(480, 640), (24, 32)], ids=["by table", "directly"])
@pytest.mark.parametrize(("dtype", "low", "high"), [(np.uint16, 21_000, 23_000), (np.float32, -12.5, 38.0)])
def test_a_narrow_raw_range_fills_all_grey_levels(dtype, low, high, shape):
    grey = GainControl()(scene(low, high, shape, dtype))
    assert grey.dtype == np.uint8
    assert grey.shape == shape
    assert grey.min() == 0
    assert grey.max() == 255
    assert abs(float(grey.mean()) - 127.5) < 2
    assert (np.diff(grey.reshape(-1).astype(int)) >= 0).all()


def test_a_hot_pixel_does_not_darken_the_scene():
    image = scene(21_000, 23_000)
    clean = GainControl()(image)
    image[10, 10] = 65535
    hot = GainControl()(image)
    assert hot[10, 10] == 255
    assert np.abs(hot.astype(int) - clean)[200:].max() <= 1


def test_smoothing_lets_a_hot_object_in_slowly():
    control = GainControl(GainSettings(smoothing=0.9))
    cold, hot = scene(20_000, 21_000), scene(20_000, 31_000)
    control(cold)
    control(hot)
    assert control.range[1] == pytest.approx(20_995 + 0.1 * (30_945 - 20_995), abs=30)
    for _ in range(60):
        control(hot)
    assert control.range[1] == pytest.approx(30_945, abs=60)
    control.reset()
    assert control.range is None
    control(cold)
    assert control.range[1] == pytest.approx(20_995, abs=30)


def test_without_smoothing_the_range_follows_at_once():
    control = GainControl(GainSettings(smoothing=0.0))
    control(scene(20_000, 21_000))
    control(scene(30_000, 40_000))
    assert control.range == pytest.approx((30_050, 39_950), abs=100)


@pytest.mark.parametrize(
    "bad",
    [
        np.full((480, 640), np.finfo(np.float32).max, np.float32),
        scene(-3.4e38, 3.4e38, dtype=np.float32),
        np.where(np.arange(480 * 640).reshape(480, 640) % 7, np.float32(30), np.finfo(np.float32).max),
        scene(18.0, 42.0, dtype=np.float32).byteswap(),
        np.zeros((480, 640), np.float32) - 9999,
    ],
    ids=["all FLT_MAX", "the whole range", "some FLT_MAX", "swapped bytes", "no data"],
)
@pytest.mark.filterwarnings("error")
def test_one_damaged_frame_spoils_no_later_one(bad):
    control = GainControl()
    bad = np.nan_to_num(bad, nan=0.0)
    good = scene(18.0, 42.0, dtype=np.float32)
    before = control(good)
    assert control(bad).shape == good.shape
    np.testing.assert_array_equal(control(good), before)


def test_one_black_frame_spoils_no_later_one():
    control = GainControl()
    good = scene(21_000, 21_500)
    before = control(good)
    assert (control(np.zeros_like(good)) == 128).all()
    np.testing.assert_array_equal(control(good), before)


@pytest.mark.parametrize(
    "other",
    [scene(29_000, 45_000), scene(27_000, 28_000), scene(29_400, 29_500), scene(20_000, 21_000)],
    ids=["exhaust", "cold sky", "wall", "another world"],
)
def test_scenes_that_alternate_do_not_pump(other):
    control = GainControl()
    street = scene(29_000, 30_000)  # 10 K in centikelvin
    control(street)
    ranges = []
    for number in range(60):
        control(street if number % 2 else other)
        ranges.append(control.range)
    low, high = np.array(ranges[40:]).T
    change = max(abs(other.min().astype(float) - 29_000), abs(other.max().astype(float) - 30_000))
    assert np.abs(np.diff(low)).max() < 0.11 * change
    assert np.abs(np.diff(high)).max() < 0.11 * change


def test_a_fixed_range_is_the_same_in_every_scene():
    control = GainControl(GainSettings(mode="fixed", range_min=27_315, range_max=31_315))  # 0..40 C in centikelvin
    assert control(np.full((4, 4), 29_315, np.uint16))[0, 0] == 128
    assert control(np.full((4, 4), 20_000, np.uint16))[0, 0] == 0
    assert control(np.full((4, 4), 60_000, np.uint16))[0, 0] == 255
    assert control(np.full((300, 300), 29_315, np.uint16))[0, 0] == 128  # large enough for the table


def test_a_flat_scene_is_mid_grey():
    assert (GainControl()(np.full((8, 8), 5000, np.uint16)) == 128).all()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 3), np.uint8), r"shape \(4, 4, 3\); accepted: \(H, W\)"),
        (np.zeros((0, 4), np.uint16), r"shape \(0, 4\)"),
        (np.zeros((4, 4), np.int32), "dtype int32; accepted: uint8, uint16, float32"),
    ],
)
def test_unusable_images_are_named(image, message):
    with pytest.raises(ImageError, match=message):
        GainControl()(image)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "auto"}, "gain mode is 'auto'; allowed: percentile, fixed"),
        ({"low_percentile": 60, "high_percentile": 40}, "gain percentiles are 60 and 40"),
        ({"smoothing": 1.0}, "gain smoothing is 1"),
        ({"range_min": 5, "range_max": 5}, r"gain range is 5\.\.5"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        GainSettings(**changes)
