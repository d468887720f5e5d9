# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.optimisation.hypergradient import (  # noqa: E402
    gradients_of,
    rank_one_hypergradient,
)

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def central_difference(function: Callable[[torch.Tensor], float], at: torch.Tensor, step: float = 1e-5) -> torch.Tensor:
    result = torch.zeros_like(at)
    for i in range(at.numel()):
        shift = torch.zeros_like(at)
        shift[i] = step
        result[i] = (function(at + shift) - function(at - shift)) / (2 * step)
    return result


def test_scalar_lower_problem_with_known_solution() -> None:
    # phi = (theta - 3 w)^2 / 2 has theta*(w) = 3 w; Phi = theta^2 / 2 + w then has slope 9 w + 1.
    w = leaf(0.5)
    theta = leaf(1.5 + 1e-7)  # next to the optimum; at the optimum itself phi has no gradient to follow
    phi = 0.5 * (theta - 3 * w).square().sum()
    big_phi = 0.5 * theta.square().sum() + w.sum()
    result = rank_one_hypergradient(big_phi, phi, [w], [theta], epsilon=0.0)
    assert result.gradients[0].item() == pytest.approx(5.5, abs=1e-5)


def test_agrees_with_finite_differences_through_the_solved_lower_problem() -> None:
    torch.manual_seed(0)
    a = torch.randn(3, dtype=torch.float64)
    b = torch.randn(4, dtype=torch.float64)
    start = torch.randn(4, dtype=torch.float64)

    def residual(w: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return (a * torch.sin(w)).sum() + (b * theta).sum() - 0.7

    def solve(w: torch.Tensor) -> torch.Tensor:
        # Gradient descent on r^2 / 2 stays on the line start + s b and ends where r = 0.
        return start - b * residual(w, start) / (b * b).sum()

    def big_phi(w: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return (theta**3).sum() + (theta * 0.3).sum() * w.prod() + w.square().sum()

    at = torch.tensor([0.4, -0.9, 1.3], dtype=torch.float64)
    truth = central_difference(lambda w: float(big_phi(w, solve(w))), at)
    w = at.clone().requires_grad_()
    theta = (solve(at) + 1e-7 * b).requires_grad_()
    result = rank_one_hypergradient(
        big_phi(w, theta), 0.5 * residual(w, theta).square(), [w], [theta], epsilon=0.0
    ).gradients[0]
    torch.testing.assert_close(result, truth, rtol=1e-5, atol=1e-6)
    direct = gradients_of(big_phi(w, theta), [w])[0]
    assert (result - direct).norm() > 0.1 * direct.norm()  # the indirect part matters here
    wrong_sign = 2 * direct - result
    assert (wrong_sign - truth).norm() > 0.1 * truth.norm()


def test_follows_the_response_that_keeps_the_lower_loss_constant() -> None:
    # What rank one means for any phi: theta moves along its gradient so that phi keeps its value.
    torch.manual_seed(1)
    mix = torch.randn(5, 3, dtype=torch.float64)

    def phi(w: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return torch.logsumexp(mix @ w + theta, 0) + 0.1 * theta.square().sum()

    def big_phi(w: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return torch.tanh(theta).sum() + (mix.sum(0) * w).square().sum()

    w, theta = leaf(0.2, -0.4, 0.6), torch.randn(5, dtype=torch.float64).requires_grad_()
    g_theta = gradients_of(phi(w, theta), [theta])[0]

    def follow(moved: torch.Tensor) -> float:
        # Newton's method for phi(moved, theta + s g_theta) = phi(w, theta).
        s = torch.zeros((), dtype=torch.float64, requires_grad=True)
        for _ in range(30):
            gap = phi(moved, theta.detach() + s * g_theta) - phi(w, theta).detach()
            slope = torch.autograd.grad(gap, s)[0]
            s = (s - gap / slope).detach().requires_grad_()
        return big_phi(moved, theta.detach() + s * g_theta).item()

    truth = central_difference(follow, w.detach())
    result = rank_one_hypergradient(big_phi(w, theta), phi(w, theta), [w], [theta]).gradients[0]
    torch.testing.assert_close(result, truth, rtol=1e-6, atol=1e-8)


def test_reads_and_writes_no_stored_gradient() -> None:
    w, theta = leaf(0.5), leaf(2.0)
    theta.grad = torch.full_like(theta, 100.0)
    phi, big_phi = 0.5 * (theta - 3 * w).square().sum(), theta.square().sum()
    first = rank_one_hypergradient(big_phi, phi, [w], [theta])
    second = rank_one_hypergradient(big_phi, phi, [w], [theta])
    assert torch.equal(first.gradients[0], second.gradients[0])
    assert first.rho.item() == pytest.approx(4.0 / 0.5)
    assert w.grad is None
    assert theta.grad.item() == 100.0


def test_without_influence_of_the_lower_parameters_it_is_the_plain_gradient() -> None:
    w, theta, unused = leaf(0.5), leaf(2.0), leaf(1.0)
    result = rank_one_hypergradient(w.square().sum(), (theta * w).sum(), [w, unused], [theta])
    assert result.rho.item() == 0
    assert result.gradients[0].item() == 1.0
    assert torch.equal(result.gradients[1], torch.zeros_like(unused))


def test_gradients_are_averaged_before_rho() -> None:
    # Two "processes" with different data: rho of the averages is not the average of the rhos.
    w, theta = leaf(1.0), leaf(1.0)
    halves = [(x * theta * w).sum() for x in (1.0, 3.0)]
    goals = [(theta * y).sum() for y in (2.0, -1.0)]
    other_phi, other_goal = gradients_of(halves[1], [w, theta]), gradients_of(goals[1], [w, theta])
    others = iter([other_goal, other_phi])
    result = rank_one_hypergradient(
        goals[0],
        halves[0],
        [w],
        [theta],
        reduce=lambda mine: [(a + b) / 2 for a, b in zip(mine, next(others), strict=True)],
    )
    together = rank_one_hypergradient(sum(goals) / 2, sum(halves) / 2, [w], [theta])
    torch.testing.assert_close(result.gradients[0], together.gradients[0])
    torch.testing.assert_close(result.rho, together.rho)
