# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.rgb import compress, darken, jpeg, relight  # noqa: E402
from test.lab.training.augmentation.stores import noise, rolls  # noqa: E402


@pytest.mark.parametrize("change", [relight, darken, compress])
def test_only_the_chosen_rows_change_and_the_same_way_again(change) -> None:
    results = []
    for _ in range(2):
        images = noise(4, 3)
        before = images.clone()
        change(images, rolls(4), [1, 2])
        assert torch.equal(images[[0, 3]], before[[0, 3]])
        assert not torch.equal(images[1], before[1]) and not torch.equal(images[2], before[2])
        assert 0 <= images.min() <= images.max() <= 1
        results.append(images)
    assert torch.equal(*results)


def test_darkness_is_dark() -> None:
    images = noise(20, 3)
    before = images.mean((1, 2, 3))
    darken(images, rolls(20), range(20))
    ratio = images.mean((1, 2, 3)) / before
    assert 0.049 < ratio.min() < ratio.max() < 0.61


def test_light_differs_between_samples_and_colours() -> None:
    spreads = []
    for strength in (0.3, 1.0):
        images = torch.full((60, 3, 2, 2), 0.4)
        relight(images, rolls(60), range(60), strength)
        assert (images.amax((2, 3)) == images.amin((2, 3))).all()
        assert (images.amax(1) > images.amin(1)).all()
        spreads.append(images.mean((1, 2, 3)).std())
    assert spreads[0] < spreads[1]


def test_jpeg_loses_more_with_strength_and_keeps_plain_blocks() -> None:
    y, x = torch.meshgrid(torch.arange(20), torch.arange(37), indexing="ij")
    image = torch.stack([0.5 + 0.3 * torch.sin(x / 3), 0.5 + 0.2 * torch.cos(y / 2), 0.4 + 0.0 * x])[None]
    image += 0.05 * noise(1, 3, 20, 37)
    errors = [(jpeg(image, torch.full((1, 1, 1, 1), s)) - image).abs().mean().item() for s in (0.02, 0.5, 4.0)]
    assert errors[0] < 0.03 < errors[2]
    assert errors[0] < errors[1] < errors[2]
    flat = torch.tensor([0.8, 0.3, 0.5])[None, :, None, None].repeat(1, 1, 16, 16)
    kept = jpeg(flat, torch.full((1, 1, 1, 1), 0.1))
    assert (kept - flat).abs().max() < 0.02
