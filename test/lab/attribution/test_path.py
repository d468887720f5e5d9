# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.attribution.path import (  # noqa: E402
    RULES,
    autograd_gradient,
    integrated_gradients,
    path_points,
)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [1, 2, 7, 32])
def test_weights_sum_to_one_and_points_lie_on_the_path(rule, steps):
    points = path_points(steps, rule)
    assert len(points) == steps
    assert sum(weight for _, weight in points) == pytest.approx(1.0)
    assert all(0 < alpha <= 1 for alpha, _ in points)
    assert points == sorted(points)


def test_bad_requests_name_what_is_allowed():
    with pytest.raises(ValueError, match="at least 1 path step; got 0"):
        path_points(0)
    with pytest.raises(ValueError, match="'simpson'; allowed: power, midpoint, right"):
        path_points(4, "simpson")


def linear(thermal, rgb):
    return torch.cat([3 * thermal + rgb.sum(1, keepdim=True), -thermal], 1)


def test_a_linear_network_is_attributed_exactly():
    thermal, rgb = torch.rand(1, 1, 6, 8), torch.rand(1, 3, 6, 8)
    weights = torch.zeros(1, 2, 6, 8)
    weights[:, 0] = 1.0
    for rule in RULES:
        a, b = integrated_gradients(autograd_gradient(linear), thermal, rgb, weights, 3, rule)
        assert torch.allclose(a, 3 * thermal, atol=1e-6)
        assert torch.allclose(b, rgb, atol=1e-6)


def product(thermal, rgb):
    return thermal * rgb[:, :1]


def test_an_interaction_is_shared_evenly_and_completely():
    # s = sum t r: the straight path gives both sensors t r / 2, and alpha -> 2 alpha t r is exact for the midpoint.
    thermal, rgb = torch.rand(1, 1, 4, 4), torch.rand(1, 3, 4, 4)
    a, b = integrated_gradients(autograd_gradient(product), thermal, rgb, torch.ones(1, 1, 4, 4), 1, "midpoint")
    assert torch.allclose(a, thermal * rgb[:, :1] / 2, atol=1e-6)
    assert torch.allclose(b[:, :1], thermal * rgb[:, :1] / 2, atol=1e-6)
    assert not b[:, 1:].any()


@pytest.mark.parametrize("rule", RULES)
def test_completeness_error_falls_with_the_number_of_steps(rule):
    def curved(thermal, rgb):
        return torch.sin(3 * thermal + rgb[:, :1]) ** 2

    torch.manual_seed(0)
    thermal, rgb = torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8)
    weights = torch.ones(1, 1, 8, 8)
    difference = float((curved(thermal, rgb) - curved(thermal * 0, rgb * 0)).sum())
    errors = []
    for steps in (4, 16, 64):
        a, b = integrated_gradients(autograd_gradient(curved), thermal, rgb, weights, steps, rule)
        errors.append(abs(float(a.sum() + b.sum()) - difference) / abs(difference))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < (0.05 if rule == "right" else 0.002)
