# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our own real-time system: a segmenter that sees both sensors, and a light fuser beside it.

The two share no weights, so each is trained in a stage of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from fusion_perception.nets.colour import luma as luma_of
from fusion_perception.nets.system import SystemSpec
from fusion_perception.training.augment import AugmentConfig
from fusion_perception.training.losses.fusion import gradient_loss, intensity_loss, ssim
from fusion_perception.training.losses.segmentation import SegmentationLossConfig, object_ids, unannotated_ids
from fusion_perception.training.objectives.segmentation import SegmentationObjective
from fusion_perception.training.objectives.task_guided import FusionObjective
from fusion_perception.training.optimisation.schedule import Schedule, cosine
from fusion_perception.training.optimisation.updater import OptimiserConfig
from fusion_perception.training.recipes.base import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.training.samples import Batch
from fusion_perception.training.strategies.base import Strategy
from fusion_perception.training.strategies.joint import JointStrategy


@dataclass(frozen=True)
class Size:
    """Steps, batch and crop of a budget."""

    segment: int
    fuse: int
    batch: int
    crop: tuple[int, int]


SIZES = {
    "smoke": Size(30, 30, 4, (160, 192)),
    "cpu": Size(1000, 250, 4, (192, 256)),  # as many crops, and as large, as the published methods get
    "paper": Size(12000, 800, 8, (320, 384)),  # the shipped model
}

# Found on the MSRS training part with ``--budget cpu``; no paper stands behind these.
OPTIMISER = OptimiserConfig("adamw", lr=2e-3, weight_decay=0.03, clip=5.0)
WARMUP_SHARE = 0.025
AVERAGE_DECAY = 0.999
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 2.0, 2.0)
DICE = 0.5
AUGMENT = AugmentConfig(p_shift=0.15, max_shift=4, p_dark=0.15)


def fusion_loss(fused: Tensor, batch: Batch) -> Tensor:
    """Follow the brighter source, keep the stronger gradient, look like both."""
    luma = luma_of(batch.rgb)
    structure = 1 - 0.5 * ssim(fused.float(), batch.thermal) - 0.5 * ssim(fused.float(), luma)
    return intensity_loss(fused, batch.thermal, luma) + 3 * gradient_loss(fused, batch.thermal, luma) + 0.2 * structure


def segmentation_config(options: RecipeOptions) -> SegmentationLossConfig:
    """Return the loss; only the nine MSRS classes have weights of their own."""
    weights = CLASS_WEIGHTS if options.labels.name == "msrs9" else None
    return SegmentationLossConfig(1.0, DICE, weights, object_ids(options.labels), unannotated_ids(options.labels))


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the two stages."""
    size = SIZES[options.budget]
    spec = SystemSpec("realtime", "realtime", options.labels.name)
    augment = replace(AUGMENT, crop=size.crop)
    task = segmentation_config(options)

    def stage(name: str, steps: int, build: Callable[[StageContext, Schedule], Strategy]) -> Stage:
        steps = options.steps(steps)
        schedule = cosine(steps, max(1, round(WARMUP_SHARE * steps)))
        return Stage(
            name, steps, size.batch, augment, lambda context: build(context, schedule), average_decay=AVERAGE_DECAY
        )

    def segment(context: StageContext, schedule: Schedule) -> Strategy:
        system = context.system(spec)
        system.fuser.requires_grad_(False)
        objective = SegmentationObjective(system, task, context.precision)
        return JointStrategy(objective, OPTIMISER, schedule, processes=context.processes)

    def fuse(context: StageContext, schedule: Schedule) -> Strategy:
        system = context.system(spec)
        system.segmenter.requires_grad_(False)
        objective = FusionObjective(system, fusion_loss, context.precision)
        return JointStrategy(objective, OPTIMISER, schedule, processes=context.processes)

    return [stage("segment", size.segment, segment), stage("fuse", size.fuse, fuse)]


RECIPE = Recipe("realtime", "our real-time segmenter and fuser", stages)
