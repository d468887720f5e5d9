# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch import nn  # noqa: E402

from fusion_perception.lab.training.optimisation.functional_step import (  # noqa: E402
    functional_forward,
    functional_step,
    trainable,
)


def test_meta_gradient_of_a_problem_with_known_solution() -> None:
    # L_f = |theta - g|^2 / 2, theta' = theta - eta (theta - g), L_t = |theta' - t|^2 / 2:
    # dL_t/dg = eta (theta' - t), and dL_t/dtheta = (1 - eta)(theta' - t).
    theta = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    g = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([4.0, 1.0], dtype=torch.float64)
    moved = functional_step(0.5 * (theta - g).square().sum(), {"theta": theta}, lr=0.1)["theta"]
    by_theta, by_g = torch.autograd.grad(0.5 * (moved - t).square().sum(), [theta, g])
    expected = moved.detach() - t
    torch.testing.assert_close(moved.detach(), torch.tensor([0.95, -1.5], dtype=torch.float64))
    torch.testing.assert_close(by_g, 0.1 * expected)
    torch.testing.assert_close(by_theta, 0.9 * expected)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 5)
        self.norm = nn.BatchNorm1d(5)
        self.last = nn.Linear(5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.tanh(self.norm(self.first(x))))


@pytest.fixture
def problem() -> tuple[Net, nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    net, generator = Net().double(), nn.Linear(3, 1).double()
    x, held_out, target = (torch.randn(6, n, dtype=torch.float64) for n in (3, 3, 1))
    return net, generator, x, held_out, target


def weighted(output: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (torch.sigmoid(weight) * (output - 1).square()).mean()


def outer_after_step(problem: tuple, lr: float = 0.3) -> torch.Tensor:
    net, generator, x, held_out, target = problem
    inner = weighted(functional_forward(net, trainable(net), x), generator(x))
    moved = functional_step(inner, trainable(net), lr)
    return (functional_forward(net, moved, held_out) - target).square().mean()


def test_meta_gradient_agrees_with_an_unrolled_reference(problem: tuple) -> None:
    net, generator, x, held_out, target = problem
    gradient = torch.autograd.grad(outer_after_step(problem), generator.weight)[0]

    # Reference: the same network written out by hand on plain tensors.
    def forward(p: list[torch.Tensor], data: torch.Tensor) -> torch.Tensor:
        h = data @ p[0].t() + p[1]
        h = (h - h.mean(0)) / torch.sqrt(h.var(0, unbiased=False) + net.norm.eps) * p[2] + p[3]
        return torch.tanh(h) @ p[4].t() + p[5]

    p = [q.detach().clone().requires_grad_() for q in net.parameters()]
    weight = generator.weight.detach().clone().requires_grad_()
    inner = weighted(forward(p, x), x @ weight.t() + generator.bias.detach())
    step = [q - 0.3 * g for q, g in zip(p, torch.autograd.grad(inner, p, create_graph=True), strict=True)]
    reference = torch.autograd.grad((forward(step, held_out) - target).square().mean(), weight)[0]
    torch.testing.assert_close(gradient, reference, rtol=1e-9, atol=1e-12)


def test_meta_gradient_agrees_with_finite_differences(problem: tuple) -> None:
    generator = problem[1]
    gradient = torch.autograd.grad(outer_after_step(problem), generator.weight)[0]
    assert gradient.abs().max() > 1e-4
    for i in range(3):
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                generator.weight[0, i] += step
            values.append(outer_after_step(problem).item())
            with torch.no_grad():
                generator.weight[0, i] -= step
        assert gradient[0, i].item() == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-9)


def test_the_step_is_that_of_plain_gradient_descent(problem: tuple) -> None:
    net, generator, x, *_ = problem
    moved = functional_step(weighted(net(x), generator(x)), trainable(net), 0.3, create_graph=False)
    assert not any(p.requires_grad for p in moved.values())
    twin = copy.deepcopy(net)
    optimiser = torch.optim.SGD(twin.parameters(), lr=0.3)
    weighted(twin(x), generator(x)).backward()
    optimiser.step()
    for name, value in twin.named_parameters():
        torch.testing.assert_close(moved[name], value.detach())


def test_a_trial_step_leaves_module_and_buffers_alone(problem: tuple) -> None:
    net = problem[0]
    before = copy.deepcopy(net.state_dict())
    outer_after_step(problem).backward()
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_parameters_out_of_reach_keep_their_value(problem: tuple) -> None:
    net = problem[0]
    moved = functional_step(net.first.weight.square().sum(), trainable(net), 0.5)
    assert moved["last.bias"] is net.last.bias
    torch.testing.assert_close(moved["first.weight"], torch.zeros_like(net.first.weight))
