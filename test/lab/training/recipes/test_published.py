# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.choices import BUDGETS
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, object_ids, unannotated_ids
from fusion_perception.lab.training.recipes import realtime
from fusion_perception.lab.training.recipes.published import task_loss
from fusion_perception.lab.training.recipes.recipe import RecipeOptions
from fusion_perception.labels import MSRS9


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("loss", [task_loss, realtime.segmentation_config])
def test_losses_follow_what_the_boxes_annotate(loss, budget: str) -> None:
    usual: SegmentationLossConfig = loss(RecipeOptions(budget))
    assert usual.unannotated == unannotated_ids(MSRS9)
    persons: SegmentationLossConfig = loss(RecipeOptions(budget, annotated=(0, 2)))
    assert persons.unannotated == (1, 3, 4, 5, 6, 7, 8)
    assert (usual.dice_classes, persons.dice_classes) == ((object_ids(MSRS9), (2,)) if usual.dice else ((), ()))
