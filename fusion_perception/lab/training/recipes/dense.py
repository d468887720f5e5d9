# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The segmenter of release 0.1, dense convolutions without pretraining, trained like ``realtime``."""

from __future__ import annotations

from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.recipes.realtime import SIZES, FusionLoss, our_stages
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the stages of ``realtime``, with another segmenter."""
    spec = SystemSpec("realtime", "realtime", options.labels.name, segmenter_options={"contrast": 16})
    return our_stages(options, spec, SIZES[options.budget], FusionLoss())


RECIPE = Recipe("dense", "the segmenter of release 0.1, to compare with", stages, synthetic_share=0.0)
