# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion.information import mutual_information, visual_information_fidelity

RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 256, (64, 80), np.uint8)


def test_mutual_information_of_equal_images_is_twice_the_entropy():
    levels = np.array([[0, 80], [160, 240]], np.uint8)
    assert mutual_information(levels, levels, levels) == pytest.approx(4)


def test_mutual_information_of_independent_images_is_zero():
    rows, columns = np.indices((8, 8), dtype=np.uint8)
    assert mutual_information(rows, rows, columns) == pytest.approx(0, abs=1e-12)


def test_mutual_information_does_not_care_which_grey_level_stands_for_which():
    assert mutual_information(NOISE, 255 - NOISE, NOISE) == pytest.approx(mutual_information(NOISE, NOISE, NOISE))


def test_vif_of_an_image_with_itself_is_one():
    vif = visual_information_fidelity(NOISE, NOISE, NOISE)
    assert vif.mean == pytest.approx(1, abs=1e-6)
    assert vif.sum == pytest.approx(2, abs=1e-6)


def test_vif_rewards_contrast_and_punishes_noise():
    source = (NOISE // 2 + 60).astype(np.uint8)
    stronger = ((source.astype(float) - 124) * 1.3 + 124).clip(0, 255).astype(np.uint8)
    weaker = ((source.astype(float) - 124) * 0.5 + 124).astype(np.uint8)
    noisy = (source + RNG.normal(0, 20, source.shape)).clip(0, 255).astype(np.uint8)
    assert visual_information_fidelity(source, source, stronger).mean > 1
    assert visual_information_fidelity(source, source, weaker).mean < 1
    assert visual_information_fidelity(source, source, noisy).mean < 0.9


def _slow_vif(reference, image):
    """The formula of the paper, one window after another."""

    def windows(x, n):
        view = np.lib.stride_tricks.sliding_window_view(x, (n, n))
        g = np.exp(-0.5 * ((np.arange(n) - n // 2) / (n / 5)) ** 2)
        g = np.outer(g, g) / g.sum() ** 2
        return view, g

    kept = total = 0.0
    r, d = reference.astype(float), image.astype(float)
    for n in (17, 9, 5, 3):
        if n < 17:
            view, g = windows(r, n)
            r = (view * g).sum((2, 3))[::2, ::2]
            view, g = windows(d, n)
            d = (view * g).sum((2, 3))[::2, ::2]
        (vr, g), (vd, _) = windows(r, n), windows(d, n)
        for i in range(vr.shape[0]):
            for j in range(vr.shape[1]):
                x, y = vr[i, j], vd[i, j]
                mx, my = (g * x).sum(), (g * y).sum()
                sx, sy = (g * (x - mx) ** 2).sum(), (g * (y - my) ** 2).sum()
                sxy = (g * (x - mx) * (y - my)).sum()
                gain = max(sxy / (sx + 1e-10), 0)
                sv = max(sy - gain * sxy, 1e-10)
                kept += np.log2(1 + gain**2 * sx / (sv + 2))
                total += np.log2(1 + sx / 2)
    return kept / total


def test_vif_equals_the_formula_written_out():
    a, f = NOISE[:42, :43], (NOISE[:42, :43] // 2 + RNG.integers(0, 60, (42, 43))).astype(np.uint8)
    vif = visual_information_fidelity(a, a.T.copy().T, f)
    assert vif.thermal == pytest.approx(_slow_vif(a, f), rel=1e-9)


def test_vif_without_any_contrast_is_finite():
    flat = np.full((48, 48), 30, np.uint8)
    assert visual_information_fidelity(flat, flat, flat).mean == 1
    assert np.isfinite(visual_information_fidelity(NOISE[:48, :48], flat, flat).mean)


def test_vif_of_a_small_image_is_an_error_that_says_the_size():
    with pytest.raises(ImageError, match="at least 41 x 41 pixels; got 40 x 80"):
        visual_information_fidelity(NOISE[:40], NOISE[:40], NOISE[:40])
