# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion.structure import structural_similarity

RNG = np.random.default_rng(4)
IMAGE = RNG.integers(0, 256, (180, 200), np.uint8)
OTHER = RNG.integers(0, 256, (180, 200), np.uint8)


def test_an_image_is_similar_to_itself():
    value = structural_similarity(IMAGE, IMAGE, IMAGE)
    assert value.ssim == pytest.approx(1)
    assert value.ms_ssim == pytest.approx(1)


def test_means_over_the_sources():
    value = structural_similarity(IMAGE, OTHER, IMAGE)
    assert value.thermal[0] == pytest.approx(1)
    assert abs(value.visible[0]) < 0.05
    assert value.ssim == pytest.approx((value.thermal[0] + value.visible[0]) / 2)


def test_ssim_of_two_flat_images_is_its_luminance_term():
    a, f = np.full((11, 11), 100, np.uint8), np.full((11, 11), 50, np.uint8)
    c1 = 6.5025
    assert structural_similarity(a, a, f).ssim == pytest.approx((2 * 100 * 50 + c1) / (100**2 + 50**2 + c1))


def test_ssim_of_one_window_equals_the_formula():
    a, f = IMAGE[:11, :11], OTHER[:11, :11] // 2 + IMAGE[:11, :11] // 2
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    w = np.outer(taps, taps) / taps.sum() ** 2
    x, y = a.astype(float), f.astype(float)
    mx, my = (w * x).sum(), (w * y).sum()
    vx, vy, cxy = (w * (x - mx) ** 2).sum(), (w * (y - my) ** 2).sum(), (w * (x - mx) * (y - my)).sum()
    expected = (2 * mx * my + 6.5025) * (2 * cxy + 58.5225) / ((mx**2 + my**2 + 6.5025) * (vx + vy + 58.5225))
    assert structural_similarity(a, a, f).ssim == pytest.approx(expected)


def test_ms_ssim_is_kinder_to_fine_noise_than_ssim():
    noisy = (IMAGE // 4 * 2 + RNG.integers(0, 12, IMAGE.shape)).astype(np.uint8)
    smooth = np.add.outer(np.arange(180), np.arange(200)).astype(np.uint8)
    value = structural_similarity(smooth, smooth, (smooth // 2 + noisy // 8).astype(np.uint8))
    assert 0 < value.ssim < value.ms_ssim < 1


def test_ms_ssim_of_an_inverted_image_is_zero_not_complex():
    assert structural_similarity(IMAGE, IMAGE, 255 - IMAGE).ms_ssim == 0


def test_small_images():
    assert np.isnan(structural_similarity(IMAGE[:175], IMAGE[:175], IMAGE[:175]).ms_ssim)
    with pytest.raises(ImageError, match="at least 11 x 11 pixels; got 10 x 200"):
        structural_similarity(IMAGE[:10], IMAGE[:10], IMAGE[:10])
