# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.failures import (
    FAILED_SENSORS,
    FAILURES,
    FailedSensor,
    earlier_pair,
    heavy_blur,
    overexposed,
    own_mean,
    uniform_noise,
)

RNG = np.random.default_rng(0)
THERMAL = RNG.integers(0, 200, (40, 60), np.uint8)
RGB = RNG.integers(0, 200, (40, 60, 3), np.uint8)
EARLIER = THERMAL[::-1].copy(), RGB[::-1].copy()
BY_NAME = {failure.name: failure for failure in FAILURES}


def test_the_kinds_that_were_promised_for_either_sensor():
    kinds = ["constant 0", "constant 64", "constant 128", "constant 255", "own mean", "noise", "frozen", "heavy blur"]
    assert list(BY_NAME) == [*kinds, "overexposed"]
    assert len({failed.name for failed in FAILED_SENSORS}) == 2 * len(FAILURES)


@pytest.mark.parametrize("failed", FAILED_SENSORS, ids=lambda failed: failed.name)
def test_one_sensor_fails_and_the_other_is_left_alone(failed):
    before = THERMAL.copy(), RGB.copy()
    thermal, rgb = failed.apply(THERMAL, RGB, np.random.default_rng(1), lambda: EARLIER)
    assert (before[0] == THERMAL).all() and (before[1] == RGB).all()
    broken, sound = (thermal, rgb) if failed.sensor == "thermal" else (rgb, thermal)
    was, other = (THERMAL, RGB) if failed.sensor == "thermal" else (RGB, THERMAL)
    assert sound is other
    assert broken.dtype == np.uint8 and broken.shape == was.shape and (broken != was).any()
    assert broken.flags.c_contiguous


@pytest.mark.parametrize("level", [0, 64, 128, 255])
def test_a_constant_sensor_sends_one_level(level):
    thermal, _ = FailedSensor("thermal", BY_NAME[f"constant {level}"]).apply(THERMAL, RGB, RNG, lambda: EARLIER)
    assert (thermal == level).all()


def test_the_own_mean_is_that_of_each_colour():
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[..., 0], rgb[:2, :, 1] = 40, 90
    assert (own_mean(rgb) == (40, 45, 0)).all()


def test_a_frozen_sensor_shows_the_earlier_image_and_only_it_reads_one():
    _, rgb = FailedSensor("rgb", BY_NAME["frozen"]).apply(THERMAL, RGB, RNG, lambda: EARLIER)
    assert rgb is EARLIER[1]
    thermal, _ = FailedSensor("thermal", BY_NAME["frozen"]).apply(THERMAL, RGB, RNG, lambda: EARLIER)
    assert thermal is EARLIER[0]

    def none():
        raise AssertionError("it must not be read")

    for failed in FAILED_SENSORS:
        if failed.failure.name != "frozen":
            failed.apply(THERMAL, RGB, RNG, none)


def test_noise_says_nothing_of_the_image_and_is_drawn_by_the_generator():
    noise = uniform_noise(RGB, np.random.default_rng(5))
    assert (noise == uniform_noise(255 - RGB, np.random.default_rng(5))).all()
    assert noise.min() == 0 and noise.max() == 255 and noise.mean() == pytest.approx(127.5, abs=3)


def test_heavy_blur_takes_nearly_all_contrast_and_follows_the_width():
    wide = RNG.integers(0, 256, (40, 640), np.uint8)
    assert heavy_blur(wide).std() < wide.std() / 15
    line = np.zeros((1, 640), np.uint8)
    line[0, 320:] = 255
    assert np.count_nonzero((heavy_blur(line) > 40) & (heavy_blur(line) < 215)) == pytest.approx(2 * 16, abs=3)


@pytest.mark.parametrize("brightness", [0.1, 1.0])
def test_three_quarters_of_an_overexposed_image_are_white_however_dark_it_was(brightness):
    image = (THERMAL * brightness).astype(np.uint8)
    assert np.mean(overexposed(image) == 255) == pytest.approx(0.75, abs=0.04)
    even = np.repeat(np.array([[10, 20, 40, 80]], np.uint8), 5, axis=0)
    assert overexposed(even)[0].tolist() == [146, 255, 255, 255]  # a quarter of the values lies below 17.5
    black = np.zeros_like(image)
    assert (overexposed(black) == 0).all()


def test_a_frozen_camera_shows_a_far_pair_of_the_same_light():
    times = ["day", "night", "day", "day", "night", "day"]
    chosen = [earlier_pair(times, i) for i in range(6)]
    assert chosen == [3, 4, 5, 0, 1, 2]
    assert earlier_pair([None] * 3, 0) == 1 and earlier_pair(["day", "night"], 0) is None
