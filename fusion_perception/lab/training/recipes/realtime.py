# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our own real-time system: a segmenter that sees both sensors, and a light fuser beside it.

The two share no weights, so each is trained in stages of its own. The segmenter's second stage sees larger crops, more
failing sensors, and objects that are heated or cooled at random: after the first it took cars that had stood in the sun
for people, and lost cars at night without RGB. With the third it gets a side branch that sees local contrast, and pairs
that differ more from those of the data. In the last stage the segmenter learns from itself: its answer on one view of a
pair is taught to agree with the mean of its answers on several (scaled and mirrored), which is better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from fusion_perception.errors import DataError
from fusion_perception.lab.nets.blocks.conv import fold_batch_norm
from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.segmenters.realtime import RealtimeSegmenter
from fusion_perception.lab.nets.system import System, SystemSpec
from fusion_perception.lab.training.augmentation.config import AugmentConfig
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
from fusion_perception.lab.training.objectives.distillation import DistillationObjective
from fusion_perception.lab.training.objectives.segmentation import SegmentationObjective
from fusion_perception.lab.training.objectives.task_guided import FusionObjective
from fusion_perception.lab.training.optimisation.schedule import Schedule, cosine
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig
from fusion_perception.lab.training.recipes.recipe import Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """Steps, batch and crop of a budget; the segmenter's later stages share a batch and a crop.

    ``contrast`` and ``distil`` may be 0: after a short training there is little to go on from, and little to teach.
    """

    segment: int
    refine: int
    contrast: int
    distil: int
    fuse: int
    batch: int
    crop: tuple[int, int]
    refine_batch: int
    refine_crop: tuple[int, int]


SIZES = {
    "smoke": Size(20, 10, 6, 4, 30, 4, (160, 192), 4, (160, 192)),
    "cpu": Size(800, 200, 0, 0, 250, 4, (192, 256), 4, (192, 256)),  # crops as large as the published methods get
    "paper": Size(12000, 3000, 6000, 600, 800, 8, (320, 384), 6, (384, 480)),  # the shipped model
}

