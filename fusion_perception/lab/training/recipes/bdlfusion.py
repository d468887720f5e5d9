# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""BDLFusion: the fuser foresees how critic and segmenter will respond (Liu et al., IJCAI 2023).

A fusion-only warm-up, then bi-level training. The hyper-gradient has the sign and scale of the paper; in the release
the correction is added instead of subtracted and scaled by 2e-4, and both constraints share one gradient buffer, so
its weights do nothing. The release detects; the segmentation variant was never published, so the segmenter is the
SegFormer the other methods use, with its usual optimiser. The upper level is judged on a part of the training list
that the lower level does not see. The critic's parameters are clipped, as a Wasserstein critic needs and the release
omits (``faithful``: not clipped).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.registry import CRITICS
from fusion_perception.lab.nets.system import System, SystemSpec
from fusion_perception.lab.training.balancers.random_weighting import RandomLossWeighting
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.losses.weighted import blend_loss
from fusion_perception.lab.training.objectives.task_guided import FusionObjective
from fusion_perception.lab.training.optimisation.schedule import cosine, staircase
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.recipes.published import gentle, task_loss
from fusion_perception.lab.training.recipes.recipe import TWO_LEVEL, Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.source_weights.saliency import SaliencyWeights
from fusion_perception.lab.training.strategies.bilevel import BilevelStrategy, Constraint
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """What a budget changes.

    Attributes:
        suffix: of the names of fuser and critic.
        segmenter: network.
        warmup: fusion-only steps.
        bilevel: steps of the bi-level training.
        batch: samples per step.
        crop: (height, width) in pixels.
        period: lower steps per upper step.
        fusion: optimiser of the fuser in the bi-level stage.
        task: optimiser of the segmenter.
        warmup_lr: of the fusion-only steps; ours.
    """

    suffix: str
    segmenter: str
    warmup: int
    bilevel: int
    batch: int
    crop: tuple[int, int]
    period: int
    fusion: OptimiserConfig
    task: OptimiserConfig
    warmup_lr: float = 1e-3


LR = 2e-4  # of fuser and judges (release)
FUSER_SGD = OptimiserConfig("sgd", LR, weight_decay=1e-3, momentum=0.0)  # release
CRITIC_SGD = OptimiserConfig("sgd", LR, weight_decay=1e-4, momentum=0.9)  # release
SIZES = {
    "smoke": Size(
        "_small",
        "segformer_small",
        40,
        60,
        2,
        (96, 128),
        3,
        OptimiserConfig("adam", LR),
        OptimiserConfig("adamw", 2e-3, 0.01),
        warmup_lr=5e-3,
    ),
    "cpu": Size(
        "_small",
        "segformer_small",
        120,
        600,
        4,
        (192, 256),
        4,
        OptimiserConfig("adam", LR),
        OptimiserConfig("adamw", 1e-3, 0.01),
    ),
    # Batch 2, one upper step in ten, drops at 30 000 and 40 000 steps (release); segmenter as in SegFormer's paper.
    "paper": Size("", "segformer_b0", 10000, 50000, 2, (288, 384), 10, FUSER_SGD, OptimiserConfig("adamw", 6e-5, 0.01)),
}
STRUCTURE = 1.1  # weight of 1 - SSIM in L_f (release)
CRITIC_LOWER, CRITIC_UPPER, CRITIC_TASK = 0.5, 0.5, 0.01  # weights of the critic's scores (release)
WEIGHT_SUM = 0.5  # of the random weights (release)
CRITIC_CLAMP = 0.1  # ours; Arjovsky et al., 2017, use 0.01 on deeper critics
UPPER_SHARE = 0.2  # of the training list, for the upper level only; ours
SCHEDULE_WARMUP, DROPS, GAMMA = 0.02, (0.6, 0.8), 0.1  # 1000, 30 000 and 40 000 of about 50 000 steps (release)


