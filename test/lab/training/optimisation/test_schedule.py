# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import math

import pytest

from fusion_perception.lab.training.optimisation.schedule import constant, cosine, every, polynomial, staircase


def test_cosine_warms_up_and_falls_to_its_floor() -> None:
    factor = cosine(110, warmup=10, floor=0.1)
    assert [factor(s) for s in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    assert factor(60) == pytest.approx(0.1 + 0.9 * 0.5)
    assert factor(110) == factor(500) == pytest.approx(0.1)
    assert all(factor(s) >= factor(s + 1) for s in range(10, 110))


def test_polynomial_reaches_zero() -> None:
    assert [polynomial(10)(s) for s in (0, 5, 10, 20)] == pytest.approx([1.0, 0.5, 0.0, 0.0])
    assert polynomial(10, power=2.0)(5) == pytest.approx(0.25)


def test_staircase_drops_where_it_is_told() -> None:
    factor = staircase([10, 20], 0.1)
    assert [factor(s) for s in (9, 10, 19, 20)] == pytest.approx([1.0, 0.1, 0.1, 0.01])


@pytest.mark.parametrize(("period", "steps", "drops"), [(10, 40, 4), (0, 3, 3), (7, 20, 2)])
def test_periodic_drops(period: int, steps: int, drops: int) -> None:
    assert every(period, 0.5, steps)(steps) == pytest.approx(0.5**drops)


def test_constant() -> None:
    assert constant()(0) == constant()(1000) == 1.0
    assert constant(4)(0) == pytest.approx(0.25)
    assert math.isclose(constant(4)(3), 1.0)
