# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.nets.colour import luma  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater  # noqa: E402
from fusion_perception.lab.training.strategies.pretext import PretextStrategy  # noqa: E402
from test.lab.training.scenes import ToySystem, slopes, toy_batch  # noqa: E402


def loss(fused: torch.Tensor, batch: Batch) -> torch.Tensor:
    return (fused - batch.thermal).square().mean()


def opposite(fused: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Tasks that disagree: thermal where the label says so, luminance elsewhere."""
    return (fused - torch.where(batch.complete.view(-1, 1, 1, 1), batch.thermal, luma(batch.rgb))).square().mean()


def strategy(first_order: bool = False, task_loss=loss) -> PretextStrategy:
    system = ToySystem().double()
    outer = Updater.of(system.fuser, OptimiserConfig("adam", 0.02))
    return PretextStrategy(system, task_loss, ["a", "b"], 0.5, outer, first_order)


def test_outer_gradient_agrees_with_finite_differences() -> None:
    pretext = strategy()
    inner, outer = toy_batch(1), toy_batch(2)
    weight = pretext.system.fuser.first.weight
    found = torch.autograd.grad(pretext.adapted_loss(inner, outer), weight)[0]

    def value() -> float:
        return pretext.adapted_loss(inner, outer).item()

    truth = slopes(value, weight, [0, 9, 40])
    assert found.view(-1)[[0, 9, 40]].tolist() == pytest.approx(truth, rel=1e-6, abs=1e-10)


def test_first_order_has_the_same_value_and_the_gradient_after_the_step() -> None:
    exact, simple = strategy(), strategy(first_order=True)
    inner, outer = toy_batch(1), toy_batch(2)
    a, b = exact.adapted_loss(inner, outer), simple.adapted_loss(inner, outer)
    assert a.item() == pytest.approx(b.item())
    weight = simple.system.fuser.first.weight
    found = torch.autograd.grad(b, weight)[0]
    # The gradient of the outer loss at the moved weights themselves.
    twin = strategy().system
    for p in list(twin.fuser.parameters()):
        p.grad = None
    loss(twin.fuse(inner.thermal, inner.rgb), inner).backward()
    with torch.no_grad():
        for p in twin.fuser.parameters():
            p.sub_(0.5 * p.grad)
            p.grad = None
    loss(twin.fuse(outer.thermal, outer.rgb), outer).backward()
    torch.testing.assert_close(found, twin.fuser.first.weight.grad)
    assert not torch.allclose(found, torch.autograd.grad(a, exact.system.fuser.first.weight)[0], rtol=1e-3)


def test_one_step_on_a_task_helps_more_after_the_pretext() -> None:
    pretext = strategy(task_loss=opposite)
    no, yes = torch.zeros(2, dtype=torch.bool), torch.ones(2, dtype=torch.bool)

    class Tasks:
        def __call__(self, stream: str, number: int) -> Batch:
            batch = toy_batch(number)
            return Batch(batch.thermal, batch.rgb, batch.labels, yes if stream == "a" else no)

    values = [pretext.step(step, Tasks())["pretext"].item() for step in range(40)]
    assert sum(values[-5:]) < 0.8 * sum(values[:5])


def test_no_task_is_refused() -> None:
    system = ToySystem()
    with pytest.raises(ValueError, match="at least one fusion task"):
        PretextStrategy(system, loss, [], 0.1, Updater.of(system.fuser, OptimiserConfig()))
