# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""SegMiF: fusion and segmentation take turns (Liu et al., ICCV 2023).

Dense-residual fuser with hierarchical interactive attention over features of a SegFormer, alternating cascade with
dynamic loss weights. The release starts the SegFormer from ImageNet weights; here it starts from nothing, and in
round 1 its features say nothing yet. Departures from the release, which ``faithful`` takes back: the temperature of
the dynamic weights is 2 instead of 1000, which made them constant. Fused images are computed when they are needed,
not written to disk, and the best state is chosen on held-out training images, not on the test set.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.balancers.dynamic_weight_average import DynamicWeightAverage
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.edges import edge_target_loss
from fusion_perception.lab.training.losses.weighted import blend_loss
from fusion_perception.lab.training.optimisation.schedule import polynomial
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig
from fusion_perception.lab.training.recipes.published import gentle, task_loss
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.source_weights.saliency import SaliencyWeights
from fusion_perception.lab.training.strategies.alternating import (
    FUSION,
    TASK,
    AlternatingConfig,
    AlternatingStrategy,
    Round,
)
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """What a budget changes.

    Attributes:
        fuser: network.
        segmenter: network.
        rounds: number of rounds.
        first: fusion steps of round 1.
        fusion: fusion steps of later rounds.
        task: segmentation steps of every round.
        batch: samples per step.
        crop: (height, width) in pixels.
        fusion_lr: of the fuser, divided by the round.
        task_lr: of the segmenter.
        period: steps over which the dynamic weights average.
    """

    fuser: str
    segmenter: str
    rounds: int
    first: int
    fusion: int
    task: int
    batch: int
    crop: tuple[int, int]
    fusion_lr: float
    task_lr: float
    period: int


SIZES = {
    "smoke": Size("segmif_small", "segformer_small", 2, 20, 20, 40, 2, (96, 128), 2e-3, 2e-3, 5),
    "cpu": Size("segmif_small", "segformer_small", 4, 60, 40, 75, 4, (192, 256), 1e-3, 1e-3, 10),
    # 7 rounds, 6000 then 4000 fusion and 10000 segmentation steps, batch 2, crop 320 (480 for segmentation) (release).
    "paper": Size("segmif", "segformer_b3", 7, 6000, 4000, 10000, 2, (320, 320), 1e-4, 8e-5, 10),
}
FUSION_WEIGHT, TASK_WEIGHT = 0.4, 0.8  # release
STRUCTURE = 1.1  # weight of 1 - SSIM (release)
TEMPERATURE = 2.0  # Liu et al., CVPR 2019
FAITHFUL_TEMPERATURE = 1000.0  # release
FUSION_HORIZON = 20000 / 6000  # the fuser's schedule would end after this multiple of round 1 (release)
TASK_HORIZON = 160000 / 70000  # the segmenter's, of all its steps (release)
TASK_WARMUP = 3000 / 70000  # of all its steps (release)
HEAD_FACTOR = 10.0  # learning rate of the head over that of the pre-trained encoder (release)


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the one stage that holds all rounds."""
    size = SIZES[options.budget]
    first, fusion, task = (options.steps(n) for n in (size.first, size.fusion, size.task))
    rounds = (Round(first, task), *(Round(fusion, task) for _ in range(size.rounds - 1)))
    total = sum(r.fusion_steps + r.task_steps for r in rounds)
    task_total = task * size.rounds
    spec = SystemSpec(size.fuser, size.segmenter, options.labels.name, cascade=True)
    provider = SaliencyWeights()

    def target(batch: Batch) -> Tensor:
        luma = luma_of(batch.rgb)
        return provider(batch.thermal, luma, batch.labels).blend(batch.thermal, luma)

    def first_loss(fused: Tensor, batch: Batch) -> Tensor:
        goal = target(batch)
        return blend_loss(fused.float(), goal, structure=0.0) + edge_target_loss(fused.float(), goal)

    def later_loss(fused: Tensor, batch: Batch) -> Tensor:
        return blend_loss(fused.float(), target(batch), STRUCTURE, power=2)

    # The head learns faster than a pre-trained encoder; without pre-training both learn alike.
    heads = dict.fromkeys(("project", "merge", "classify"), HEAD_FACTOR) if options.faithful else None
    config = AlternatingConfig(
        first_loss,
        later_loss,
        task_loss(options),
        rounds,
        OptimiserConfig("adamw", size.fusion_lr, weight_decay=0.01),
        polynomial(round(FUSION_HORIZON * first)),
        OptimiserConfig("adamw", size.task_lr, weight_decay=0.01, multipliers=heads),
        polynomial(round(TASK_HORIZON * task_total), warmup=round(TASK_WARMUP * task_total)),
        FUSION_WEIGHT,
        TASK_WEIGHT,
    )

    def build(context: StageContext) -> Strategy:
        temperature = FAITHFUL_TEMPERATURE if options.faithful else TEMPERATURE
        balancer = DynamicWeightAverage([FUSION, TASK], temperature, size.period)
        return AlternatingStrategy(context.system(spec), config, balancer, context.processes, context.precision)

    return [Stage("", total, size.batch, gentle(size.crop, options.faithful), build)]


RECIPE = Recipe("segmif", "interactive fuser and SegFormer in an alternating cascade", stages)
