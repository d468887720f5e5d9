# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every recipe: it runs, its losses are finite, it resumes to the same bits, its result loads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.nets.fusers.tim_search import TIMSupernet  # noqa: E402
from fusion_perception.lab.nets.system import System, load_system  # noqa: E402
from fusion_perception.lab.training.choices import BUDGETS, RECIPES  # noqa: E402
from fusion_perception.lab.training.journal import read_journal  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import (  # noqa: E402
    TASKS,
    RecipeOptions,
    Stage,
    StageContext,
)
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.search_result import SearchResult  # noqa: E402
from fusion_perception.lab.training.streams import META, TRAIN, UPPER, Streams  # noqa: E402
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig  # noqa: E402
from fusion_perception.labels import FMB15, MSRS9  # noqa: E402
from fusion_perception.progress import Progress  # noqa: E402
from test.lab.training.scenes import samples, source_of  # noqa: E402
from test.lab.training.test_trainer import contents  # noqa: E402

pytestmark = pytest.mark.slow


def trainer_of(stage: Stage, folder: Path, steps: int) -> Trainer:
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    strategy = stage.build(StageContext(tasks=("a", "b")))
    names = ("a", "b") if stage.streams == TASKS else (TRAIN, UPPER, META)
    augment = replace(stage.augment, crop=(64, 64))
    sources = {n: source_of(samples(4, i, 64, 96), 2, augment, i) for i, n in enumerate(names)}
    return Trainer(
        strategy,
        Streams(sources, torch.device("cpu")),
        folder,
        TrainerConfig(steps, log_every=1, check_every=1),
        progress=Progress(silent=True),
    )


STAGES = [(name, number) for name in RECIPES for number in range(len(get_recipe(name).stages(RecipeOptions("smoke"))))]


