# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our system for where time is no concern: a fuser at full resolution, and a segmenter that looks at every pixel.

The segmenter is trained as that of ``realtime``, at a quarter of the cost, and then goes on at full resolution
(``enlarge``).
"""

from __future__ import annotations

from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.recipes.realtime import GATED, FusionLoss, Size, our_stages
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage

SIZES = {
    "smoke": Size(20, 6, 20, 2, (96, 128), 4),
    "cpu": Size(1500, 500, 200, 4, (256, 320), 150),
    "paper": Size(3600, 1000, 1200, 8, (320, 416), 600, plain=False),
}
LOSS = FusionLoss(0.8, 4.0, 12.0, 1.0, 0.3, 0.02, edges=0.4, entropy=0.06)
"""Edges count more than in ``realtime``: at full resolution they can be met to the pixel."""


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the stages."""
    spec = SystemSpec("fine", "two_stream_fine", options.labels.name, segmenter_options=GATED)
    return our_stages(options, spec, SIZES[options.budget], LOSS, smaller="two_stream")


RECIPE = Recipe("quality", "our fuser and segmenter at full resolution", stages, synthetic_share=0.0)
