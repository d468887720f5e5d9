# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of thermal gain control."""

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.preprocess import GainControl, GainSettings
from test.preprocess.thermal_scenes import levels, scene, texture


def test_8_bit_passes_through_untouched():
    image = scene(3, 250, dtype=np.uint8)
    control = GainControl()
    assert control(image) is image
    assert not control.shutter_closed
    assert control.range is None


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
    cold = scene(20_000, 21_000)
    hot = cold.copy()
    hot[:, :96] = 23_000  # 15 % of the picture
    control(cold)
    control(hot)
    assert control.range[1] == pytest.approx(20_995 + 0.1 * (23_000 - 20_995), abs=30)
    for _ in range(60):
        control(hot)
    assert control.range[1] == pytest.approx(23_000, abs=60)
    control.reset()
    assert control.range is None
    control(cold)
    assert control.range[1] == pytest.approx(20_995, abs=30)


@pytest.mark.parametrize("spans", [-28, -7, -2, -1, 1, 2, 7, 28])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_jump_of_the_level_blinds_no_frame(spans, dtype):
    control = GainControl()
    before = texture(30_000, 80).astype(dtype)
    span = np.ptp(np.percentile(before, (0.5, 99.5)))
    for _ in range(3):
        expected = control(before)
    grey = control((before + spans * span).astype(dtype))
    assert np.abs(grey.astype(int) - expected).mean() < 1


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_a_hot_spot_leaves_contrast_to_the_scene(share):
    image = texture(21_000, 80)
    clean = GainControl()(image)
    side = int((share * image.size) ** 0.5)
    image[10 : 10 + side, 20 : 20 + side] = 60_000
    hot = GainControl()(image)
    assert (hot[10 : 10 + side, 20 : 20 + side] == 255).all()
    assert levels(clean) > 100
    assert levels(hot) > 45  # the whole range would leave two


def test_a_hot_spot_that_comes_and_goes_does_not_pump():
    control = GainControl()
    cold = texture(21_000, 80)
    hot = cold.copy()
    hot[10:40, 20:50] = 60_000
    greys = [control(cold)]
    greys += [control(hot if number // 15 % 2 else cold) for number in range(90)]
    means = np.array([grey[60:].mean() for grey in greys])
    assert np.abs(np.diff(means)).max() < 30  # a tenth of the way, by the smoothing


def test_a_plain_scene_shows_what_is_in_it_and_not_its_noise():
    image = np.random.default_rng(1).normal(21_000, 4, (240, 320)).astype(np.uint16)
    image[100:130, 100:150] = 21_300  # 2 % of the picture: a person before a wall
    grey = GainControl()(image)
    assert grey[100:130, 100:150].min() == 255
    assert grey[:90].std() < 10


LINES = {
    "telemetry on top": lambda image, noise: image.__setitem__(slice(0, 2), noise[:2]),
    "telemetry at the bottom": lambda image, noise: image.__setitem__(slice(-4, None), noise[:4] // 8),
    "dead rows apart": lambda image, noise: image.__setitem__([0, 4, 8, 12], 0),
    "dead columns": lambda image, noise: image.__setitem__((slice(None), [0, 100, 101, 200]), 65535),
    "a row and a column": lambda image, noise: (
        image.__setitem__(7, 0),
        image.__setitem__((slice(None), 9), 65535),
    ),
}


@pytest.mark.parametrize("spoil", LINES.values(), ids=LINES)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_dead_and_telemetry_lines_cost_no_contrast(spoil, dtype):
    image = texture(21_000, 80)
    clean = GainControl()(image.astype(dtype))
    spoilt = image.copy()
    spoil(spoilt, np.random.default_rng(3).integers(0, 65536, image.shape).astype(np.uint16))
    grey = GainControl()(spoilt.astype(dtype))
    assert np.abs(grey.astype(int) - clean)[spoilt == image].mean() < 2


def test_dead_pixels_cost_no_contrast():
    image = texture(21_000, 80)
    clean = GainControl()(image)
    dead = np.random.default_rng(3).permutation(image.size)[:600]  # more than the percentile leaves out
    spoilt = image.copy()
    spoilt.reshape(-1)[dead] = 0
    assert np.abs(GainControl()(spoilt).astype(int) - clean)[spoilt == image].mean() < 1


def test_what_sticks_out_for_some_frames_is_reported():
    control = GainControl()
    image = texture(21_000, 80)
    image[3] = 0
    image[:, [5, 6]] = 65535
    image[50, 60] = image[70, 80] = 0
    for _ in range(9):
        control(image)
    assert not control.defects
    control(image)
    assert control.defects.rows.tolist() == [3]
    assert control.defects.columns.tolist() == [5, 6]
    assert control.defects.pixels.tolist() == [50 * 320 + 60, 70 * 320 + 80]
    for _ in range(10):
        control(texture(21_000, 80))
    assert not control.defects


def test_values_that_are_not_finite_are_refused_and_change_nothing():
    control = GainControl()
    good = scene(18.0, 42.0, dtype=np.float32)
    before = control(good)
    with pytest.raises(ImageError, match="thermal image has 307200 of 307200 values NaN or infinite"):
        control(np.full_like(good, np.nan))
    np.testing.assert_array_equal(control(good), before)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_pixel_without_a_value_looks_like_its_neighbours(value):
    good = scene(18.0, 42.0, dtype=np.float32)
    expected = GainControl()(good)
    good[100, 100] = value
    assert np.abs(GainControl()(good).astype(int) - expected).max() <= 1


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
    [scene(29_000, 45_000), scene(28_900, 29_900), scene(29_400, 29_500)],
    ids=["exhaust", "a cooler one", "wall"],
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


@pytest.mark.parametrize("other", [scene(27_000, 28_000), scene(20_000, 21_000)], ids=["cold sky", "another world"])
def test_scenes_that_alternate_and_share_nothing_are_all_seen(other):
    control = GainControl()
    for number in range(20):
        assert levels(control(scene(29_000, 30_000) if number % 2 else other)) > 200


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
        ({"range_min": -np.inf}, r"gain range is -inf\.\.65535; allowed: finite"),
        ({"range_max": np.nan}, r"gain range is 0\.\.nan; allowed: finite"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        GainSettings(**changes)
