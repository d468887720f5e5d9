# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig  # noqa: E402
from fusion_perception.lab.training.objectives.distillation import (  # noqa: E402
    DistillationObjective,
    divergence,
)
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective  # noqa: E402
from fusion_perception.lab.training.recipes.realtime import looks_of  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import RecipeOptions, StageContext  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.labels import IGNORE, MSRS9  # noqa: E402
from test.lab.training.scenes import tiny_system, toy_batch  # noqa: E402

CONFIG = SegmentationLossConfig.plain(MSRS9)


def test_divergence_is_the_mean_of_kullback_and_leibler() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 2, 3, 4, 5)
    p, q = teacher.softmax(1), student.softmax(1)
    assert torch.allclose(divergence(student, teacher), (p * (p / q).log()).sum(1).mean(), atol=1e-6)
    assert divergence(teacher, teacher + 3) < 1e-6  # a constant in all logits means nothing


def test_pixels_without_a_label_learn_from_the_teacher() -> None:
    batch = toy_batch(size=64, dtype=torch.float32)
    batch = replace(batch, labels=torch.full_like(batch.labels, IGNORE))
    system, other = tiny_system(0).train(), tiny_system(1).eval()
    objective = DistillationObjective(system, other.segment, CONFIG, 4.0)
    terms = objective(batch)
    assert terms["cross_entropy"].item() == 0
    terms["distillation"].backward()
    assert max(float(p.grad.abs().max()) for p in system.segmenter.parameters()) > 0
    assert all(p.grad is None for p in other.parameters())
    assert not any(p is q for p in objective.parameters() for q in other.parameters())


def test_labels_count_as_they_do_without_a_teacher() -> None:
    batch, system = toy_batch(size=64, dtype=torch.float32), tiny_system().eval()
    plain = SegmentationObjective(system, CONFIG)(batch)
    taught = DistillationObjective(system, system.segmenter.forward, CONFIG, 4.0)(batch)
    assert abs(taught.pop("distillation").item()) < 1e-6
    assert {k: v.item() for k, v in taught.items()} == pytest.approx({k: v.item() for k, v in plain.items()})


def test_the_teacher_of_our_recipe_is_the_state_that_the_stage_began_with() -> None:
    stage = {s.name: s for s in get_recipe("realtime").stages(RecipeOptions("smoke"))}["distil"]
    torch.manual_seed(0)
    strategy = stage.build(StageContext())
    segmenter = strategy.system.segmenter
    pair = torch.rand(1, 1, 64, 64), torch.rand(1, 3, 64, 64)
    before = strategy.objective.teacher(*pair)
    with torch.no_grad():
        segmenter.head.bias += 5 * torch.rand_like(segmenter.head.bias)
    segmenter.eval()
    assert torch.equal(strategy.objective.teacher(*pair), before)
    assert not torch.allclose(segmenter(*pair), before)


def test_our_recipe_learns_from_the_mean_of_further_teachers() -> None:
    stages = {s.name: s for s in get_recipe("realtime").stages(RecipeOptions("smoke"))}
    torch.manual_seed(0)
    plain, grown = (stages[name].build(StageContext()).system.eval() for name in ("refine", "contrast"))
    strategy = stages["distil"].build(StageContext(previous=plain, teachers=(grown,)))
    pair = torch.rand(1, 1, 64, 64), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        each = [looks_of(system)(*pair) for system in (plain, grown)]
        assert torch.allclose(strategy.objective.teacher(*pair), (each[0] + each[1]) / 2, atol=1e-5)
    with pytest.raises(DataError, match="give checkpoints of the recipes realtime and quality"):
        looks_of(System(SystemSpec("realtime", "segformer_small", cascade=True)))


def test_a_short_budget_has_no_stage_to_distil() -> None:
    assert [s.name for s in get_recipe("realtime").stages(RecipeOptions("cpu"))] == ["segment", "refine", "fuse"]
