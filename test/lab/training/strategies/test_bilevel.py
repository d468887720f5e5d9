# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch import nn  # noqa: E402

from fusion_perception.lab.training.balancers.constant import ConstantBalancer  # noqa: E402
from fusion_perception.lab.training.balancers.random_weighting import RandomLossWeighting  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss  # noqa: E402
from fusion_perception.lab.training.optimisation.hypergradient import gradients_of  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater  # noqa: E402
from fusion_perception.lab.training.strategies.bilevel import BilevelStrategy, Constraint  # noqa: E402
from fusion_perception.lab.training.streams import TRAIN  # noqa: E402
from fusion_perception.labels import MSRS9  # noqa: E402
from test.lab.training.scenes import ToySystem, slopes, streams, tiny_system, toy_batch  # noqa: E402

SGD = OptimiserConfig("sgd", 0.05, momentum=0.0, clip=None)


class Scalar(nn.Module):
    def __init__(self, *values: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(values, dtype=torch.float64))


def scalar_problem(theta_v: float, theta_p: float) -> tuple[BilevelStrategy, Scalar]:
    """Two judges with known optima: theta_v* = sin(w . x), theta_p* = (w . x)^2, x from the training batch."""
    fuser, visual, task = Scalar(0.3, -0.8), Scalar(theta_v), Scalar(theta_p)

    def fuse(batch: Batch) -> torch.Tensor:
        return (fuser.value * batch.thermal.flatten()[:2]).sum()

    def judge(network: Scalar, optimum, name: str, scale: float) -> Constraint:
        return Constraint(
            name,
            network,
            lower=lambda u, batch: 0.5 * (network.value - optimum(u)).square().sum(),
            upper=lambda u, batch: scale * (network.value * u).sum() + network.value.pow(3).sum(),
            updater=Updater.of(network, SGD),
        )

    constraints = [judge(visual, torch.sin, "visual", 1.0), judge(task, torch.square, "task", -2.0)]
    strategy = BilevelStrategy(fuser, fuse, Updater.of(fuser, SGD), constraints, ConstantBalancer({"visual": 1.0}))
    return strategy, fuser


@pytest.mark.parametrize(("name", "optimum", "scale"), [("visual", torch.sin, 1.0), ("task", torch.square, -2.0)])
def test_hypergradient_agrees_with_finite_differences_of_the_solved_problem(name: str, optimum, scale: float) -> None:
    train, upper = toy_batch(1), toy_batch(2)
    x, y = train.thermal.flatten()[:2], upper.thermal.flatten()[:2]
    w = torch.tensor([0.3, -0.8], dtype=torch.float64)

    def solved() -> float:
        theta = optimum((w * x).sum())
        return float(scale * theta * (w * y).sum() + theta**3)

    truth = torch.tensor(slopes(solved, w, [0, 1]), dtype=torch.float64)
    near = float(optimum((w * x).sum())) + 1e-7
    strategy, _ = scalar_problem(near, near)
    gradient, _ = strategy.hypergradients(train, upper)[name]
    torch.testing.assert_close(gradient.gradients[0], truth, rtol=1e-5, atol=1e-6)


def judged(system: ToySystem, weight: float = 1.0) -> BilevelStrategy:
    config = SegmentationLossConfig.plain(MSRS9)

    def task(u: torch.Tensor, batch: Batch) -> torch.Tensor:
        logits = system.segment_fused(u, batch.rgb)
        return (
            nn.functional.cross_entropy(logits, batch.labels)
            if logits.dtype == torch.float64
            else (segmentation_loss(logits, batch.labels, batch.complete, config))
        )

    return BilevelStrategy(
        system,
        lambda batch: system.fuse(batch.thermal, batch.rgb),
        Updater.of(system.fuser, SGD),
        [Constraint("task", system.segmenter, task, task, Updater.of(system.segmenter, SGD))],
        ConstantBalancer({"task": weight}),
        period=2,
    )


def test_hypergradient_of_networks_follows_the_response_of_the_judge() -> None:
    # The judge moves along its own gradient so that its training loss keeps its value; how far is solved
    # numerically from loss values alone, and the upper loss there is differentiated numerically.
    system = ToySystem().double()
    strategy = judged(system)
    train, upper = toy_batch(1), toy_batch(2)
    constraint = strategy.constraints[0]
    judge = constraint.updater.parameters

    def phi() -> torch.Tensor:
        return constraint.lower(strategy.fuse(train), train)

    start, level = [p.detach().clone() for p in judge], phi().item()
    direction = gradients_of(phi(), judge)

    def place(s: float) -> float:
        with torch.no_grad():
            for p, p0, g in zip(judge, start, direction, strict=True):
                p.copy_(p0 + s * g)
            return phi().item() - level

    def upper_after_response() -> float:
        low, high = -0.05, 0.05
        for _ in range(60):  # bisection: the loss grows along its own gradient
            middle = 0.5 * (low + high)
            low, high = (middle, high) if place(middle) < 0 else (low, middle)
        place(0.5 * (low + high))
        with torch.no_grad():
            value = constraint.upper(strategy.fuse(upper), upper).item()
        place(0.0)
        return value

    gradient, _ = strategy.hypergradients(train, upper)["task"]
    weight = system.fuser.first.weight
    indices = [0, 7, 30]
    truth = slopes(upper_after_response, weight, indices, h=1e-4)
    found = gradient.gradients[0].view(-1)[indices].tolist()
    assert found == pytest.approx(truth, rel=2e-3, abs=1e-7)
    plain = gradients_of(constraint.upper(strategy.fuse(upper), upper), [weight])[0].view(-1)[indices].tolist()
    assert max(abs(f - p) for f, p in zip(found, plain, strict=True)) > 0.05 * max(abs(p) for p in plain)


