# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import math

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.blur import (  # noqa: E402
    add_noise,
    blur_by_motion,
    coarse,
    gaussian,
    make_coarse,
    motion,
)
from test.lab.training.augmentation.stores import noise, rolls  # noqa: E402


def dot() -> torch.Tensor:
    image = torch.zeros(1, 1, 21, 21)
    image[..., 10, 10] = 1
    return image


def test_gaussian_blur_has_the_width_asked_for() -> None:
    for sigma in (0.5, 1.0, 1.6):
        got = gaussian(dot(), torch.full((1, 1, 1, 1), sigma))[0, 0]
        assert got.sum() == pytest.approx(1, abs=1e-4)
        offsets = torch.arange(21) - 10.0
        for profile in (got.sum(0), got.sum(1)):
            assert (profile * offsets).sum() == pytest.approx(0, abs=1e-5)
            assert math.sqrt((profile * offsets**2).sum()) == pytest.approx(sigma, rel=0.1)


def test_motion_blurs_along_its_line() -> None:
    across, down = motion(dot(), 6, 0.0)[0, 0], motion(dot(), 6, math.pi / 2)[0, 0]
    assert (across[10] > 0).sum() >= 6 and (across.sum(1) > 0).sum() == 1
    assert torch.allclose(across, down.T)
    assert across.sum() == pytest.approx(1)


def test_coarse_images_have_no_fine_detail() -> None:
    images = noise(2, 1, 32, 32)
    got = coarse(images, 4)
    assert got.shape == images.shape
    assert got.diff(dim=-1).abs().mean() < 0.3 * images.diff(dim=-1).abs().mean()
    assert got.mean() == pytest.approx(images.mean().item(), abs=0.02)


@pytest.mark.parametrize("change", [blur_by_motion, make_coarse, lambda x, d, rows: add_noise(x, d, rows, 12)])
def test_only_the_chosen_rows_change_and_the_same_way_again(change) -> None:
    results = []
    for _ in range(2):
        images = noise(4, 3)
        before = images.clone()
        change(images, rolls(4), [0, 3])
        assert torch.equal(images[[1, 2]], before[[1, 2]])
        assert not torch.equal(images[0], before[0]) and not torch.equal(images[3], before[3])
        assert 0 <= images.min() <= images.max() <= 1
        results.append(images)
    assert torch.equal(*results)


def test_noise_has_the_strength_asked_for() -> None:
    flat = torch.full((8, 1, 64, 64), 0.4)
    add_noise(flat, rolls(8), range(8), 6)
    levels = 255 * flat.std((1, 2, 3))
    assert 1.9 < levels.min() < levels.max() < 6.2
