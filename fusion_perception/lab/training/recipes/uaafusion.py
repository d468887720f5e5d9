# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""UAAFusion: attribution decides what the fused image shows (Bai et al., IEEE TCSVT 35(4), 2025).

Unfolding fuser and MobileNetV2 segmenter, trained jointly. The segmenter starts from a pre-trained state; its
recipe was not published, so a first stage trains it on both sources. Departures from the release, which
``faithful`` takes back where they are quirks: the weights enter the data term, the attention is normalised, the
cross entropy is taken on logits, attribution is per image and in eval mode, and a quarter of the steps runs without
guidance, so that the deployed fuser works without it.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.objectives.attribution_guided import (
    AttributionGuidedConfig,
    AttributionGuidedObjective,
    SourceSegmentationObjective,
)
from fusion_perception.lab.training.optimisation.schedule import cosine, every
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig
from fusion_perception.lab.training.recipes.published import gentle, task_loss
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """What a budget changes.

    Attributes:
        suffix: of the network names.
        prepare: steps of the segmenter alone.
        joint: steps of both.
        batch: samples per step.
        crop: (height, width) in pixels.
        lr: learning rate; from 2e-3 on single updates saturate the sigmoids of the stages, for good.
        drops: number of stretches of equal length, the learning rate halved after each.
        points: path points of the attribution weights.
        exact: one backward pass per class.
    """

    suffix: str
    prepare: int
    joint: int
    batch: int
    crop: tuple[int, int]
    lr: float
    drops: int
    points: int
    exact: bool


SIZES = {
    "smoke": Size("_small", 60, 60, 2, (96, 128), 1e-3, 1, 2, False),
    "cpu": Size("_small", 250, 300, 4, (192, 256), 1e-3, 2, 3, False),
    # 40 epochs of batches of 8 patches of 256 x 256 from FMB, Adam 1e-4, x 0.5 every 10
    # epochs, K = 5 points (release).
    "paper": Size("", 20000, 36600, 8, (256, 256), 1e-4, 4, 5, True),
}
GAMMA = 0.5  # release
INTENSITY, GRADIENT, TASK = 1.0, 1.0, 0.1  # weights of the terms (release)
NEUTRAL_SHARE = 0.25  # ours
PREPARE_LR = 1e-3  # ours


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the preparation of the segmenter and the joint training."""
    size, faithful = SIZES[options.budget], options.faithful
    spec = SystemSpec(
        f"uaafusion{size.suffix}",
        f"mobilenet_deeplab{size.suffix}",
        options.labels.name,
        cascade=True,
        fuser_options={"faithful": True} if faithful else {},
    )
    loss = AttributionGuidedConfig(
        # The release ignores class 0, which in FMB is "unlabelled" but in MSRS the whole background.
        task_loss(options, ignore_background=options.labels.name == "fmb15"),
        INTENSITY,
        GRADIENT,
        TASK,
        size.points,
        size.exact or faithful,
        0.0 if faithful else NEUTRAL_SHARE,
        faithful,
    )
    augment = gentle(size.crop, faithful)
    prepare, joint = options.steps(size.prepare), options.steps(size.joint)

    def build_prepare(context: StageContext) -> Strategy:
        objective = SourceSegmentationObjective(context.system(spec), loss, context.precision)
        return JointStrategy(
            objective,
            OptimiserConfig("adamw", PREPARE_LR, 0.01),
            cosine(prepare, max(1, prepare // 20)),
            processes=context.processes,
            named=objective.system.segmenter.named_parameters(),
        )

    def build_joint(context: StageContext) -> Strategy:
        objective = AttributionGuidedObjective(context.system(spec), loss, context.precision)
        return JointStrategy(
            objective,
            OptimiserConfig("adam", size.lr),
            every(joint // size.drops, GAMMA, joint),
            processes=context.processes,
        )

    return [
        Stage("segmenter", prepare, size.batch, augment, build_prepare, scored=False),
        Stage("joint", joint, size.batch, augment, build_joint),
    ]


RECIPE = Recipe("uaafusion", "unfolding fuser guided by attribution of the segmenter, trained jointly", stages)
