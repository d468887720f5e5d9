# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.balancers.constant import ConstantBalancer  # noqa: E402
from fusion_perception.lab.training.balancers.dynamic_weight_average import DynamicWeightAverage  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import constant, polynomial  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater  # noqa: E402
from fusion_perception.lab.training.strategies.alternating import (  # noqa: E402
    FUSION,
    TASK,
    AlternatingConfig,
    AlternatingStrategy,
    Place,
    Round,
    place_of,
)
from fusion_perception.lab.training.streams import TRAIN  # noqa: E402
from fusion_perception.labels import MSRS9  # noqa: E402
from test.lab.training.scenes import ToySystem, streams  # noqa: E402

ROUNDS = (Round(2, 3), Round(4, 1))


def thermal_loss(fused: torch.Tensor, batch: Batch) -> torch.Tensor:
    return (fused - batch.thermal).square().mean()


def strategy(balancer=None, task_weight: float = 0.8, rounds=ROUNDS) -> AlternatingStrategy:
    config = AlternatingConfig(
        first_loss=thermal_loss,
        later_loss=thermal_loss,
        segmentation=SegmentationLossConfig.plain(MSRS9),
        rounds=rounds,
        fusion=OptimiserConfig("adamw", 1e-2),
        fusion_schedule=polynomial(10),
        task=OptimiserConfig("adamw", 1e-2),
        task_schedule=constant(),
        task_weight=task_weight,
    )
    return AlternatingStrategy(ToySystem(), config, balancer or ConstantBalancer({FUSION: 1.0, TASK: 1.0}))


def test_places_of_all_steps() -> None:
    places = [place_of(step, ROUNDS) for step in range(10)]
    assert [p.phase for p in places] == [FUSION] * 2 + [TASK] * 3 + [FUSION] * 4 + [TASK]
    assert places[4] == Place(1, TASK, 2, 2)
    assert places[7] == Place(2, FUSION, 2, 4)
    assert places[9] == Place(2, TASK, 0, 3)
    with pytest.raises(ValueError, match="step 10 of a cascade of 10 steps"):
        place_of(10, ROUNDS)


def test_one_network_at_a_time() -> None:
    alternating, source = strategy(), streams()
    for step in range(10):
        before = copy.deepcopy(alternating.system.state_dict())
        alternating.step(step, source)
        after = alternating.system.state_dict()
        changed = {n.split(".")[0] for n in after if not torch.equal(before[n], after[n])}
        assert changed == {"fuser" if place_of(step, ROUNDS).phase == FUSION else "segmenter"}
        assert all(p.requires_grad and p.grad is None for p in alternating.system.parameters())


def test_the_task_reaches_the_fuser_from_the_second_round_on() -> None:
    source, weights = streams(), {}
    for task_weight in (0.0, 0.8):
        alternating = strategy(task_weight=task_weight)
        for step in range(9):
            alternating.step(step, source)
            weights[task_weight, step] = alternating.system.fuser.first.weight.detach().clone()
    assert torch.equal(weights[0.0, 1], weights[0.8, 1])
    assert not torch.equal(weights[0.0, 5], weights[0.8, 5])


def test_the_learning_rate_of_the_fuser_is_divided_by_the_round() -> None:
    alternating = strategy()
    rates = [alternating.fusion.learning_rate(step) for step in (0, 1, 5, 6)]
    assert rates == pytest.approx([1e-2, 0.9e-2, 0.5e-2, 0.45e-2])


def test_the_weight_of_the_fusion_loss_is_divided_by_the_round() -> None:
    alternating = strategy(task_weight=0.0, rounds=(Round(1, 0),) * 3)
    system, source, rate = alternating.system, streams(), 0.5
    sgd = OptimiserConfig("sgd", rate, momentum=0.0, clip=None)
    alternating.fusion = Updater.of(system.fuser, sgd)
    for step, weight in enumerate((1.0, 0.4 / 2, 0.4 / 3)):  # round 1 has the loss alone
        batch = source(TRAIN, step)
        loss = thermal_loss(system.fuse(batch.thermal, batch.rgb), batch)
        slope = torch.autograd.grad(loss, system.fuser.last.weight)[0]
        before = system.fuser.last.weight.detach().clone()
        alternating.step(step, source)
        torch.testing.assert_close(
            before - system.fuser.last.weight.detach(), rate * weight * slope, rtol=1e-3, atol=1e-7
        )


def test_dynamic_weights_move() -> None:
    balancer = DynamicWeightAverage([FUSION, TASK], temperature=2.0, period=3)
    alternating, source = strategy(balancer, rounds=(Round(1, 1), Round(12, 0))), streams()
    seen = [alternating.step(step, source) for step in range(14)][2:]
    values = [float(terms["weight_fusion"]) for terms in seen]
    assert values[0] == 1.0
    assert max(abs(v - 1) for v in values) > 0.005  # the release, with T = 1000, stays below 0.0005
    assert all(float(t["weight_fusion"] + t["weight_task"]) == pytest.approx(2.0) for t in seen)
