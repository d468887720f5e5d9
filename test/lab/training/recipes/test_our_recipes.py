# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our own recipes: which networks they train, where these start, and what each stage leaves alone."""

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.nets.imagenet import PACKAGE, lite0_weights  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402
from fusion_perception.lab.training.augmentation.config import FAILURES  # noqa: E402
from fusion_perception.lab.training.recipes import realtime  # noqa: E402
from fusion_perception.lab.training.recipes.realtime import ADAPT_LR, ENCODER, OPTIMISER, PRIOR  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import RecipeOptions, Stage, StageContext  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.streams import TRAIN, Streams  # noqa: E402
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig  # noqa: E402
from fusion_perception.progress import Progress  # noqa: E402
from test.lab.training.scenes import samples, source_of  # noqa: E402

pytestmark = pytest.mark.slow

LAST_BLOCK = "_blocks.11._expand_conv.weight"


def stages(recipe: str = "realtime") -> dict[str, Stage]:
    return {stage.name: stage for stage in get_recipe(recipe).stages(RecipeOptions("smoke", scale=0.1))}


def first_trunk_weight(system: System) -> torch.Tensor:
    return system.segmenter.trunk[-1][0].expand.conv.weight


@pytest.mark.parametrize(
    ("recipe", "fuser", "segmenter"),
    [
        ("realtime", "realtime", "two_stream"),
        ("quality", "fine", "two_stream_fine"),
        ("dense", "realtime", "realtime"),
        ("early", "realtime", "two_stream_early"),
        ("middle", "realtime", "two_stream_middle"),
    ],
)
def test_the_networks_of_each_recipe(recipe: str, fuser: str, segmenter: str) -> None:
    found = stages(recipe)
    enlarge = ["enlarge"] if recipe == "quality" else []
    assert list(found) == ["segment", "adapt", *enlarge, "fuse"]
    assert {name for name, stage in found.items() if stage.unlabelled_share > 0} == {"adapt", *enlarge}
    assert get_recipe(recipe).synthetic_share == 0
    spec = found["fuse"].build(StageContext()).system.spec
    assert (spec.fuser, spec.segmenter, spec.cascade) == (fuser, segmenter, False)
    assert spec.offsets == {} and spec.offsets_alone is None  # decisions are those of the loss


def test_classes_that_few_pairs_name_count_for_more() -> None:
    config = realtime.segmentation_config(RecipeOptions("smoke"))
    assert config.dice_classes == (1, 2, 3) and config.rare_dice > 0
    assert config.class_weights == (1.0, 1.0, 1.0, 1.0, *[realtime.RARE] * 5)
    assert all(stage.complete_turns > 1 for stage in stages().values())
    boxes = realtime.segmentation_config(RecipeOptions("smoke", annotated=(1, 2)))
    assert boxes.class_weights is None and (boxes.dice_classes, boxes.rare_dice) == (
        (1, 2),
        0,
    )  # no pair names the others


@pytest.mark.parametrize("recipe", ["realtime", "quality", "early", "middle"])
def test_the_encoder_starts_from_imagenet(recipe: str) -> None:
    system = stages(recipe)["segment"].build(StageContext()).system
    assert torch.equal(first_trunk_weight(system), lite0_weights()[LAST_BLOCK])


def test_what_was_trained_before_is_not_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stages()["segment"].build(StageContext()).system
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(0.01)
    monkeypatch.setattr(realtime, "lite0_weights", lambda: pytest.fail("read in vain"))
    for name in ("segment", "adapt"):
        after = stages()[name].build(StageContext(previous=before)).system
        assert after is not before
        for key, value in before.state_dict().items():
            assert torch.equal(value, after.state_dict()[key]), key


def test_quality_goes_on_at_full_resolution_where_the_smaller_segmenter_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = stages("quality")
    before = found["segment"].build(StageContext()).system
    assert before.spec.segmenter == found["adapt"].build(StageContext(previous=before)).system.spec.segmenter
    assert before.spec.segmenter == stages()["segment"].build(StageContext()).system.spec.segmenter
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(0.01)
    monkeypatch.setattr(realtime, "lite0_weights", lambda: pytest.fail("read in vain"))
    after = found["enlarge"].build(StageContext(previous=before)).system
    assert torch.equal(first_trunk_weight(after), first_trunk_weight(before))
    expected = before.segmenter.rgb.stem.conv.weight[:, :, 2:4, :2].sum((2, 3))
    assert torch.allclose(after.segmenter.rgb.stem.conv.weight[:, :, 1, 0], expected, atol=1e-6)
    # Once enlarged, it is handed on as it is.
    again = found["enlarge"].build(StageContext(previous=after)).system
    assert torch.equal(again.segmenter.rgb.stem.conv.weight, after.segmenter.rgb.stem.conv.weight)


@pytest.mark.parametrize("recipe", ["realtime", "early"])
def test_a_network_of_before_the_gates_is_gone_on_with(recipe: str) -> None:
    spec = stages(recipe)["adapt"].build(StageContext()).system.spec
    torch.manual_seed(1)
    before = System(replace(spec, segmenter_options={}))
    after = stages(recipe)["adapt"].build(StageContext(previous=before)).system.segmenter.state_dict()
    old = before.segmenter.state_dict()
    assert all(torch.equal(after[key], value) for key, value in old.items())
    added = after.keys() - old.keys()
    assert added and all(".gates." in key and not after[key].any() for key in added)


