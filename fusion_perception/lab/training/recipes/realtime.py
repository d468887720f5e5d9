# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our own real-time system: a segmenter that asks each sensor alone too, and a light fuser beside it.

The segmenter's encoders start from ImageNet's weights. It is trained on the labels, with both sensors and with one of
them alone (``segment``), and then on pairs without labels as well, which it labels itself where it is sure (``adapt``;
``pseudo_labels.py``). Where there are no such pairs, ``adapt`` goes on with the labels. In both stages
half of the pictures are as other cameras and failing ones make them; in a short ``segment`` none is.
The fuser shares no weights with it and is trained by itself (``fuse``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.imagenet import lite0_weights
from fusion_perception.lab.nets.segmenters.two_stream import TwoStreamSegmenter
from fusion_perception.lab.nets.system import System, SystemSpec
from fusion_perception.lab.training.augmentation.config import WIDE, AugmentConfig
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.losses.edges import edge_preservation
from fusion_perception.lab.training.losses.fusion import (
    difference_correlation_loss,
    gradient_loss,
    histogram_entropy,
    intensity_loss,
    ssim,
    texture_loss,
)
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, object_ids, unannotated_ids
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective
from fusion_perception.lab.training.objectives.sensor_states import SensorStatesObjective
from fusion_perception.lab.training.objectives.task_guided import FusionObjective
from fusion_perception.lab.training.optimisation.schedule import Schedule, cosine
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """Steps of the stages, and batch and crop of those of the segmenter; ``enlarge`` takes half the batch.

    ``plain``: ``segment`` learns from ``LEARN`` alone; better where it is short.
    """

    segment: int
    adapt: int
    fuse: int
    batch: int
    crop: tuple[int, int]
    enlarge: int = 0
    plain: bool = True


SIZES = {
    "smoke": Size(20, 6, 20, 4, (96, 128)),
    "cpu": Size(1500, 500, 200, 4, (256, 320)),
    "paper": Size(3600, 1000, 600, 8, (320, 416), plain=False),
}

ENCODER = 0.4
"""Factor on the learning rate of what starts from ImageNet's weights."""
PRIOR = 20.0
"""Factor on the learning rate of the answer without any sensor: nine numbers that have far to go."""
OPTIMISER = OptimiserConfig("adamw", lr=1.5e-3, weight_decay=0.03, clip=5.0)
ADAPT_LR = 5e-4
WARMUP_SHARE = 0.025
AVERAGE_DECAY = 0.999
"""Of the mean of the weights, in long stages; in short ones it is the mean of about a fifth of them."""
DICE = 0.5
ALONE = 0.5
"""Weight of the loss with one sensor alone beside that with both."""
UNLABELLED_SHARE = 0.35
COMPLETE_TURNS = 2
"""Pairs whose labels name all classes are drawn so often for each time that others are."""
RARE = 4.0
"""Weight of a pixel of the classes that only such pairs name, in the cross entropy; the others have 1."""
RARE_DICE = 0.25
"""Weight of the Dice term of these classes."""
LEARN = AugmentConfig(
    scale=(0.55, 1.5), p_paste=0.0, p_shift=0.3, max_shift=8, p_dark=0.15, p_no_thermal=0.12, p_no_rgb=0.12
)
"""What one pair of cameras shows: all that a short ``segment`` learns from, and half of what the other stages do.

With ``WIDEN`` alone a network learns half as fast in 1500 steps, and later forgets people at night
(docs/training.md).
"""
WIDEN = replace(
    WIDE,
    scale=(0.55, 1.5),
    p_paste=0.4,
    p_shift=0.3,
    p_dark=0.15,
    p_heat=0.2,
    p_covered=0.0,
    p_no_thermal=0.15,
    p_no_rgb=0.15,
    failures=("constant", "frozen", "saturated", "noise", "noise", "blurred"),
)
"""The other half: other people's cameras, and sensors that fail."""
FUSER_OPTIMISER = OptimiserConfig("adamw", lr=3e-3, weight_decay=0.01, clip=5.0)
FUSE_BATCH, FUSE_CROP = 4, (256, 320)
FUSER_AVERAGE_DECAY = 0.99
FUSE_AUGMENT = AugmentConfig(p_shift=0.1, max_shift=3, p_dark=0.1, p_noise=0.1, p_no_thermal=0.04, p_no_rgb=0.04)
GATED = {"gated": True}
"""Options of every segmenter of two streams."""
HEATED = ("car", "bike", "bicycle")


@dataclass(frozen=True)
class FusionLoss:
    """Follow the brighter source, keep the stronger gradient and its energy, look like both and contain both.

    Attributes:
        intensity: weight of ``intensity_loss``.
        gradient: weight of ``gradient_loss``.
        texture: weight of ``texture_loss``.
        gain: on its energy; with 1 the fused image has a little less texture than the sources.
        structure: weight of 1 - SSIM, the mean over both sources.
        difference: weight of ``difference_correlation_loss``.
        edges: weight of 1 - ``edge_preservation``.
        entropy: weight of what ``histogram_entropy`` of the pixel-wise maximum has above that of the fused image.
    """

    intensity: float = 0.3
    gradient: float = 0.7
    texture: float = 20.0
    gain: float = 1.03
    structure: float = 0.6
    difference: float = 0.02
    edges: float = 0.0
    entropy: float = 0.0

    def __call__(self, fused: Tensor, batch: Batch) -> Tensor:
        """Return the loss of fused luminance (B, 1, H, W), a scalar in float32."""
        fused, thermal, luma = fused.float(), batch.thermal, luma_of(batch.rgb)
        loss = (
            self.intensity * intensity_loss(fused, thermal, luma)
            + self.gradient * gradient_loss(fused, thermal, luma)
            + self.texture * texture_loss(fused, thermal, luma, gain=self.gain)
            + self.structure * (1 - 0.5 * ssim(fused, thermal) - 0.5 * ssim(fused, luma))
            + self.difference * difference_correlation_loss(fused, thermal, luma)
        )
        if self.edges:
            loss = loss + self.edges * (1 - edge_preservation(fused, thermal, luma)).mean()
        if self.entropy:
            gap = histogram_entropy(torch.maximum(thermal, luma)) - histogram_entropy(fused)
            loss = loss + self.entropy * gap.mean()
        return loss


def segmentation_config(options: RecipeOptions) -> SegmentationLossConfig:
    """Return the loss on labels; classes that not all images name count for more, where masks name them."""
    objects, rare = object_ids(options.labels, options.annotated), unannotated_ids(options.labels, options.annotated)
    if options.annotated is not None:  # by boxes, and no image names the others
        return SegmentationLossConfig(1.0, DICE, None, objects, rare)
    weights = tuple(RARE if i in rare else 1.0 for i in range(len(options.labels)))
    return SegmentationLossConfig(1.0, DICE, weights, objects, rare, rare_dice=RARE_DICE)


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the three stages."""
    spec = SystemSpec("realtime", "two_stream", options.labels.name, segmenter_options=GATED)
    return our_stages(options, spec, SIZES[options.budget], FusionLoss())


def our_stages(
    options: RecipeOptions, spec: SystemSpec, size: Size, loss: FusionLoss, smaller: str | None = None
) -> list[Stage]:
    """Return the stages of a system whose segmenter sees both sensors.

    Args:
        options: of the recipe.
        spec: the system.
        size: steps, batch and crop.
        loss: of the fuser.
        smaller: registry name of the segmenter of the first two stages, from whose weights that of ``spec`` goes on in
            a stage ``enlarge``; None: all stages train that of ``spec``.
    """
    heated = tuple(i for i, name in enumerate(options.labels.names) if name in HEATED)
    learn, widen = replace(LEARN, crop=size.crop), replace(WIDEN, crop=size.crop, heated=heated)
    fusing = replace(FUSE_AUGMENT, crop=min(size.crop, FUSE_CROP))
    task = segmentation_config(options)

    def segment(
        context: StageContext, optimiser: OptimiserConfig, schedule: Schedule, network: str = smaller or spec.segmenter
    ) -> Strategy:
        system = context.system(replace(spec, segmenter=network))
        system.fuser.requires_grad_(False)
        segmenter = system.segmenter
        encoder = getattr(segmenter, "pretrained_parts", ())
        if encoder and not context.hands_on("segmenter", system):
            _begin(segmenter, context.previous)
        rates = {"segmenter.prior": PRIOR, **{f"segmenter.{part}": ENCODER for part in encoder}}
        optimiser = replace(optimiser, multipliers=rates)
        objective = (
            SensorStatesObjective(system, task, ALONE, context.precision)
            if getattr(segmenter, "has_states", False)
            else SegmentationObjective(system, task, context.precision)
        )
        return JointStrategy(objective, optimiser, schedule, processes=context.processes)

    def fuse(context: StageContext, optimiser: OptimiserConfig, schedule: Schedule) -> Strategy:
        system = context.system(spec)
        system.segmenter.requires_grad_(False)
        objective = FusionObjective(system, loss, context.precision)
        return JointStrategy(objective, optimiser, schedule, processes=context.processes)

    def stage(
        name: str,
        steps: int,
        batch: int,
        augmentation: AugmentConfig,
        optimiser: OptimiserConfig,
        decay: float,
        build: Callable[[StageContext, OptimiserConfig, Schedule], Strategy],
        unlabelled_share: float = 0.0,
        plainer: AugmentConfig | None = None,
    ) -> Stage:
        steps = options.steps(steps)
        schedule = cosine(steps, max(1, round(WARMUP_SHARE * steps)))
        return Stage(
            name,
            steps,
            batch,
            augmentation,
            lambda context: build(context, optimiser, schedule),
            average_decay=min(decay, max(0.0, 1 - 5 / steps)),
            unlabelled_share=unlabelled_share,
            complete_turns=COMPLETE_TURNS,
            plainer=plainer,
        )

    adapting = replace(OPTIMISER, lr=ADAPT_LR)
    if size.plain:
        first = stage("segment", size.segment, size.batch, learn, OPTIMISER, AVERAGE_DECAY, segment)
    else:
        first = stage("segment", size.segment, size.batch, widen, OPTIMISER, AVERAGE_DECAY, segment, plainer=learn)
    further = partial(stage, optimiser=adapting, decay=AVERAGE_DECAY, unlabelled_share=UNLABELLED_SHARE, plainer=learn)
    chosen = [first, further("adapt", size.adapt, size.batch, widen, build=segment)]
    if smaller is not None:
        enlarge, batch = partial(segment, network=spec.segmenter), max(2, size.batch // 2)
        chosen.append(further("enlarge", size.enlarge, batch, widen, build=enlarge))
    return [*chosen, stage("fuse", size.fuse, FUSE_BATCH, fusing, FUSER_OPTIMISER, FUSER_AVERAGE_DECAY, fuse)]


def _begin(segmenter: nn.Module, previous: nn.Module | None) -> None:
    """Give a segmenter of two streams its first weights: those of a smaller one that is trained, else ImageNet's."""
    before = previous.segmenter if isinstance(previous, System) else None
    if (
        isinstance(segmenter, TwoStreamSegmenter)
        and isinstance(before, TwoStreamSegmenter)
        and before.shuffle > segmenter.shuffle
    ):
        segmenter.start_from_smaller(before)
    else:
        segmenter.start_from(lite0_weights())  # type: ignore[operator]


RECIPE = Recipe("realtime", "our real-time segmenter and fuser", stages, synthetic_share=0.0)
