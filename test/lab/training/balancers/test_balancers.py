# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest

from fusion_perception.lab.training.balancers.constant import ConstantBalancer
from fusion_perception.lab.training.balancers.dynamic_weight_average import DynamicWeightAverage
from fusion_perception.lab.training.balancers.random_weighting import RandomLossWeighting


def fed(temperature: float, slow: float, fast: float) -> dict[str, float]:
    balancer = DynamicWeightAverage(["slow", "fast"], temperature, period=2)
    for factor_slow, factor_fast in ((1.0, 1.0), (slow, fast)):
        for _ in range(2):
            balancer.observe({"slow": 3.0 * factor_slow, "fast": 0.1 * factor_fast})
    return balancer.weights(4)


def test_dynamic_weight_average_by_hand() -> None:
    # q = (1, 0.5), T = 2: weights 2 exp(0.5) / (exp(0.5) + exp(0.25)) and the rest of 2.
    weights = fed(2.0, 1.0, 0.5)
    expected = 2 * np.exp(0.5) / (np.exp(0.5) + np.exp(0.25))
    assert weights["slow"] == pytest.approx(expected)
    assert weights["fast"] == pytest.approx(2 - expected)


def test_temperature_decides_how_far_the_weights_move() -> None:
    moved = [abs(fed(t, 1.0, 0.5)["slow"] - 1) for t in (0.5, 2.0, 1000.0)]
    assert moved[0] > moved[1] > 0.1
    assert moved[2] < 5e-4  # the temperature of SegMiF's release: inert


def test_dynamic_weights_are_equal_until_two_periods_have_passed() -> None:
    balancer = DynamicWeightAverage(["a", "b"], period=3)
    for _ in range(5):
        balancer.observe({"a": 1.0, "b": 2.0})
        assert balancer.weights(0) == {"a": 1.0, "b": 1.0}


def test_dynamic_weights_continue_from_a_state() -> None:
    rng = np.random.default_rng(0)
    losses = [{"a": float(v[0]), "b": float(v[1])} for v in rng.random((20, 2)) + 0.1]
    whole, first, second = (DynamicWeightAverage(["a", "b"], period=3) for _ in range(3))
    for item in losses[:10]:
        whole.observe(item)
        first.observe(item)
    second.restore(json.loads(json.dumps(first.state())))
    for item in losses[10:]:
        whole.observe(item)
        second.observe(item)
    assert whole.weights(0) == second.weights(0)
    assert whole.weights(0)["a"] != 1.0


@pytest.mark.parametrize(("temperature", "period"), [(0.0, 1), (-1.0, 1), (1.0, 0)])
def test_dynamic_weight_average_refuses_impossible_settings(temperature: float, period: int) -> None:
    with pytest.raises(ValueError, match="allowed: above 0"):
        DynamicWeightAverage(["a"], temperature, period)


def test_random_weights_sum_to_the_scale_and_depend_on_seed_and_step_alone() -> None:
    balancer = RandomLossWeighting(["v", "p"], seed=3, scale=0.5)
    drawn = [balancer.weights(step) for step in range(50)]
    assert all(sum(w.values()) == pytest.approx(0.5) and min(w.values()) > 0 for w in drawn)
    assert np.std([w["v"] for w in drawn]) > 0.05
    assert drawn[7] == RandomLossWeighting(["v", "p"], seed=3, scale=0.5).weights(7)
    assert drawn[7] != RandomLossWeighting(["v", "p"], seed=4, scale=0.5).weights(7)


def test_constant_weights_stay() -> None:
    balancer = ConstantBalancer({"a": 0.4})
    balancer.observe({"a": 9.0})
    assert balancer.weights(8) == {"a": 0.4}