def test_a_smaller_network_of_before_the_gates_is_enlarged() -> None:
    enlarge = stages("quality")["enlarge"]
    smaller = System(SystemSpec("realtime", "two_stream"))
    after = enlarge.build(StageContext(previous=smaller)).system
    assert torch.equal(first_trunk_weight(after), first_trunk_weight(smaller))
    gates = [value for key, value in after.state_dict().items() if ".gates." in key]
    assert gates and not any(gate.any() for gate in gates)


def test_another_network_before_hands_nothing_on() -> None:
    before = stages("dense")["segment"].build(StageContext()).system
    system = stages()["segment"].build(StageContext(previous=before)).system
    assert torch.equal(first_trunk_weight(system), lite0_weights()[LAST_BLOCK])
    for key, value in before.fuser.state_dict().items():  # the fusers are the same
        assert torch.equal(value, system.fuser.state_dict()[key]), key


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=f"pip install {PACKAGE}"):
        stages()["segment"].build(StageContext())
    stages("dense")["segment"].build(StageContext())
    stages()["fuse"].build(StageContext())


@pytest.mark.parametrize(("stage", "rate"), [("segment", OPTIMISER.lr), ("adapt", ADAPT_LR)])
def test_the_encoder_learns_more_slowly(stage: str, rate: float) -> None:
    strategy = stages()[stage].build(StageContext())
    names = {id(parameter): name for name, parameter in strategy.system.named_parameters()}
    rates = {
        names[id(parameter)]: group["base_lr"]
        for group in strategy.updater.optimiser.param_groups
        for parameter in group["params"]
    }
    assert all(name.startswith("segmenter.") for name in rates)
    slow = {name for name, own in rates.items() if own == pytest.approx(ENCODER * rate)}
    assert rates["segmenter.prior"] == pytest.approx(PRIOR * rate)
    assert all(own == pytest.approx(rate) for name, own in rates.items() if name not in {*slow, "segmenter.prior"})
    parts = ("thermal.stem", "thermal.stages", "rgb.stem", "rgb.stages", "trunk")
    assert slow == {name for name in rates if name.removeprefix("segmenter.").startswith(parts)}
    assert {"segmenter.thermal.meet.weight", "segmenter.head.weight"} <= rates.keys() - slow


@pytest.mark.parametrize("recipe", ["realtime", "dense"])
@pytest.mark.parametrize(
    ("name", "trained", "left"),
    [("segment", "segmenter", "fuser"), ("adapt", "segmenter", "fuser"), ("fuse", "fuser", "segmenter")],
)
def test_each_stage_trains_one_network(tmp_path: Path, recipe: str, name: str, trained: str, left: str) -> None:
    stage = stages(recipe)[name]
    torch.manual_seed(0)
    strategy = stage.build(StageContext())
    system = strategy.system
    source = source_of(samples(4, 0, 64, 96), 2, replace(stage.augment, crop=(64, 64)))
    before = {key: value.clone() for key, value in system.state_dict().items()}
    Trainer(
        strategy,
        Streams({TRAIN: source}, torch.device("cpu")),
        tmp_path,
        TrainerConfig(2, log_every=1, check_every=1),
        progress=Progress(silent=True),
    ).run()
    changed = {key for key, value in system.state_dict().items() if not torch.equal(before[key], value)}
    assert any(key.startswith(f"{trained}.") for key in changed)
    assert [key for key in changed if key.startswith(f"{left}.")] == []


@pytest.mark.parametrize("recipe", ["realtime", "quality", "dense"])
def test_other_cameras_are_met_after_a_short_first_stage(recipe: str) -> None:
    first, *others = (stage for stage in stages(recipe).values() if stage.name != "fuse")
    one = first.augment
    assert set(one.failures) == {"black"}
    assert {one.p_gain_control, one.p_polarity, one.p_covered, one.p_paste} == {0}
    assert first.plainer is None
    assert others
    for stage in others:
        assert {*stage.augment.failures, "black"} == set(FAILURES)
        assert stage.augment.p_gain_control > 0
        assert stage.plainer == one  # what it has learnt before goes on being shown


@pytest.mark.parametrize(("steps", "decay"), [(1500, 1 - 5 / 1500), (30_000, realtime.AVERAGE_DECAY), (1, 0.0)])
def test_the_mean_of_the_weights_is_of_the_end_of_a_stage(steps: int, decay: float) -> None:
    options = RecipeOptions("paper", scale=steps / realtime.SIZES["paper"].segment)
    stage = get_recipe("realtime").stages(options)[0]
    assert stage.steps == steps
    assert stage.average_decay == pytest.approx(decay)


@pytest.mark.parametrize(("budget", "failing"), [("cpu", False), ("paper", True)])
def test_a_long_training_meets_failing_sensors_from_the_start(budget: str, failing: bool) -> None:
    segment, adapt, *_ = get_recipe("realtime").stages(RecipeOptions(budget))
    assert ("noise" in segment.augment.failures and segment.augment.p_no_thermal > 0) == failing
    assert "noise" in adapt.augment.failures
    assert ((segment.augment, segment.plainer) == (adapt.augment, adapt.plainer)) == failing
