# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is wrong with one picture: each fault is seen, and no scene is taken for one."""

import numpy as np
import pytest

from fusion_perception.health import FAULTS, advice, reason
from fusion_perception.health.picture import faults_of
from fusion_perception.lab.streets import CONDITIONS, SceneConfig, SyntheticScene

GENERATOR = np.random.default_rng(5)


def noisy(value, sigma, shape, dtype=np.uint8):
    limits = np.iinfo(dtype)
    return np.clip(GENERATOR.normal(value, sigma, shape), limits.min, limits.max).astype(dtype)


@pytest.mark.parametrize("shape", [(48, 80), (480, 640), (960, 1280)])
@pytest.mark.parametrize(("value", "sigma"), [(0, 0), (3, 0), (3, 4), (12, 6), (16, 0)])
def test_a_capped_camera_is_black_however_it_rushes(value, sigma, shape):
    assert faults_of(noisy(value, sigma, (*shape, 3))) == ("black",)
    assert faults_of(noisy(value, sigma, shape)) == ("black",)


@pytest.mark.parametrize("light", [30, 200])
def test_a_night_with_one_lamp_is_not_black(light):
    image = noisy(3, 2, (480, 640, 3))
    image[100:140, 300:340] = light
    assert faults_of(image) == ()


@pytest.mark.parametrize("shape", [(48, 80), (480, 640)])
def test_white_all_over_is_saturated(shape):
    assert faults_of(noisy(255, 3, (*shape, 3))) == ("saturated",)
    assert faults_of(np.full(shape, 255, np.uint8)) == ("saturated",)
    for bits in (10, 12, 14, 16):
        assert faults_of(np.full(shape, 2**bits - 1, np.uint16)) == ("saturated",)


def test_a_bright_sky_is_not_saturated():
    image = noisy(255, 3, (480, 640, 3))
    image[300:] = noisy(90, 20, (180, 640, 3))
    assert faults_of(image) == ()


def test_the_difference_between_the_colours_is_no_noise():
    image = noisy(0, 1, (480, 640, 3)) + np.uint8([20, 100, 220])
    image[200:300, 200:260] += 30
    assert faults_of(image) == ()


def test_a_hand_before_the_lens_is_covered():
    down, across = np.mgrid[0:480, 0:640]
    light = 60 + 40 * np.exp(-((down - 400) ** 2 + (across - 100) ** 2) / 300**2)  # what passes between the fingers
    image = np.clip(light[..., None] * (1.0, 0.4, 0.3) + GENERATOR.normal(0, 4, (480, 640, 3)), 0, 255)
    assert faults_of(image.astype(np.uint8)) == ("covered",)


@pytest.mark.parametrize("value", [1, 7000, 30000])
@pytest.mark.parametrize("sigma", [0, 6])
def test_a_shutter_before_a_thermal_camera_is_covered(value, sigma):
    assert faults_of(noisy(value + 8 * sigma, sigma, (480, 640), np.uint16)) == ("covered",)
    assert faults_of(noisy(value + 8 * sigma, sigma, (480, 640), np.uint16).astype(np.float32) / 100) == ("covered",)


def test_raw_zero_everywhere_is_black():
    assert faults_of(np.zeros((480, 640), np.uint16)) == ("black",)
    assert faults_of(np.zeros((480, 640), np.float32)) == ("black",)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_low_raw_counts_of_a_scene_are_not_black(dtype):
    image = noisy(12, 2, (480, 640), np.uint16)
    image[200:300, 200:260] += 40
    assert faults_of(image.astype(dtype)) == ()


def test_floats_that_are_not_finite_do_no_harm():
    image = np.full((480, 640), 20.0, np.float32)
    image[::2] = np.nan
    image[0] = np.inf
    assert set(faults_of(image)) <= set(FAULTS)
    assert faults_of(np.full((48, 80), np.nan, np.float32)) == ("black",)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_street_is_healthy_whatever_the_light(seed, condition):
    sample = SyntheticScene(SceneConfig(height=120, width=160, condition=condition, seed=seed)).frame(0)
    assert faults_of(sample.rgb) == ()
    assert faults_of(sample.thermal) == ()
    assert faults_of(sample.thermal.astype(np.uint16) * 30 + 7000) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (8, 8), (13, 17), (1, 1, 3), (7, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_small_pictures_do_no_harm(shape, dtype):
    if len(shape) == 2 or dtype == np.uint8:
        assert set(faults_of(GENERATOR.integers(0, 255, shape).astype(dtype))) <= set(FAULTS)


def test_every_fault_has_words():
    for fault in FAULTS:
        assert reason((fault,)) in advice("rgb", (fault,))
    assert reason(("frozen", "black")) == "the picture stands still and the picture is black"


def test_the_largest_floats_overflow_nowhere(recwarn):
    checks = np.indices((48, 80)).sum(axis=0) % 2
    assert faults_of(np.where(checks, 3.4e38, -3.4e38).astype(np.float32)) == ("covered",)
    assert not recwarn.list
