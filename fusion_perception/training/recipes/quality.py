# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our system for where time is no concern: a wider fuser, and a segmenter that looks several times.

The segmenter trains as the one of ``realtime`` does and has its weights, so that one training serves both:
``--init models/realtime.safetensors --stages fuse`` takes it over and trains the fuser alone.
"""

from __future__ import annotations

from fusion_perception.training.recipes.base import Recipe, RecipeOptions, Stage
from fusion_perception.training.recipes.realtime import FusionLoss, Size, our_spec, our_stages

SIZES = {
    "smoke": Size(20, 10, 4, 20, 4, (160, 192), 4, (160, 192)),
    "cpu": Size(800, 200, 0, 250, 4, (192, 256), 4, (192, 256)),
    "paper": Size(12000, 3000, 1500, 1600, 8, (320, 384), 6, (384, 480)),  # the shipped model
}
LOSS = FusionLoss(intensity=0.8, gradient=3.0, texture=10.0, gain=0.99, structure=0.4, difference=0.02, entropy=0.1)
"""Full resolution reaches the energy that is asked for, so the gain is below 1."""


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the four stages."""
    spec = our_spec("fine", "realtime_averaged", options)
    return our_stages(options, spec, SIZES[options.budget], LOSS)


RECIPE = Recipe("quality", "our wider fuser, and our segmenter with several looks", stages)
