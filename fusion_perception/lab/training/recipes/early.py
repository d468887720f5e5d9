# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sensors that meet after their first convolutions: as costly as ``realtime``, trained like it, to compare with."""

from __future__ import annotations

from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.recipes.realtime import GATED, SIZES, FusionLoss, our_stages
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the stages of ``realtime``, with another segmenter."""
    spec = SystemSpec("realtime", "two_stream_early", options.labels.name, segmenter_options=GATED)
    return our_stages(options, spec, SIZES[options.budget], FusionLoss())


RECIPE = Recipe("early", "sensors that meet after the first convolution, to compare with", stages, synthetic_share=0.0)
