# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.attribution.shapley import SAYS_NOTHING  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig  # noqa: E402
from fusion_perception.lab.training.objectives import sensor_states  # noqa: E402
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective  # noqa: E402
from fusion_perception.lab.training.objectives.sensor_states import PRIOR_STEP, SensorStatesObjective  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import cosine  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import Updater  # noqa: E402
from fusion_perception.lab.training.recipes import realtime  # noqa: E402
from fusion_perception.lab.training.recipes.realtime import OPTIMISER, PRIOR, WARMUP_SHARE  # noqa: E402
from fusion_perception.labels import IGNORE, MSRS9  # noqa: E402
from test.lab.training.scenes import toy_batch  # noqa: E402

CONFIG = SegmentationLossConfig.balanced(MSRS9)
SPEC = SystemSpec("realtime", "two_stream_small", fuser_options={"channels": 4, "depth": 1})


@pytest.fixture(autouse=True)
def _odd_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every comparison with the labels of odd rows and columns, which are drawn otherwise."""
    monkeypatch.setattr(torch, "randint", lambda high, size: torch.ones(size, dtype=torch.long))


def objective(alone: float = 0.5) -> SensorStatesObjective:
    torch.manual_seed(0)
    made = SensorStatesObjective(System(SPEC), CONFIG, alone)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # one pass, and what the sensors show is not lost in layers without statistics
    with torch.no_grad():
        made(batch())
    return made.eval()


def batch(count: int = 2) -> Batch:
    return toy_batch(size=64, count=count, dtype=torch.float32)


@pytest.mark.parametrize(("drawn", "seen", "unseen"), [(0.0, "thermal", "rgb"), (0.9, "rgb", "thermal")])
def test_the_term_of_one_sensor_does_not_see_the_other(
    drawn: float, seen: str, unseen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, pair = objective(), batch()
    monkeypatch.setattr(sensor_states.torch, "rand", lambda *size, **options: torch.full(size, drawn))
    plain = made(pair)
    other = made(replace(pair, **{unseen: 1 - getattr(pair, unseen)}))
    assert torch.equal(other["alone"], plain["alone"])
    assert other["cross_entropy"] != plain["cross_entropy"]
    changed = made(replace(pair, **{seen: 1 - getattr(pair, seen)}))
    assert changed["alone"] != plain["alone"]


def test_which_sensor_is_alone_is_drawn_for_every_sample() -> None:
    made, noted = objective(), []
    real = made.system.segmenter.both_and_alone

    def spy(thermal, rgb, thermal_alone):
        noted.append(thermal_alone)
        return real(thermal, rgb, thermal_alone)

    made.system.segmenter.both_and_alone = spy
    torch.manual_seed(1)
    for _ in range(2):
        made(batch(16))
    assert noted[0].shape == (16, 1, 1, 1) and noted[0].dtype == torch.bool
    assert 0 < noted[0].sum() < 16
    assert not torch.equal(*noted)


def test_both_sensors_count_as_they_do_without_it() -> None:
    made = objective()
    terms = made(batch())
    plain = SegmentationObjective(made.system, CONFIG)(batch())
    assert set(terms) == {*plain, "alone", "prior"}
    for name, value in plain.items():
        assert terms[name].item() == pytest.approx(value.item(), rel=1e-4)


def test_the_weight_of_one_sensor_alone() -> None:
    values = []
    for weight in (0.5, 1.0):
        made = objective(weight)
        torch.manual_seed(2)
        values.append(made(batch())["alone"].item())
    assert values[1] == pytest.approx(2 * values[0], rel=1e-4)


def test_the_prior_learns_how_frequent_the_classes_are() -> None:
    made, pair = objective(), batch()
    labels = pair.labels[:, ::PRIOR_STEP, ::PRIOR_STEP]
    shares = torch.bincount(labels.flatten(), minlength=9) / labels.numel()
    assert 0.2 < shares[2] < 0.8
    prior = made.system.segmenter.prior
    best = []
    for values in (shares.clamp_min(1e-9).log(), torch.zeros(9)):
        prior.data.copy_(values)
        prior.grad = None
        term = made(pair)["prior"]
        term.backward()
        best.append((term.item(), prior.grad.clone()))
    (least, flat), (more, slope) = best
    assert flat.abs().max() < 1e-6 and least < more
    assert torch.allclose(slope, torch.full((9,), 1 / 9) - shares, atol=1e-6)
    unknown = made(replace(pair, labels=torch.full_like(pair.labels, IGNORE)))
    assert unknown["prior"].item() == 0


@pytest.mark.parametrize(("factor", "arrives"), [(PRIOR, True), (1.0, False)])
def test_a_short_training_is_long_enough_for_the_prior(factor: float, arrives: bool) -> None:
    steps, shares = realtime.SIZES["cpu"].segment, torch.tensor([0.954, 0.03, 0.01, 0.004, *[0.0004] * 5])
    prior = torch.nn.Parameter(torch.zeros(9))
    config = replace(OPTIMISER, multipliers={"prior": factor})
    updater = Updater([("prior", prior)], config, cosine(steps, round(WARMUP_SHARE * steps)))
    torch.manual_seed(0)
    for step in range(steps):
        labels = torch.multinomial(shares, 500, replacement=True)
        updater.minimise(step, torch.nn.functional.cross_entropy(prior.expand(500, 9), labels))
    # In nats; below what counts as saying nothing, a sure background pixel rests on no camera.
    assert (abs(float(prior.detach().log_softmax(0)[0] - shares[0].log())) < SAYS_NOTHING) == arrives


@pytest.mark.parametrize("drawn", [0.0, 0.9])
def test_pictures_without_any_sensor_do_not_pull_at_the_prior(drawn: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made, pair = objective(), batch()
    made.train()
    monkeypatch.setattr(sensor_states.torch, "rand", lambda *size, **options: torch.full(size, drawn))
    black = "thermal" if drawn == 0 else "rgb"  # the sensor that is left alone
    terms = made(replace(pair, **{black: torch.zeros_like(getattr(pair, black))}))
    prior = made.system.segmenter.prior
    (alone,) = torch.autograd.grad(terms["alone"], prior, retain_graph=True, allow_unused=True)
    assert alone is None or not alone.any()
    (own,) = torch.autograd.grad(terms["prior"], prior)
    assert own.any()


def test_the_prior_is_what_the_network_says_without_sensors() -> None:
    made, black = objective(), torch.zeros(1, 1, 64, 64)
    made.system.segmenter.prior.data.copy_(torch.arange(9.0))
    logits = made.system.segment(black, black.expand(1, 3, 64, 64))
    assert torch.equal(logits, torch.arange(9.0)[None, :, None, None].expand_as(logits))