class Judges:
    """The losses of both constraints.

    The release adds to each lower loss a term that the judge has no influence on. Its argmin stays the same, but
    the rank-one hyper-gradient would take that term for part of the judge's response and subtract it from the
    fuser's own gradient: with rho near 1 nothing of the fusion loss remains. So it is left out unless
    ``faithful``.

    Args:
        system: fuser and segmenter.
        critic: scores luminance images per pixel; high means like the target.
        segmentation: which task loss.
        precision: of the networks.
        faithful: lower losses as released.
    """

    def __init__(
        self,
        system: System,
        critic: nn.Module,
        segmentation: SegmentationLossConfig,
        precision: Precision,
        faithful: bool = False,
    ) -> None:
        self.faithful = faithful
        self.system, self.critic, self.segmentation, self.precision = system, critic, segmentation, precision
        self.provider = SaliencyWeights()

    def target(self, batch: Batch) -> Tensor:
        """Return the saliency-weighted blend of the sources."""
        luma = luma_of(batch.rgb)
        return self.provider(batch.thermal, luma, batch.labels).blend(batch.thermal, luma)

    def fusion(self, fused: Tensor, batch: Batch) -> Tensor:
        """L_f = L1(u, t) + 1.1 (1 - SSIM(u, t))."""
        return blend_loss(fused.float(), self.target(batch), STRUCTURE)

    def visual_lower(self, fused: Tensor, batch: Batch) -> Tensor:
        """phi_v = 1/2 * 1/2 (E D(u) - E D(t)), and L_f where faithful."""
        scores = self.critic(torch.cat([fused, self.target(batch)]))
        ours, goal = scores.chunk(2)
        loss = CRITIC_LOWER * 0.5 * (ours.mean() - goal.mean())
        return loss + self.fusion(fused, batch) if self.faithful else loss

    def visual_upper(self, fused: Tensor, batch: Batch) -> Tensor:
        """Phi_v = L_f - 1/2 E D(u)."""
        return self.fusion(fused, batch) - CRITIC_UPPER * self.critic(fused).mean()

    def task_lower(self, fused: Tensor, batch: Batch) -> Tensor:
        """phi_p = L_task, and - 0.01 E D(u) where faithful."""
        with self.precision.autocast():
            logits = self.system.segment_fused(fused, batch.rgb)
        loss = segmentation_loss(logits, batch.labels, batch.complete, self.segmentation)
        return loss - CRITIC_TASK * self.critic(fused).mean() if self.faithful else loss

    def task_upper(self, fused: Tensor, batch: Batch) -> Tensor:
        """Phi_p = L_task - 0.01 E D(u)."""
        loss = self.task_lower(fused, batch)
        return loss if self.faithful else loss - CRITIC_TASK * self.critic(fused).mean()


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the fusion-only warm-up and the bi-level training."""
    size, faithful = SIZES[options.budget], options.faithful
    spec = SystemSpec(f"bdlfusion{size.suffix}", size.segmenter, options.labels.name, cascade=True)
    segmentation = task_loss(options)
    augment = gentle(size.crop, faithful)
    warmup, bilevel = options.steps(size.warmup), options.steps(size.bilevel)

    def build_warmup(context: StageContext) -> Strategy:
        system = context.system(spec)
        judges = Judges(system, nn.Identity(), segmentation, context.precision)
        return JointStrategy(
            FusionObjective(system, judges.fusion, context.precision),
            OptimiserConfig("adam", size.warmup_lr),
            cosine(warmup, max(1, warmup // 20)),
            processes=context.processes,
            named=system.fuser.named_parameters(),
        )

    def build_bilevel(context: StageContext) -> Strategy:
        system = context.system(spec)
        critic = context.place(CRITICS.build(f"pixel{size.suffix}"))
        judges = Judges(system, critic, segmentation, context.precision, faithful)
        schedule = staircase([round(d * bilevel) for d in DROPS], GAMMA, round(SCHEDULE_WARMUP * bilevel))
        visual = Constraint(
            "visual",
            critic,
            judges.visual_lower,
            judges.visual_upper,
            Updater.of(critic, CRITIC_SGD, schedule, context.processes),
            None if faithful else CRITIC_CLAMP,
        )
        task = Constraint(
            "task",
            system.segmenter,
            judges.task_lower,
            judges.task_upper,
            Updater.of(system.segmenter, size.task, schedule, context.processes),
        )
        return BilevelStrategy(
            system,
            lambda batch: system.fuse(batch.thermal, batch.rgb),
            Updater.of(system.fuser, size.fusion, schedule, context.processes),
            [visual, task],
            RandomLossWeighting(["visual", "task"], context.seed, WEIGHT_SUM),
            size.period,
            {"critic": critic},
            context.processes,
            context.precision,
        )

    return [
        Stage("warmup", warmup, size.batch, augment, build_warmup, scored=False),
        Stage("bilevel", bilevel, size.batch, augment, build_bilevel, TWO_LEVEL, UPPER_SHARE),
    ]


RECIPE = Recipe("bdlfusion", "dense fuser, critic and SegFormer as a bi-level problem", stages)
