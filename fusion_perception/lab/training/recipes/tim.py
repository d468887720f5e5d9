# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TIM: searched operations, meta-learned initial weights, training guided by the task (Liu et al., TPAMI 2024).

Three stages: architecture search with a measured latency term, pretext meta-initialisation over several fusion
tasks, and training of the whole cascade with the fusion loss as regulariser. The release holds neither search nor
training code: what the paper's figures do not say is taken from the group's SMoA (DARTS-style search) or set here,
and marked. The hyper-gradient has the sign and scale of the formula, not of the released architect. ``faithful``
skips the search and takes the published light network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from fusion_perception.errors import DataError
from fusion_perception.lab.nets.blocks.tim_operations import build_operation
from fusion_perception.lab.nets.fusers.tim import LIGHT
from fusion_perception.lab.nets.fusers.tim_search import TIMSupernet
from fusion_perception.lab.nets.system import SystemSpec
from fusion_perception.lab.training.latency import measure_latency
from fusion_perception.lab.training.losses.weighted import saliency_fusion_loss
from fusion_perception.lab.training.objectives.task_guided import TaskGuidedObjective, WeightedFusionLoss
from fusion_perception.lab.training.optimisation.schedule import constant, cosine
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.recipes.published import gentle, task_loss
from fusion_perception.lab.training.recipes.recipe import TASKS, TWO_LEVEL, Recipe, RecipeOptions, Stage, StageContext
from fusion_perception.lab.training.source_weights.saliency import SaliencyWeights
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.pretext import PretextStrategy
from fusion_perception.lab.training.strategies.search import SearchStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """What a budget changes.

    Attributes:
        channels: of supernet and network.
        cells: kind and number of operations of each cell.
        segmenter: network.
        search: steps of the search.
        pretext: steps of the meta-initialisation.
        task: steps of the task-guided training.
        batch: samples per step.
        search_crop: (height, width) in pixels, of search and pretext.
        crop: of the task-guided training.
        task_lr: of the task-guided training.
        table_size: (height, width) that latencies are measured at.
    """

    channels: int
    cells: tuple[tuple[str, int], ...]
    segmenter: str
    search: int
    pretext: int
    task: int
    batch: int
    search_crop: tuple[int, int]
    crop: tuple[int, int]
    task_lr: float
    table_size: tuple[int, int]


LIGHT_CELLS = (("chain", 2), ("chain", 2))  # the layout of the published light network
SIZES = {
    "smoke": Size(8, LIGHT_CELLS, "segformer_small", 10, 5, 20, 2, (64, 96), (96, 128), 2e-3, (60, 80)),
    "cpu": Size(16, LIGHT_CELLS, "segformer_small", 80, 30, 800, 4, (128, 160), (192, 256), 1e-3, (240, 320)),
    # 48 channels (release); 50 epochs of search (SMoA) on MSRS at batch 4; the rest ours.
    "paper": Size(48, LIGHT_CELLS, "segformer_b0", 13500, 5000, 60000, 4, (256, 256), (320, 320), 1e-4, (480, 640)),
}
STRUCTURE = 1.0  # kappa; not published
LATENCY_WEIGHT = 0.02  # lambda, on a latency that starts at 1; not published. On MSRS 0 finds dense and residual
# operations, 0.02 a mixture, 0.1 the cheapest on every edge.
WEIGHTS = OptimiserConfig("sgd", 0.025, weight_decay=3e-4, momentum=0.9, clip=5.0)  # SMoA, DARTS
ARCHITECTURE = OptimiserConfig("adam", 4e-4, weight_decay=1e-3, betas=(0.5, 0.999), clip=None)  # SMoA; betas release
SHORT_ARCHITECTURE_LR = 2e-2  # of searches of some hundred steps; ours
SEARCH_WARMUP = 0.2  # of the search, before operations compete; ours
UPPER_SHARE = 0.5  # half the data for weights, half for the architecture (SMoA)
INNER_LR, OUTER_LR = 1e-2, 1e-3  # beta and gamma; not published, after Finn et al., 2017
ETA = 1.0  # weight of the fusion loss in the task-guided training; not published


