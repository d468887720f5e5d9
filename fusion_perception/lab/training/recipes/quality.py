# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our system for where time is no concern: a fuser at full resolution, and a segmenter that looks several times.

The segmenter has the weights of ``realtime`` and is trained by the same stages: ``--stages fuse --init`` with a
checkpoint of ``realtime`` trains the fuser alone.
"""

from __future__ import annotations

from fusion_perception.lab.training.recipes.realtime import FusionLoss, Size, our_spec, our_stages
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage

SIZES = {
    "smoke": Size(20, 10, 6, 0, 20, 4, (160, 192), 4, (160, 192)),
    "cpu": Size(800, 200, 0, 0, 250, 4, (192, 256), 4, (192, 256)),
    "paper": Size(12000, 3000, 6000, 600, 1200, 8, (320, 384), 6, (384, 480)),  # the shipped model
}
OFFSETS = {"car": -1.5, "person": -2.8, "bike": 0.7}
"""Of the logits, outside of training; see ``realtime``. Averaged looks find enough people to be choosy."""
OFFSETS_ALONE = {"car": 0.3, "person": -2.0, "bike": -2.5}
LOSS = FusionLoss(0.8, 4.0, 12.0, 1.0, 0.3, 0.02, edges=0.4, entropy=0.06)
"""Edges count more than in ``realtime``: at full resolution they can be met to the pixel."""


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the stages."""
    spec = our_spec("fine", "realtime_averaged", options, OFFSETS, OFFSETS_ALONE)
    return our_stages(options, spec, SIZES[options.budget], LOSS)


RECIPE = Recipe("quality", "our fuser at full resolution, and our segmenter averaged over several views", stages)
