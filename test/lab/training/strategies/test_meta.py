# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.nets.colour import luma  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import polynomial  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater  # noqa: E402
from fusion_perception.lab.training.strategies.meta import MetaConfig, MetaStrategy  # noqa: E402
from fusion_perception.labels import MSRS9  # noqa: E402
from test.lab.training.scenes import ToyGenerator, ToySystem, slopes, streams, toy_batch  # noqa: E402

RATES = (0.5, 0.2)


def strategy(dtype: torch.dtype = torch.float64, **options) -> MetaStrategy:
    system = ToySystem().to(dtype)
    generator = ToyGenerator().to(dtype)
    # In float64 throughout: the labels of the toy batches are complete, so plain cross entropy is the same.
    config = MetaConfig(SegmentationLossConfig.plain(MSRS9), **{"task_scale": 1.0, "swap": False, **options})
    optimiser = OptimiserConfig("adam", 1e-2)
    meta = MetaStrategy(
        system,
        generator,
        Updater.of(system.fuser, optimiser),
        Updater.of(system.segmenter, optimiser),
        1e-2,
        config,
    )
    if dtype == torch.float64:
        meta.task_loss = task_in_float64.__get__(meta)  # the library casts logits to float32
    return meta


def task_in_float64(self, fused, batch, parameters=None):
    segmenter = self.system.segmenter
    p = parameters or dict(segmenter.named_parameters())
    logits = torch.func.functional_call(segmenter, p, fused.clamp(0, 1))
    return F.cross_entropy(logits, batch.labels)


def test_meta_gradient_agrees_with_an_unrolled_reference() -> None:
    meta = strategy()
    inner, outer = toy_batch(1), toy_batch(2)
    found = meta.meta_gradient(inner, outer, *RATES)

    def fuser(p, thermal, rgb):
        h = torch.tanh(F.conv2d(torch.cat([thermal, luma(rgb)], 1), p[0], p[1], padding=1))
        return torch.sigmoid(F.conv2d(h, p[2], p[3], padding=1))

    def task(p, image, labels):
        h = torch.tanh(F.conv2d(image.clamp(0, 1), p[0], p[1], padding=1))
        return F.cross_entropy(F.conv2d(h, p[2], p[3]), labels)

    def edges(x):
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=x.dtype)
        return F.conv2d(x, kernel[None, None]), F.conv2d(x, kernel.t()[None, None])

    theta_f = [p.detach().clone().requires_grad_() for p in meta.system.fuser.parameters()]
    theta_t = [p.detach().clone().requires_grad_() for p in meta.system.segmenter.parameters()]
    generator = copy.deepcopy(meta.generator)
    y = luma(inner.rgb)
    w = generator(inner.thermal, y)
    u = fuser(theta_f, inner.thermal, inner.rgb)
    loss = (w[:, :1] * (u - inner.thermal) ** 2 + w[:, 1:] * (u - y) ** 2).mean()
    for f, a, b in zip(edges(u), edges(inner.thermal), edges(y), strict=True):
        loss = loss + (f - torch.where(a.abs() >= b.abs(), a, b)).abs().mean()
    step = torch.autograd.grad(loss, theta_f, create_graph=True)
    moved_f = [p - RATES[0] * g for p, g in zip(theta_f, step, strict=True)]
    step = torch.autograd.grad(task(theta_t, u.detach(), inner.labels), theta_t)
    moved_t = [(p - RATES[1] * g).detach() for p, g in zip(theta_t, step, strict=True)]
    result = task(moved_t, fuser(moved_f, outer.thermal, outer.rgb), outer.labels)
    reference = torch.autograd.grad(result, list(generator.parameters()))
    torch.testing.assert_close(found.outer, result.detach())
    for mine, theirs in zip(found.gradients, reference, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-8, atol=1e-14)
    assert max(g.abs().max().item() for g in reference) > 1e-6


def test_meta_gradient_agrees_with_finite_differences() -> None:
    meta = strategy()
    inner, outer = toy_batch(3), toy_batch(4)
    found = meta.meta_gradient(inner, outer, *RATES)
    weight = meta.generator.first.weight

    def outer_loss() -> float:
        return meta.meta_gradient(inner, outer, *RATES).outer.item()

    truth = slopes(outer_loss, weight, [0, 20, 50], h=1e-4)
    assert max(abs(v) for v in truth) > 1e-7
    assert found.gradients[0].view(-1)[[0, 20, 50]].tolist() == pytest.approx(truth, rel=1e-4, abs=1e-11)