def test_the_fuser_moves_every_period_and_the_judge_every_step() -> None:
    system = ToySystem()
    strategy, source = judged(system), streams()
    moved = []
    for step in range(4):
        before = [p.detach().clone() for p in (system.fuser.first.weight, system.segmenter.first.weight)]
        terms = strategy.step(step, source)
        after = (system.fuser.first.weight, system.segmenter.first.weight)
        moved.append(tuple(not torch.equal(a, b) for a, b in zip(before, after, strict=True)))
        assert ("upper_task" in terms) == (step % 2 == 1)
    assert moved == [(False, True), (True, True), (False, True), (True, True)]


def test_the_judge_learns_from_an_image_that_no_gradient_passes() -> None:
    system, seen = ToySystem(), []
    strategy = judged(system)
    (constraint,) = strategy.constraints

    def lower(u: torch.Tensor, batch: Batch) -> torch.Tensor:
        seen.append(u.requires_grad)
        return constraint.lower(u, batch)

    strategy.constraints = (replace(constraint, lower=lower),)
    source = streams()
    strategy.step(0, source)  # the fuser's turn comes at step 1
    assert seen == [False]


def test_the_balancer_learns_of_the_upper_losses_alone() -> None:
    class Recorder(ConstantBalancer):
        def observe(self, losses: Mapping[str, float]) -> None:
            seen.append(dict(losses))

    seen: list[dict[str, float]] = []
    strategy, source = judged(ToySystem()), streams()
    strategy.balancer = Recorder({"task": 1.0})
    terms = [strategy.step(step, source) for step in range(4)]
    assert seen == [{"task": float(terms[1]["upper_task"])}, {"task": float(terms[3]["upper_task"])}]


class Levels:
    """One batch for each level."""

    def __call__(self, stream: str, number: int) -> Batch:
        return toy_batch(1 if stream == TRAIN else 2)


def test_the_fuser_descends_the_weighted_sum_of_the_hypergradients() -> None:
    weights = {"visual": 0.7, "task": -0.2}
    strategy, fuser = scalar_problem(0.9, 0.2)
    still = OptimiserConfig("sgd", 0.0, momentum=0.0, clip=None)
    strategy.constraints = tuple(replace(c, updater=Updater.of(c.network, still)) for c in strategy.constraints)
    strategy.balancer, strategy.period = ConstantBalancer(weights), 1
    before = fuser.value.detach().clone()
    found = {n: g.gradients[0] for n, (g, _) in strategy.hypergradients(toy_batch(1), toy_batch(2)).items()}
    cosine = torch.cosine_similarity(found["visual"], found["task"], dim=0)
    assert cosine.abs() < 0.999  # so that a wrong mixture has a wrong direction
    strategy.step(0, Levels())
    expected = before - 0.05 * sum(weights[name] * found[name] for name in weights)
    torch.testing.assert_close(fuser.value.detach(), expected, rtol=1e-12, atol=0)
    assert (expected - before).abs().min() > 1e-3


def test_weights_of_the_balancer_scale_the_update() -> None:
    changes = []
    for weight in (1.0, 0.25):
        system = ToySystem()
        before = system.fuser.first.weight.detach().clone()
        strategy, source = judged(system, weight), streams()
        for step in range(2):
            strategy.step(step, source)
        changes.append(system.fuser.first.weight.detach() - before)
    torch.testing.assert_close(changes[1], 0.25 * changes[0], rtol=1e-3, atol=1e-8)


def test_parameters_of_a_clamped_judge_stay_in_range() -> None:
    system = ToySystem()
    strategy = judged(system)
    constraint = strategy.constraints[0]
    strategy.constraints = (Constraint(*(getattr(constraint, f) for f in list(vars(constraint))[:5]), clamp=0.01),)
    source = streams()
    strategy.step(0, source)
    assert max(p.abs().max().item() for p in system.segmenter.parameters()) <= 0.01


def test_random_weights_of_two_judges_train_a_real_system() -> None:
    system = tiny_system()
    config = SegmentationLossConfig.plain(MSRS9)

    def fusion(u: torch.Tensor, batch: Batch) -> torch.Tensor:
        return (u - batch.thermal).square().mean()

    def task(u: torch.Tensor, batch: Batch) -> torch.Tensor:
        return segmentation_loss(system.segmenter(u, batch.rgb), batch.labels, batch.complete, config)

    critic = nn.Conv2d(1, 1, 1)
    strategy = BilevelStrategy(
        system,
        lambda batch: system.fuse(batch.thermal, batch.rgb),
        Updater.of(system.fuser, SGD),
        [
            Constraint("visual", critic, lambda u, b: critic(u).mean(), fusion, Updater.of(critic, SGD), 0.1),
            Constraint("task", system.segmenter, task, task, Updater.of(system.segmenter, SGD)),
        ],
        RandomLossWeighting(["visual", "task"], scale=0.5),
        period=1,
        extra={"critic": critic},
    )
    source = streams()
    terms = strategy.step(0, source)
    assert {"upper_visual", "upper_task", "lower_visual", "lower_task", "rho_task"} <= terms.keys()
    assert all(torch.isfinite(v) for v in terms.values())
    assert set(strategy.networks()) == {"system", "critic"}