def latency_table(net: TIMSupernet, size: Size, device: torch.device) -> torch.Tensor:
    """Return the measured (edges, candidates) latencies in ms, all runs of an edge added up."""
    height, width = size.table_size
    kinds = sorted({(name, run) for edge in net.edges for run in edge.runs for name in net.candidates})
    operations = [build_operation(name, channels).to(device) for name, (channels, _) in kinds]
    inputs = [torch.rand(1, c, height // factor, width // factor, device=device) for _, (c, factor) in kinds]
    times = dict(zip(kinds, measure_latency(operations, inputs), strict=True))
    rows = [[sum(times[name, run] for run in edge.runs) for name in net.candidates] for edge in net.edges]
    return torch.tensor(rows, device=device)


def measured_before(
    net: TIMSupernet, table: Sequence[Sequence[float]] | None, device: torch.device
) -> torch.Tensor | None:
    """Return the latencies of an earlier search, where there are any.

    Raises:
        DataError: they are of another search space.
    """
    if table is None:
        return None
    values = torch.tensor(table, device=device)
    if values.shape != net.alpha.shape:
        raise DataError(
            f"the latency table is {tuple(values.shape)}, the search space (edges, candidates) is "
            f"{tuple(net.alpha.shape)}; give one of a search with the same budget, or none"
        )
    return values


def stages(options: RecipeOptions) -> list[Stage]:
    """Return search, pretext and task-guided training."""
    size, faithful = SIZES[options.budget], options.faithful
    search, pretext, task = (options.steps(n) for n in (size.search, size.pretext, size.task))
    loss = WeightedFusionLoss(
        lambda fused, thermal, luma, weights: saliency_fusion_loss(fused, thermal, luma, weights, STRUCTURE),
        SaliencyWeights("softmax"),
    )
    short = options.budget != "paper"

    def spec(genotype: Any) -> SystemSpec:
        cells = [[kind, list(names)] for kind, names in genotype]
        return SystemSpec(
            "tim",
            size.segmenter,
            options.labels.name,
            cascade=True,
            fuser_options={"channels": size.channels, "genotype": cells},
        )

    def build_search(context: StageContext) -> Strategy:
        net = TIMSupernet(size.channels, size.cells)
        context.place(net)
        table = measured_before(net, options.latency, context.device)
        architecture = ARCHITECTURE
        if short:
            architecture = OptimiserConfig(
                "adam", SHORT_ARCHITECTURE_LR, ARCHITECTURE.weight_decay, ARCHITECTURE.betas, clip=None
            )
        return SearchStrategy(
            net,
            loss,
            latency_table(net, size, context.device) if table is None else table,
            LATENCY_WEIGHT,
            WEIGHTS,
            cosine(search),
            architecture,
            warmup=round(SEARCH_WARMUP * search),
            processes=context.processes,
            precision=context.precision,
        )

    def build_pretext(context: StageContext) -> Strategy:
        system = context.system(spec(context.result.genotype if context.result else LIGHT))
        outer = Updater.of(system.fuser, OptimiserConfig("adam", OUTER_LR), constant(), context.processes)
        return PretextStrategy(
            system, loss, context.tasks, INNER_LR, outer, first_order=False, processes=context.processes
        )

    def build_task(context: StageContext) -> Strategy:
        system = context.system(spec(context.result.genotype if context.result else LIGHT))
        objective = TaskGuidedObjective(system, loss, ETA, task_loss(options), context.precision)
        return JointStrategy(
            objective,
            OptimiserConfig("adamw", size.task_lr, weight_decay=0.01),
            cosine(task, max(1, task // 20)),
            processes=context.processes,
        )

    near, wide = gentle(size.search_crop, faithful), gentle(size.crop, faithful)
    result = [
        Stage("search", search, size.batch, near, build_search, TWO_LEVEL, UPPER_SHARE, scored=False),
        Stage("pretext", pretext, size.batch, near, build_pretext, TASKS, scored=False),
        Stage("task", task, size.batch, wide, build_task),
    ]
    return result[1:] if faithful else result


RECIPE = Recipe("tim", "searched fuser, meta-learned start, task-guided training", stages, second_derivatives=True)