def test_a_meta_step_leaves_fuser_and_task_network_alone() -> None:
    meta = strategy(torch.float32)
    before = copy.deepcopy(meta.system.state_dict())
    weights = copy.deepcopy(meta.generator.state_dict())
    source = streams()
    meta.config = MetaConfig(meta.config.segmentation, 1, 1)
    meta.step(0, source)
    assert all(torch.equal(v, before[n]) for n, v in meta.system.state_dict().items())
    assert any(not torch.equal(v, weights[n]) for n, v in meta.generator.state_dict().items())


@pytest.mark.parametrize(("normalised", "rate"), [(True, 0.1), (False, 10.0)])
def test_the_generator_learns_to_improve_the_task_after_the_inner_step(normalised: bool, rate: float) -> None:
    meta = strategy(normalised=normalised, gradient=0.0)
    system, inner, outer = meta.system, toy_batch(5, count=4), toy_batch(6, count=4)
    # The task: say where thermal is bright. The fuser mixes both sources evenly, the segmenter reads thermal: so a
    # step of the fuser towards thermal helps the task, one towards luminance harms it.
    even = 0.5 * (inner.thermal + luma(inner.rgb))
    optimiser = torch.optim.Adam(system.parameters(), 0.05)
    for _ in range(200):
        optimiser.zero_grad()
        mixture = (system.fuse(inner.thermal, inner.rgb) - even).square().mean()
        (meta.task_loss(inner.thermal, inner) + 10 * mixture).backward()
        optimiser.step()
    meta.fusion = Updater.of(system.fuser, OptimiserConfig("adam", 2.0))
    meta.task = Updater.of(system.segmenter, OptimiserConfig("adam", 0.0))
    meta.generator_lr = rate
    shares, outers = [], []
    for step in range(12):
        shares.append(meta.provider(inner.thermal, luma(inner.rgb), inner.labels).thermal.mean().item())
        outers.append(float(meta.step(step, lambda stream, number: outer if number % 2 else inner)["meta_outer"]))
    assert outers[-1] < outers[0] - 0.02
    assert abs(shares[0] - 0.5) < 0.05
    assert shares[-1] > 0.6


def test_the_generator_follows_the_schedule_of_the_fuser() -> None:
    meta = strategy(torch.float32, meta_steps=4)
    meta.fusion = Updater.of(meta.system.fuser, OptimiserConfig("adam", 1e-2), polynomial(4))
    for step, share in ((0, 1.0), (2, 0.5), (3, 0.25)):
        before = [p.detach().clone() for p in meta.generator.parameters()]
        meta.step(step, lambda stream, number: toy_batch(number, dtype=torch.float32))
        moved = max((p - b).abs().max().item() for p, b in zip(meta.generator.parameters(), before, strict=True))
        assert moved == pytest.approx(meta.generator_lr * share, rel=1e-3)


def test_turns_alternate_between_generator_and_learning() -> None:
    meta = strategy()
    meta.config = MetaConfig(meta.config.segmentation, meta_steps=2, learning_steps=3)
    turns = [meta.turn_of(step) for step in range(10)]
    assert [t.meta for t in turns] == [True, True, False, False, False] * 2
    assert [t.number for t in turns if t.meta] == [0, 1, 2, 3]
    assert [t.number for t in turns if not t.meta] == [0, 1, 2, 3, 4, 5]


def test_learning_steps_train_both_networks_with_constant_weights() -> None:
    meta = strategy(torch.float32)
    meta.config = MetaConfig(meta.config.segmentation, 1, 5)
    source = streams(batch=2)
    weights = copy.deepcopy(meta.generator.state_dict())
    losses = [meta.step(step, source) for step in range(1, 6)]
    assert {"fusion", "task", "spread"} <= losses[0].keys()
    assert losses[-1]["task"] < losses[0]["task"]
    assert all(torch.equal(v, weights[n]) for n, v in meta.generator.state_dict().items())


def test_the_fuser_never_sees_the_task_loss() -> None:
    meta = strategy(torch.float32)
    source = streams()
    meta.config = MetaConfig(meta.config.segmentation, 1, 3)
    changes = []
    for scale in (0.0, 1.0):
        meta = strategy(torch.float32)
        meta.config = MetaConfig(SegmentationLossConfig(cross_entropy=scale), 0, 3)
        meta.step(0, source)
        changes.append(meta.system.fuser.first.weight.detach().clone())
    assert torch.equal(changes[0], changes[1])


def test_the_exchanged_copy_makes_the_sources_symmetric() -> None:
    meta = strategy(swap=True)
    batch = toy_batch(0)
    first, second = meta.sources(batch)
    assert torch.equal(first[:2], second[2:])
    assert torch.equal(first[2:], second[:2])
    assert first.shape[0] == 2 * len(batch.thermal)
