# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.thermal import (  # noqa: E402
    bounded,
    control_gain,
    damage,
    equalised,
    evened,
    invert,
    respond,
    stretched,
)
from test.lab.training.augmentation.stores import noise, rolls  # noqa: E402

ONE = torch.ones(1, 1, 1, 1)


def ramp(count: int = 1) -> torch.Tensor:
    return torch.linspace(0, 1, 256).view(1, 1, 4, 64).repeat(count, 1, 1, 1)


def test_responses_are_monotonic_and_differ_more_with_strength() -> None:
    spreads = []
    for strength in (0.5, 1.0, 2.0):
        images = ramp(60)
        respond(images, rolls(60), range(60), strength)
        assert (images.flatten(1).diff(dim=1) >= 0).all()
        assert 0 <= images.min() <= images.max() <= 1
        spreads.append(images[:, 0, 2, 0].std().item())
    assert spreads[0] < spreads[1] < spreads[2]


def test_black_places_stay_numbers_through_all_of_it() -> None:
    images = 0.06 * ramp(60)
    images[:, :, :2] = 0
    control_gain(images, rolls(60), range(60))
    assert 0 <= images.min() <= images.max() <= 1
    respond(images, rolls(60), range(60))
    assert images.isfinite().all()


def test_dark_images_stay_seen() -> None:
    images = 0.06 * ramp(60)
    respond(images, rolls(60), range(60))
    assert (images.amax((1, 2, 3)) > 0.015).all()
    assert bounded(-0.05 * ONE, torch.full((1, 1, 2, 2), 0.06)) == pytest.approx(-0.03)
    assert bounded(0.1 * ONE, torch.zeros(1, 1, 2, 2)) == pytest.approx(0.1)


@pytest.mark.parametrize("change", [respond, control_gain, damage])
def test_only_the_chosen_rows_change_and_the_same_way_again(change) -> None:
    results = []
    for _ in range(2):
        images = noise(8)
        before = images.clone()
        for _ in range(3):  # each kind of damage leaves half of the rows alone
            change(images, rolls(8, len(results) // 2), [1, 4, 6])
        rest = [0, 2, 3, 5, 7]
        assert torch.equal(images[rest], before[rest])
        assert not torch.equal(images[[1, 4, 6]], before[[1, 4, 6]])
        assert 0 <= images.min() <= images.max() <= 1
        results.append(images)
    assert torch.equal(*results)


def test_polarity() -> None:
    images = noise()
    before = images.clone()
    invert(images, [2])
    assert torch.allclose(images[2], 1 - before[2])
    assert torch.equal(images[[0, 1, 3]], before[[0, 1, 3]])


def test_a_stretch_uses_the_whole_range() -> None:
    flat = 0.4 + 0.1 * ramp(2)
    got = stretched(flat, torch.tensor([0.0, 0.1])[:, None, None, None], torch.tensor([0.0, 0.1])[:, None, None, None])
    assert got.amin() == 0 and got.amax() == 1
    assert got[0, 0, 2, 0] == pytest.approx(0.5, abs=0.01)
    assert (got[1] == 0).sum() == pytest.approx(26, abs=2)
    plain = stretched(torch.full((1, 1, 8, 8), 0.5), 0 * ONE, 0 * ONE)
    assert plain.isfinite().all()


def test_equalised_histograms_are_even() -> None:
    dark = ramp() ** 4
    even = equalised(dark, ONE)
    assert even.std() == pytest.approx(ramp().std().item(), abs=0.02)
    assert (even.flatten().diff() >= -1e-6).all()
    assert torch.allclose(equalised(dark, 0 * ONE), dark)
    plain = equalised(torch.full((1, 1, 8, 8), 0.5), ONE)
    assert plain.isfinite().all()
    assert plain.std() == 0


def test_evened_images_have_contrast_everywhere() -> None:
    images = torch.rand(1, 1, 128, 256, generator=torch.Generator().manual_seed(0))
    images[..., :128] = 0.1 + 0.05 * images[..., :128]
    got = evened(images, ONE)
    assert images[..., :100].std() < 0.02
    assert got[..., :100].std() == pytest.approx(got[..., 156:].std().item(), rel=0.3)
    assert got[..., :64].mean() == pytest.approx(0.45, abs=0.1)
    assert torch.allclose(evened(images, 0 * ONE), images)


def test_damage_has_lines_and_pixels() -> None:
    images = torch.full((40, 1, 64, 64), 0.5)
    damage(images, rolls(40), range(40))
    extreme = (images == 0) | (images == 1)
    rows, columns = extreme.all(3).any((1, 2)), extreme.all(2).any((1, 2))
    assert 4 < rows.sum() < 36 and 4 < columns.sum() < 36
    assert 2 < extreme.flatten(1).sum(1).median() < 64 * 16
    whole = (images == 0.5).flatten(1).all(1)
    assert 0 < whole.sum() < 20
