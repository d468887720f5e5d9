# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch import nn  # noqa: E402

from fusion_perception.lab.nets.fusers.tim_search import TIMSupernet  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.latency import measure_latency  # noqa: E402
from fusion_perception.lab.training.optimisation.hypergradient import gradients_of  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import constant  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig  # noqa: E402
from fusion_perception.lab.training.strategies.search import SearchStrategy  # noqa: E402
from test.lab.training.scenes import TwoOperations, slopes, streams, toy_batch  # noqa: E402

TABLE = torch.tensor([[9.0, 1.0]])


def edges(fused: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Asks for the horizontal differences of the thermal image: only a convolution can give them."""
    target = torch.zeros_like(batch.thermal)
    target[..., 1:] = batch.thermal[..., 1:] - batch.thermal[..., :-1]
    return 100 * (fused - target).square().mean()


def search(latency_weight: float, net: nn.Module | None = None, table: torch.Tensor = TABLE) -> SearchStrategy:
    return SearchStrategy(
        net or TwoOperations(),
        edges,
        table,
        latency_weight,
        OptimiserConfig("sgd", 3e-3),
        constant(),
        OptimiserConfig("adam", 0.05, betas=(0.5, 0.999), clip=None),
    )


@pytest.mark.parametrize(("table", "cheap"), [(TABLE, "blend"), (TABLE.flip(1), "conv")])
def test_a_larger_latency_weight_prefers_the_cheaper_operation(table: torch.Tensor, cheap: str) -> None:
    found = []
    for weight in (0.0, 1.0):
        strategy, source = search(weight, table=table), streams(batch=2)
        for step in range(50):
            strategy.step(step, source)
        found.append(strategy.result())
    assert found[1].genotype == [cheap]
    # Without a weight on it only noise moves the latency: the weights of either operation make up for the mixture.
    assert found[0].relative_latency > 0.7 > 0.5 > found[1].relative_latency


def test_hypergradient_of_the_architecture_follows_the_response_of_the_weights() -> None:
    strategy = search(0.3, TwoOperations().double(), TABLE.double())
    train, upper = toy_batch(1), toy_batch(2)
    theta, alpha = strategy.theta.parameters, strategy.alpha.parameters[0]
    with torch.no_grad():
        alpha.copy_(torch.tensor([[0.3, -0.2]]))

    def phi() -> torch.Tensor:
        return edges(strategy.supernet(train.thermal, luma_of(train)), train)

    start, level = [p.detach().clone() for p in theta], phi().item()
    direction = gradients_of(phi(), theta)

    def place(s: float) -> float:
        with torch.no_grad():
            for p, p0, g in zip(theta, start, direction, strict=True):
                p.copy_(p0 + s * g)
            return phi().item() - level

    def upper_after_response() -> float:
        low, high = -1e-4, 1e-4
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if place(middle) < 0 else (low, middle)
        place(0.5 * (low + high))
        with torch.no_grad():
            loss = edges(strategy.supernet(upper.thermal, luma_of(upper)), upper)
            value = (loss + 0.3 * strategy.relative_latency()).item()
        place(0.0)
        return value

    gradient, _ = strategy.architecture_gradient(train, upper)
    truth = slopes(upper_after_response, alpha, [0, 1], h=1e-4)
    assert gradient.gradients[0].view(-1).tolist() == pytest.approx(truth, rel=2e-3, abs=1e-8)
    assert gradient.rho.abs() > 0.1


def luma_of(batch: Batch) -> torch.Tensor:
    from fusion_perception.lab.nets.colour import luma

    return luma(batch.rgb)


def test_latency_starts_at_one_whatever_the_machine() -> None:
    for scale in (1.0, 50.0):
        assert search(1.0, table=scale * TABLE).relative_latency().item() == pytest.approx(1.0)


def test_the_architecture_waits_for_the_warm_up() -> None:
    strategy, source = search(1.0), streams()
    strategy.warmup, strategy.period = 2, 2
    moved = []
    for step in range(6):
        before = strategy.supernet.alpha.detach().clone()
        strategy.step(step, source)
        moved.append(not torch.equal(before, strategy.supernet.alpha))
    assert moved == [False, False, True, False, True, False]


def test_the_table_is_part_of_the_state() -> None:
    strategy = search(1.0)
    other = search(1.0, table=torch.ones(1, 2))
    other.restore(strategy.state())
    assert torch.equal(other.table, TABLE)


def test_tim_searches_its_space() -> None:
    torch.manual_seed(0)
    net = TIMSupernet(4, (("chain", 1),), ("dilconv_3_2", "spatial_3_1"))
    strategy, source = search(0.5, net), streams()
    for step in range(2):
        terms = strategy.step(step, source)
    assert {"fusion", "upper", "rho", "latency"} <= terms.keys()
    assert strategy.result().genotype[0][1][0] in ("dilconv_3_2", "spatial_3_1")


def test_measured_latency_orders_operations_by_their_work() -> None:
    torch.manual_seed(0)
    operations = [nn.Conv2d(16, 16, 1), nn.Sequential(*(nn.Conv2d(16, 16, 7, padding=3) for _ in range(4)))]
    x = torch.rand(1, 16, 48, 48)
    cheap, dear = measure_latency(operations, [x, x], repeats=5)
    assert 0 < cheap < dear
