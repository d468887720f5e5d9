# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.dice import Dice, chosen, column, on_rows  # noqa: E402


def test_draws_depend_on_the_seed_alone() -> None:
    a, b, other = Dice(1, 2), Dice(1, 2), Dice(2, 1)
    values = [(d.uniform(0, 1), d.factor(0.5, 2), d.integer(0, 1000)) for d in (a, b, other)]
    assert values[0] == values[1] != values[2]
    like = torch.zeros(3, 4)
    assert torch.equal(a.normal(like), b.normal(like))
    assert 0.5 <= values[0][1] < 2


def test_rows_are_chosen_about_as_often_as_asked() -> None:
    dice = [Dice(i) for i in range(400)]
    assert chosen(dice, 0.0) == []
    assert chosen(dice, 1.0) == list(range(400))
    assert 60 < len(chosen(dice, 0.25)) < 140


def test_rows_that_were_not_chosen_stay_as_they_are() -> None:
    images = torch.rand(4, 2, 3, 5)
    before = images.clone()
    on_rows(images, [3, 1], lambda x, factor: x * factor, column([2.0, 3.0]))
    assert torch.equal(images[[0, 2]], before[[0, 2]])
    assert torch.allclose(images[3], 2 * before[3])
    assert torch.allclose(images[1], 3 * before[1])
    on_rows(images, [], lambda x, factor: 0 * x, column([]))
    assert images[0].any()


def test_columns() -> None:
    assert column([1.0, 2.0]).shape == (2, 1, 1, 1)
    assert column([[1.0, 2.0, 3.0]]).shape == (1, 3, 1, 1)
    assert column([]).shape == (0, 1, 1, 1)
