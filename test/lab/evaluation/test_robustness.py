# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.robustness import PERTURBATIONS, add_noise, blur, dim, shift

RNG = np.random.default_rng(0)
THERMAL = RNG.integers(0, 256, (40, 60), np.uint8)
RGB = RNG.integers(0, 256, (40, 60, 3), np.uint8)


def test_the_table_has_all_rows_that_were_promised():
    names = [p.name for p in PERTURBATIONS]
    assert names[:4] == ["clean", "thermal missing", "RGB missing", "RGB at 10 % exposure"]
    assert names[-5:] == [f"misaligned {n} px" for n in (1, 2, 4, 8, 16)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
def test_every_perturbation_keeps_type_and_size_and_its_input(perturbation):
    before = THERMAL.copy(), RGB.copy()
    thermal, rgb = perturbation.apply(THERMAL, RGB, np.random.default_rng(1))
    assert (before[0] == THERMAL).all() and (before[1] == RGB).all()
    for image, like in ((thermal, THERMAL), (rgb, RGB)):
        assert image is None or (image.dtype == np.uint8 and image.shape == like.shape)
    changed = thermal is None or rgb is None or (thermal != THERMAL).any() or (rgb != RGB).any()
    assert changed == (perturbation.name != "clean")


def test_missing_sensors_are_really_missing():
    by_name = {p.name: p.apply(THERMAL, RGB, RNG) for p in PERTURBATIONS}
    assert by_name["thermal missing"][0] is None and by_name["thermal missing"][1] is RGB
    assert by_name["RGB missing"][1] is None and by_name["RGB missing"][0] is THERMAL


def test_a_tenth_of_the_light_is_not_a_tenth_of_the_value():
    grey = np.array([[[0, 128, 255]]], np.uint8)
    # 255 -> light 0.1 -> sRGB 0.349; 128 -> light 0.2159 -> 0.02159 -> 0.1559
    assert dim(grey, 0.1)[0, 0].tolist() == [0, 40, 89]
    assert (dim(RGB, 1.0) == RGB).all()


def test_noise_has_the_strength_it_says():
    grey = np.full((200, 200), 128, np.uint8)
    noisy = add_noise(grey, 15, np.random.default_rng(0)).astype(float)
    assert noisy.mean() == pytest.approx(128, abs=0.5)
    assert noisy.std() == pytest.approx(15, abs=0.5)


def test_shift_moves_to_the_right_and_repeats_the_edge():
    moved = shift(THERMAL, 3)
    assert (moved[:, 3:] == THERMAL[:, :-3]).all()
    assert (moved[:, :3] == THERMAL[:, :1]).all()


def test_blur_keeps_the_mean_and_takes_the_contrast():
    assert blur(THERMAL, 2).mean() == pytest.approx(THERMAL.mean(), rel=0.05)
    assert blur(THERMAL, 2).std() < THERMAL.std() / 2
