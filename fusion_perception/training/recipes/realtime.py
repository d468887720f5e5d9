# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our own real-time system: joint training of a light fuser and a segmenter that sees both sensors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fusion_perception.nets.system import SystemSpec
from fusion_perception.training.augment import AugmentConfig
from fusion_perception.training.losses.segmentation import object_ids, unannotated_ids
from fusion_perception.training.optimisation.schedule import cosine
from fusion_perception.training.optimisation.updater import OptimiserConfig
from fusion_perception.training.recipes.base import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.training.strategies.base import Strategy
from fusion_perception.training.strategies.joint import JointLossConfig, JointObjective, JointStrategy


@dataclass(frozen=True)
class Size:
    """Steps, batch and crop of a budget."""

    steps: int
    batch: int
    crop: tuple[int, int]


SIZES = {
    "smoke": Size(30, 4, (160, 192)),
    "cpu": Size(4000, 8, (320, 384)),
    "paper": Size(40000, 8, (320, 384)),
}

# Found on the MSRS training part with ``--budget cpu``; no paper stands behind these.
OPTIMISER = OptimiserConfig("adamw", lr=2e-3, weight_decay=0.02, clip=5.0)
WARMUP_SHARE = 0.025
AVERAGE_DECAY = 0.998


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the one stage."""
    size = SIZES[options.budget]
    steps = options.steps(size.steps)
    spec = SystemSpec("realtime", "realtime", options.labels.name)
    loss = JointLossConfig()
    if options.labels.name != "msrs9":
        loss = replace(
            loss,
            class_weights=(1.0,) * len(options.labels),
            dice_classes=object_ids(options.labels),
            unannotated=unannotated_ids(options.labels),
        )

    def build(context: StageContext) -> Strategy:
        objective = JointObjective(context.system(spec), loss, context.precision)
        schedule = cosine(steps, max(1, round(WARMUP_SHARE * steps)))
        return JointStrategy(objective, OPTIMISER, schedule, processes=context.processes)

    return [Stage("", steps, size.batch, AugmentConfig(size.crop), build, average_decay=AVERAGE_DECAY)]


RECIPE = Recipe("realtime", "our real-time fuser and two-sensor segmenter, trained jointly", stages)
