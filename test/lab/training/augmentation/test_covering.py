# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.covering import MOST_PLACES, SIDE, cover  # noqa: E402
from test.lab.training.augmentation.stores import draw, noise, rolls, sample  # noqa: E402


def test_places_of_one_sensor_are_covered_and_the_other_sees_them() -> None:
    rows = 24
    thermal, rgb = noise(rows, 1, 60, 80), noise(rows, 3, 60, 80)
    before = thermal.clone(), rgb.clone()
    cover(thermal, rgb, rolls(rows), range(1, rows))
    changed = [(a != b).any(1) for a, b in zip((thermal, rgb), before, strict=True)]
    assert not changed[0][0].any() and not changed[1][0].any()
    for row in range(1, rows):
        hit = [bool(c[row].any()) for c in changed]
        assert hit.count(True) == 1
        shares = changed[hit.index(True)][row].float().mean()
        assert 0.5 * SIDE[0] ** 2 < shares <= MOST_PLACES * (SIDE[1] * 80 + 1) ** 2 / (60 * 80)
    assert 4 < sum(bool(c.any()) for c in changed[0]) < rows - 4
    for images in (thermal, rgb):
        assert 0 <= images.min() <= images.max() <= 1


def test_what_is_covered_shows_little() -> None:
    thermal, rgb = noise(16, 1, 60, 80), noise(16, 3, 60, 80)
    before = thermal.clone()
    cover(thermal, rgb, rolls(16), range(16))
    steps = [(images[..., 1:] - images[..., :-1]).abs() for images in (thermal, before)]
    hidden = (thermal != before)[..., 1:]
    assert steps[0][hidden].median() < 0.2 * steps[1][hidden].median()


def test_labels_stay() -> None:
    pairs = [sample(0), sample(1)]
    sound, covered = draw(pairs, [0, 1, 0]), draw(pairs, [0, 1, 0], p_covered=1.0)
    assert torch.equal(sound.labels, covered.labels)
    for i in range(3):
        same = [torch.equal(getattr(sound, s)[i], getattr(covered, s)[i]) for s in ("thermal", "rgb")]
        assert same.count(True) == 1
