# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch import nn  # noqa: E402

from fusion_perception.lab.training.distributed import Processes  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import staircase  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater  # noqa: E402


def test_minimise_touches_its_own_parameters_alone() -> None:
    torch.manual_seed(0)
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    updater = Updater.of(first, OptimiserConfig("sgd", 0.1, momentum=0.0, clip=None))
    x = torch.rand(3, 2)
    before = first.weight.detach().clone()
    gradient = torch.autograd.grad(second(first(x)).sum(), first.weight)[0]
    updater.minimise(0, second(first(x)).sum())
    torch.testing.assert_close(first.weight.detach(), before - 0.1 * gradient)
    assert all(p.grad is None for p in [*first.parameters(), *second.parameters()])


def test_the_schedule_scales_the_learning_rate() -> None:
    weight = nn.Parameter(torch.zeros(1))
    updater = Updater([("w", weight)], OptimiserConfig("sgd", 1.0, momentum=0.0, clip=None), staircase([1], 0.1))
    values = []
    for step in range(2):
        updater.apply(step, [torch.ones(1)])
        values.append(weight.item())
    assert values == pytest.approx([-1.0, -1.1])
    assert updater.learning_rate(1) == pytest.approx(0.1)


def test_biases_and_gains_do_not_decay() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    nn.init.ones_(net[0].bias)
    updater = Updater.of(net, OptimiserConfig("adamw", 0.1, weight_decay=0.5))
    weight = net[0].weight.detach().clone()
    updater.apply(0, [torch.zeros_like(p) for p in updater.parameters])
    torch.testing.assert_close(net[0].weight.detach(), 0.95 * weight)
    assert torch.equal(net[0].bias.detach(), torch.ones(2))
    assert torch.equal(net[1].weight.detach(), torch.ones(2))


def test_parts_can_learn_faster() -> None:
    net = nn.ModuleDict({"encoder": nn.Linear(1, 1), "head": nn.Linear(1, 1)})
    updater = Updater.of(net, OptimiserConfig("sgd", 0.1, momentum=0.0, clip=None, multipliers={"head": 10.0}))
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    updater.apply(0, [torch.ones_like(p) for p in updater.parameters])
    assert (before["encoder.weight"] - net["encoder"].weight).item() == pytest.approx(0.1)
    assert (before["head.weight"] - net["head"].weight).item() == pytest.approx(1.0)


def test_long_gradients_are_clipped() -> None:
    weight = nn.Parameter(torch.zeros(2))
    Updater([("w", weight)], OptimiserConfig("sgd", 1.0, momentum=0.0, clip=5.0)).apply(0, [torch.tensor([30.0, 40.0])])
    torch.testing.assert_close(weight.detach(), -torch.tensor([3.0, 4.0]), rtol=1e-5, atol=1e-5)


def test_gradients_are_averaged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(Processes, "average", lambda self, tensors: calls.append(1) or [t / 2 for t in tensors])
    weight = nn.Parameter(torch.zeros(1))
    updater = Updater([("w", weight)], OptimiserConfig("sgd", 1.0, momentum=0.0, clip=None))
    updater.apply(0, [torch.ones(1)])
    assert weight.item() == -0.5
    updater.apply(1, [torch.ones(1)], averaged=True)
    assert weight.item() == -1.5
    assert calls == [1]


def test_impossible_optimisers_are_refused() -> None:
    with pytest.raises(ValueError, match="allowed: adam, adamw, sgd"):
        OptimiserConfig("rmsprop")
    with pytest.raises(ValueError, match="at least one parameter"):
        Updater.of(nn.ReLU(), OptimiserConfig())