@pytest.mark.parametrize(("name", "number"), STAGES, ids=[f"{n}-{i + 1}" for n, i in STAGES])
def test_every_stage_resumes_to_the_same_bits(tmp_path: Path, name: str, number: int) -> None:
    # Short schedules, so that all phases of a strategy fall on both sides of the interruption.
    latency = ((1.0,) * 8,) * 4 if name == "tim" else None
    stage = get_recipe(name).stages(RecipeOptions("smoke", scale=0.1, latency=latency))[number]
    steps = min(stage.steps, 8)
    whole = trainer_of(stage, tmp_path / "whole", steps)
    whole.run()
    trainer_of(stage, tmp_path / "parts", steps).run(until=steps // 2)
    resumed = trainer_of(stage, tmp_path / "parts", steps)
    resumed.run(resume=steps > 1)
    a, b = (contents(tmp_path / run / "state.safetensors") for run in ("whole", "parts"))
    assert a.keys() == b.keys()
    assert [key for key in a if a[key] != b[key]] == []
    assert whole.strategy.result() == resumed.strategy.result()
    assert any("optimiser/" in key for key in a)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("faithful", [False, True])
def test_every_budget_is_described(name: str, budget: str, faithful: bool) -> None:
    recipe = get_recipe(name)
    for labels in (MSRS9, FMB15):
        stages = recipe.stages(RecipeOptions(budget, labels, faithful))
        assert all(stage.steps >= 1 and stage.batch >= 1 for stage in stages)
        assert stages[-1].scored
        assert all(side % 32 == 0 for stage in stages for side in stage.augment.crop)
    assert len({stage.name for stage in stages}) == len(stages)
    doubled = recipe.stages(RecipeOptions(budget, MSRS9, faithful, 2.0))
    longer, plain = sum(s.steps for s in doubled), sum(s.steps for s in stages)
    assert longer == pytest.approx(2 * plain, rel=0.05)


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("name", RECIPES)
def test_every_stage_sees_failing_sensors(name: str, budget: str) -> None:
    for stage in get_recipe(name).stages(RecipeOptions(budget)):
        a = stage.augment
        assert min(a.p_no_thermal, a.p_no_rgb, a.p_dark, a.p_noise, a.p_shift, a.max_shift, a.p_photometric) > 0
        # What the network is given in the end: batches with either sensor black, never both.
        often = replace(a, crop=(32, 32), p_no_thermal=0.3, p_no_rgb=0.3, failures=("black",))
        source = source_of(samples(4), 32, often)
        batch = source(0)
        thermal, rgb = batch.thermal.amax((1, 2, 3)), batch.rgb.amax((1, 2, 3))
        assert (thermal == 0).any()
        assert (rgb == 0).any()
        assert not ((thermal == 0) & (rgb == 0)).any()


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_train_other_label_sets(name: str) -> None:
    stage = get_recipe(name).stages(RecipeOptions("smoke", FMB15))[-1]
    strategy = stage.build(StageContext())
    assert isinstance(strategy.system, System)
    assert len(strategy.system.labels) == 15


def test_unknown_recipes_and_budgets_are_refused() -> None:
    with pytest.raises(DataError, match="unknown recipe 'best'; known: realtime"):
        get_recipe("best")
    with pytest.raises(ValueError, match="allowed: smoke, cpu, paper"):
        RecipeOptions("big")


def test_tim_searches_with_the_latencies_it_is_given() -> None:
    table = ((1.0,) * 7 + (9.0,),) * 4
    stage = get_recipe("tim").stages(RecipeOptions("smoke", latency=table))[0]
    assert stage.build(StageContext()).result().latency_ms == tuple(map(tuple, table))
    wrong = get_recipe("tim").stages(RecipeOptions("smoke", latency=((1.0, 2.0),)))[0]
    with pytest.raises(DataError, match=r"the latency table is \(1, 2\)"):
        wrong.build(StageContext())


def test_tim_builds_the_network_it_found() -> None:
    genotype = [["chain", ["eca_3_1", "spatial_3_1"]], ["chain", ["dilconv_3_2", "eca_3_1"]]]
    stage = get_recipe("tim").stages(RecipeOptions("smoke"))[-1]
    strategy = stage.build(StageContext(result=SearchResult(genotype=genotype, latency_ms=())))
    assert json.loads(json.dumps(strategy.system.spec.fuser_options))["genotype"] == genotype


def test_a_stage_starts_from_the_one_before() -> None:
    warmup, bilevel = get_recipe("bdlfusion").stages(RecipeOptions("smoke"))
    torch.manual_seed(3)
    before = warmup.build(StageContext()).system
    after = bilevel.build(StageContext(previous=before)).system
    assert torch.equal(before.fuser.stem.weight, after.fuser.stem.weight)
    assert after is not before
    assert all(p.requires_grad for p in after.parameters())
    fresh = bilevel.build(StageContext()).system
    assert not torch.equal(before.fuser.stem.weight, fresh.fuser.stem.weight)


def test_results_load_as_systems(tmp_path: Path) -> None:
    stage = get_recipe("tdfusion").stages(RecipeOptions("smoke", scale=0.1))[0]
    trainer = trainer_of(stage, tmp_path, 2)
    trainer.run()
    system, _ = load_system(tmp_path / "best.safetensors")
    assert system.spec.fuser == "tdfusion_small"
    kinds = [line["kind"] for line in read_journal(tmp_path / "log.jsonl")]
    assert kinds.count("train") == 2


def test_tim_measures_every_edge_of_its_space() -> None:
    import fusion_perception.lab.training.recipes.tim as recipe

    torch.manual_seed(0)
    net = TIMSupernet(4, (("fusion", 1), ("chain", 1)), ("dilconv_3_2", "spatial_3_1"))
    size = replace(recipe.SIZES["smoke"], table_size=(32, 32))
    table = recipe.latency_table(net, size, torch.device("cpu"))
    assert table.shape == (2, 2)
    assert table.min() > 0
    assert (table[0] > table[1]).all()  # the fusion cell runs an operation at three scales