# Found on the MSRS training part with ``--budget cpu``; no paper stands behind these.
OPTIMISER = OptimiserConfig("adamw", lr=2e-3, weight_decay=0.03, clip=5.0)
REFINER = replace(OPTIMISER, lr=8e-4)
DISTILLER = replace(OPTIMISER, lr=5e-4)
TEACHING = 4.0
WARMUP_SHARE = 0.025
AVERAGE_DECAY = 0.999
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 2.0, 2.0)
DICE = 0.5
FUSER_OPTIMISER = replace(OPTIMISER, lr=3e-3, weight_decay=0.01)
FUSE_BATCH, FUSE_CROP = 4, (256, 320)
FUSER_AVERAGE_DECAY = 0.99
OFFSETS = {"car": -1.6, "person": -1.6, "bike": 1.0}
"""Of the logits, outside of training.

For a planner a false person is worse than a lost edge of a true one, and a lost bike worse than a few false pixels.
"""
OFFSETS_ALONE = {"car": 0.0, "person": -1.2, "bike": -2.0}
"""With one sensor missing: a car that is hardly seen is better named than left out, or called a bike."""
P_HEAT = 0.3
REFINE_NO_THERMAL, REFINE_NO_RGB = 0.12, 0.2
HEATED = ("car", "bike", "bicycle")
FUSE_AUGMENT = AugmentConfig(p_shift=0.1, max_shift=3, p_dark=0.1, p_noise=0.1, p_no_thermal=0.04, p_no_rgb=0.04)
AUGMENT = AugmentConfig(p_shift=0.15, max_shift=4, p_dark=0.15)
RENDERED_SHARE = 0.35
"""In the stages that only the shipped models have: cars at night, vans and lorries are rare in the data."""
CONTRAST = 16
"""Channels of the side branch: cars that stood all night differ from the road by a few grey levels of 255."""


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
    """Return the loss; only the nine MSRS classes have weights of their own."""
    weights = CLASS_WEIGHTS if options.labels.name == "msrs9" else None
    objects = object_ids(options.labels, options.annotated)
    return SegmentationLossConfig(1.0, DICE, weights, objects, unannotated_ids(options.labels, options.annotated))


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the five stages."""
    spec = our_spec("realtime", "realtime", options, OFFSETS, OFFSETS_ALONE)
    return our_stages(options, spec, SIZES[options.budget], FusionLoss())


def our_spec(
    fuser: str, segmenter: str, options: RecipeOptions, offsets: Mapping[str, float], alone: Mapping[str, float]
) -> SystemSpec:
    """Return a system of our networks, with offsets of the logits where they were found."""
    found = options.labels.name == "msrs9" and options.budget == "paper"
    spec = SystemSpec(fuser, segmenter, options.labels.name)
    return replace(spec, offsets=dict(offsets), offsets_alone=dict(alone)) if found else spec


def grown(previous: nn.Module | None, spec: SystemSpec, *, add: bool = False) -> SystemSpec:
    """Return ``spec`` with the side branch for local contrast if the system before has it, or it is to be added."""
    had = isinstance(previous, System) and "contrast" in previous.spec.segmenter_options
    return replace(spec, segmenter_options={"contrast": CONTRAST}) if add or had else spec


def looks_of(system: System) -> nn.Module:
    """Return a copy of the segmenter of one of our systems, averaged over several views, in eval mode.

    Raises:
        DataError: the segmenter is another one.
    """
    spec = system.spec
    if not isinstance(system.segmenter, RealtimeSegmenter):
        raise DataError(
            f"segmenter '{spec.segmenter}' cannot be a teacher; give checkpoints of the recipes realtime and quality"
        )
    looks = System(replace(spec, segmenter="realtime_averaged")).segmenter
    looks.load_state_dict(system.segmenter.state_dict())
    return fold_batch_norm(looks)


def our_stages(options: RecipeOptions, spec: SystemSpec, size: Size, loss: FusionLoss) -> list[Stage]:
    """Return the stages of a system whose segmenter sees both sensors.

    ``segment``, ``refine``, ``contrast`` and ``distil`` train the segmenter, ``fuse`` the fuser.

    Args:
        options: of the recipe.
        spec: the system.
        size: steps, batch and crop.
        loss: of the fuser.
    """
    heated = tuple(i for i, name in enumerate(options.labels.names) if name in HEATED)
    augment = replace(AUGMENT, crop=size.crop)
    larger = replace(
        augment,
        crop=size.refine_crop,
        p_heat=P_HEAT,
        heated=heated,
        p_no_thermal=REFINE_NO_THERMAL,
        p_no_rgb=REFINE_NO_RGB,
    )
    # Thermal alone more often, and cars and thermal images that differ more from those of the data.
    harder = replace(larger, p_no_rgb=0.4, p_paste=0.65, p_foreign=0.5, response=1.6, p_thermal_noise=0.2)
    # Vehicles so near that they fill the image.
    nearer = replace(harder, scale=(0.6, 2.4))
    fusing = replace(FUSE_AUGMENT, crop=min(size.crop, FUSE_CROP))
    task = segmentation_config(options)

    def segment(context: StageContext, optimiser: OptimiserConfig, schedule: Schedule, add: bool = False) -> Strategy:
        system = context.system(grown(context.previous, spec, add=add))
        system.fuser.requires_grad_(False)
        objective = SegmentationObjective(system, task, context.precision)
        return JointStrategy(objective, optimiser, schedule, processes=context.processes)

    def distil(context: StageContext, optimiser: OptimiserConfig, schedule: Schedule) -> Strategy:
        system = context.system(grown(context.previous, spec))
        system.fuser.requires_grad_(False)
        looks = [context.place(looks_of(teacher)).requires_grad_(False) for teacher in (system, *context.teachers)]

        # Not the modules themselves: an objective's modules train, and are saved.
        def teacher(thermal: Tensor, rgb: Tensor) -> Tensor:
            return torch.stack([look(thermal, rgb) for look in looks]).mean(0)

        objective = DistillationObjective(system, teacher, task, TEACHING, context.precision)
        return JointStrategy(objective, optimiser, schedule, processes=context.processes)

    def fuse(context: StageContext, optimiser: OptimiserConfig, schedule: Schedule) -> Strategy:
        system = context.system(grown(context.previous, spec))
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
        synthetic_share: float | None = None,
    ) -> Stage:
        steps = options.steps(steps)
        schedule = cosine(steps, max(1, round(WARMUP_SHARE * steps)))
        return Stage(
            name,
            steps,
            batch,
            augmentation,
            lambda context: build(context, optimiser, schedule),
            average_decay=decay,
            synthetic_share=synthetic_share,
        )

    chosen = [
        stage("segment", size.segment, size.batch, augment, OPTIMISER, AVERAGE_DECAY, segment),
        stage("refine", size.refine, size.refine_batch, larger, REFINER, AVERAGE_DECAY, segment),
    ]
    if size.contrast:
        add = partial(segment, add=True)
        chosen.append(
            stage("contrast", size.contrast, size.refine_batch, harder, REFINER, AVERAGE_DECAY, add, RENDERED_SHARE)
        )
    if size.distil:
        chosen.append(
            stage("distil", size.distil, size.refine_batch, nearer, DISTILLER, AVERAGE_DECAY, distil, RENDERED_SHARE)
        )
    return [*chosen, stage("fuse", size.fuse, FUSE_BATCH, fusing, FUSER_OPTIMISER, FUSER_AVERAGE_DECAY, fuse)]


RECIPE = Recipe("realtime", "our real-time segmenter and fuser", stages)
