# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TDFusion: a generator learns the fusion loss that serves the task (Bai et al., CVPR 2025).

Restormer fuser, loss generator and SegFormer, meta training. The generator takes normalised steps, as in the
release: the paper's plain step has the scale eta_F eta_G = 1e-8 and moves nothing. ``faithful`` squares the weights
in the fusion loss, as released, where the paper has them plain. One crop serves fusion and task here; the task sees
it at half size.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.lab.nets.registry import GENERATORS
from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.optimisation.schedule import every
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.recipes.published import gentle, task_loss
from fusion_perception.lab.training.recipes.recipe import WITH_META, Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.strategies.meta import MetaConfig, MetaStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """What a budget changes.

    Attributes:
        suffix: of fuser and generator.
        segmenter: network.
        epochs: rounds of meta and learning steps.
        meta: M, generator updates per epoch.
        learning: N, updates of fuser and task network per epoch.
        batch: samples per step, before the exchanged copy is added.
        crop: (height, width) in pixels.
        lr: of fuser and task network.
        generator_lr: largest change of a generator weight per update.
        drops: how often the learning rate falls over the whole training.
    """

    suffix: str
    segmenter: str
    epochs: int
    meta: int
    learning: int
    batch: int
    crop: tuple[int, int]
    lr: float
    generator_lr: float
    drops: int


SIZES = {
    "smoke": Size("_small", "segformer_small", 4, 2, 6, 1, (128, 128), 2e-3, 1e-3, 1),
    "cpu": Size("_small", "segformer_small", 6, 10, 45, 2, (192, 256), 1e-3, 1e-3, 2),
    # L = 50 epochs, M = 200, N = the 1083 images of MSRS, batch 1 and its exchanged copy, crops of 256, Adam 1e-4,
    # x 0.1 every 10 epochs (paper and release).
    "paper": Size("", "segformer_b0", 50, 200, 1083, 1, (256, 256), 1e-4, 1e-4, 4),
}
GRADIENT = 1.0  # alpha (paper)
GAMMA = 0.1  # release
TASK_SCALE = 0.5  # release


def stages(options: RecipeOptions) -> list[Stage]:
    """Return the one stage of the meta training."""
    size = SIZES[options.budget]
    epoch = size.meta + size.learning
    steps = options.steps(size.epochs * epoch)
    spec = SystemSpec(
        f"tdfusion{size.suffix}",
        size.segmenter,
        options.labels.name,
        cascade=True,
        segmenter_options={"in_channels": 1},
    )
    config = MetaConfig(
        task_loss(options),
        size.meta,
        size.learning,
        GRADIENT,
        TASK_SCALE,
        swap=True,
        normalised=True,
        faithful=options.faithful,
    )

    def build(context: StageContext) -> Strategy:
        system = context.system(spec)
        generator = context.place(GENERATORS.build(f"tdfusion{size.suffix}"))
        schedule = every(steps // (size.drops + 1), GAMMA, steps)
        optimiser = OptimiserConfig("adam", size.lr)
        return MetaStrategy(
            system,
            generator,
            Updater.of(system.fuser, optimiser, schedule, context.processes),
            Updater.of(system.segmenter, optimiser, schedule, context.processes),
            size.generator_lr,
            config,
            context.processes,
        )

    return [Stage("", steps, size.batch, gentle(size.crop, options.faithful), build, WITH_META)]


RECIPE = Recipe("tdfusion", "Restormer fuser with a fusion loss learned from the task", stages, second_derivatives=True)
