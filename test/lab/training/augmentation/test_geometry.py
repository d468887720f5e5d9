# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.dice import Dice  # noqa: E402
from fusion_perception.lab.training.augmentation.geometry import (  # noqa: E402
    Window,
    blacken_padding,
    cut,
    cut_maps,
    draw_window,
    moved,
    shift,
)
from fusion_perception.lab.training.sample_store import SampleStore  # noqa: E402
from fusion_perception.lab.training.samples import Sample  # noqa: E402
from test.lab.training.augmentation.stores import CPU, OFF, draw, noise, rolls, sample  # noqa: E402


def marks() -> Sample:
    """A sample whose images show its labels, smoothly."""
    y, x = np.mgrid[:60, :80]
    labels = (y + x).astype(np.uint8)
    return Sample(labels, np.repeat(labels[..., None], 3, -1), labels, True, "any")


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_all_three_images_are_cut_alike(scale: float, flip: float) -> None:
    batch = draw([marks()], [0] * 4, p_flip=flip, scale=(scale, scale))
    assert batch.thermal.shape == (4, 1, 32, 48)
    assert batch.rgb.shape == (4, 3, 32, 48)
    known = batch.labels != 255
    assert known.any()
    for image in (batch.thermal[:, 0], batch.rgb[:, 1]):
        assert (255 * image - batch.labels)[known].abs().max() < 2.1
    steps = (batch.labels[:, 10, 20:30].diff(dim=-1).float()).mean()
    assert steps > 0 if flip == 0 else steps < 0


def test_a_crop_at_the_size_of_the_sample_is_a_copy() -> None:
    one = sample()
    batch = draw([one], [0, 0], crop=(60, 80))
    assert np.array_equal((255 * batch.thermal[1, 0]).round().byte().numpy(), one.thermal)
    assert np.array_equal((255 * batch.rgb[0]).round().byte().permute(1, 2, 0).numpy(), one.rgb)
    assert np.array_equal(batch.labels[0].numpy(), one.labels)


def test_crops_prefer_objects() -> None:
    store, config = SampleStore([sample()], CPU), replace(OFF, crop=(16, 16))
    windows = [draw_window(store, 0, config, Dice(s)) for s in range(80)]
    labels = sample().labels
    found = [(labels[w.top : w.top + 16, w.left : w.left + 16] == 2).any() for w in windows]
    chance = np.mean([(labels[y : y + 16, x : x + 16] == 2).any() for y in range(45) for x in range(65)])
    assert np.mean(found) > chance + 0.1


def test_small_images_are_padded_with_unknown() -> None:
    batch = draw(
        [sample()], [0] * 3, crop=(96, 96), p_photometric=1.0, p_polarity=1.0, p_thermal_noise=1.0, p_noise=1.0
    )
    for thermal, rgb, labels in zip(batch.thermal, batch.rgb, batch.labels, strict=True):
        assert (labels == 255).sum() == 96 * 96 - 60 * 80
        assert not rgb[:, labels == 255].any() and not thermal[:, labels == 255].any()
        assert thermal[:, labels != 255].any() and rgb[:, labels != 255].any()


def test_samples_of_other_sizes_show_nothing_of_their_canvas() -> None:
    small = sample(1, height=40, width=50)
    for seed in range(4):
        batch = draw([sample(), small], [1, 0, 1], seed, crop=(32, 40), scale=(0.5, 2.0))
        assert ((batch.thermal[:, 0] == 0) == (batch.labels == 255)).all()


def test_smaller_means_averaged() -> None:
    image = (torch.arange(64) % 2 * 200).byte().expand(1, 64, 64).contiguous()
    half = cut(image, Window(0, 0, 64, 64, 0, 0, 32, 32, False))
    assert half.shape == (1, 32, 32)
    assert (half[..., 2:-2] - 100).abs().max() < 30  # every second pixel alone would give 0 or 200


def test_maps_keep_their_ids() -> None:
    maps = torch.tensor([[0, 9, 255, 9]], dtype=torch.uint8).repeat(4, 1)[None]
    for size in (3, 4, 9):
        got = cut_maps(maps, Window(0, 0, 4, 4, 0, 0, size, size, False))
        assert got.shape == (1, size, size)
        assert set(got.flatten().tolist()) <= {0, 9, 255}
    flipped = cut_maps(maps, Window(0, 0, 4, 4, 0, 0, 4, 4, True))
    assert flipped[0, 0].tolist() == [9, 255, 9, 0]


def test_shift_moves_the_image() -> None:
    image = torch.zeros(2, 1, 9, 9)
    image[:, :, 4, 4] = 0.8
    got = moved(image, torch.tensor([[2.0, -1.0], [0.0, 0.5]])[..., None, None])
    assert got[0, 0, 3, 6] == pytest.approx(0.8, abs=1e-5)
    assert got[1, 0, 4, 4] == pytest.approx(0.4, abs=1e-5)
    images = noise()
    before = images.clone()
    shift(images, rolls(4), [1, 2], 5)
    assert torch.equal(images[[0, 3]], before[[0, 3]])
    assert not torch.equal(images[1], before[1])
    assert before.min() <= images.min() <= images.max() <= before.max()


def test_small_shifts_are_more_frequent_than_large_ones() -> None:
    image = torch.zeros(200, 1, 41, 41)
    image[:, :, 20, 20] = 1
    shift(image, rolls(200), range(200), 8)
    y, x = (torch.arange(41.0) - 20 for _ in range(2))
    mass = image.sum((1, 2, 3))
    offsets = torch.stack([(image[:, 0] * x).sum((1, 2)) / mass, (image[:, 0] * y[:, None]).sum((1, 2)) / mass], 1)
    length = offsets.norm(dim=1)
    assert length.max() < 8.01
    assert length.max() > 7
    assert 1.2 < length.median() < 2.8  # a quarter of the largest
    assert offsets.mean(0).abs().max() < 0.6


def test_padding_is_blackened() -> None:
    images = torch.ones(1, 2, 6, 8)
    blacken_padding(images, [Window(0, 0, 9, 9, 1, 2, 3, 4, False)])
    assert images.sum() == 2 * 3 * 4
    assert images[0, :, 1:4, 2:6].all()
