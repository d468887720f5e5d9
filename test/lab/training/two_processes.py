# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What one of two training processes does; started by ``test_distributed`` through torchrun."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.balancers.constant import ConstantBalancer
from fusion_perception.lab.training.balancers.dynamic_weight_average import DynamicWeightAverage
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import Processes, open_processes
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.objectives.task_guided import FusionObjective
from fusion_perception.lab.training.optimisation.schedule import constant
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig, Updater
from fusion_perception.lab.training.strategies.alternating import (
    FUSION,
    TASK,
    AlternatingConfig,
    AlternatingStrategy,
    Round,
)
from fusion_perception.lab.training.strategies.bilevel import BilevelStrategy, Constraint
from fusion_perception.lab.training.strategies.joint import JointStrategy
from fusion_perception.lab.training.strategies.meta import MetaConfig, MetaStrategy
from fusion_perception.lab.training.strategies.pretext import PretextStrategy
from fusion_perception.lab.training.strategies.search import SearchStrategy
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import TRAIN, UPPER
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig
from fusion_perception.labels import MSRS9
from fusion_perception.progress import Progress
from test.lab.training.scenes import ToyGenerator, ToySystem, TwoOperations, streams, tiny_system

STEPS = 3
OPTIMISER = OptimiserConfig("adamw", 1e-2)
PLAIN = SegmentationLossConfig.plain(MSRS9)


def thermal_loss(fused: torch.Tensor, batch: Batch) -> torch.Tensor:
    return (fused - batch.thermal).square().mean()


def joint(processes: Processes) -> Strategy:
    system = ToySystem()
    system.segmenter.requires_grad_(False)
    return JointStrategy(FusionObjective(system, thermal_loss), OPTIMISER, constant(), processes=processes)


def bilevel(processes: Processes) -> Strategy:
    system = ToySystem()

    def task(u: torch.Tensor, batch: Batch) -> torch.Tensor:
        return segmentation_loss(system.segment_fused(u, batch.rgb), batch.labels, batch.complete, PLAIN)

    return BilevelStrategy(
        system,
        lambda batch: system.fuse(batch.thermal, batch.rgb),
        Updater.of(system.fuser, OPTIMISER, processes=processes),
        [Constraint("task", system.segmenter, task, task, Updater.of(system.segmenter, OPTIMISER, None, processes))],
        ConstantBalancer({"task": 1.0}),
        period=1,
        processes=processes,
    )


def alternating(processes: Processes) -> Strategy:
    config = AlternatingConfig(
        thermal_loss, thermal_loss, PLAIN, (Round(1, 1), Round(1, 1)), OPTIMISER, constant(), OPTIMISER, constant()
    )
    return AlternatingStrategy(ToySystem(), config, DynamicWeightAverage([FUSION, TASK], period=1), processes)


def meta(processes: Processes) -> Strategy:
    system, generator = ToySystem(), ToyGenerator()
    fusion, task = (Updater.of(net, OPTIMISER, processes=processes) for net in (system.fuser, system.segmenter))
    return MetaStrategy(system, generator, fusion, task, 1e-2, MetaConfig(PLAIN, 1, 1), processes)


def search(processes: Processes) -> Strategy:
    table = torch.tensor([[9.0, 1.0]])
    return SearchStrategy(
        TwoOperations(), thermal_loss, table, 0.1, OPTIMISER, constant(), OPTIMISER, processes=processes
    )


def pretext(processes: Processes) -> Strategy:
    system = ToySystem()
    outer = Updater.of(system.fuser, OPTIMISER, processes=processes)
    return PretextStrategy(system, thermal_loss, [TRAIN, UPPER], 0.5, outer, processes=processes)


STRATEGIES: dict[str, Callable[[Processes], Strategy]] = {
    "joint": joint,
    "alternating": alternating,
    "bilevel": bilevel,
    "meta": meta,
    "search": search,
    "pretext": pretext,
}


def run(folder: Path, processes: Processes, batch: int) -> None:
    """Train with every strategy and write every process's weights."""
    for name, build in STRATEGIES.items():
        strategy, source = build(processes), streams(batch, 0, processes.rank, processes.count)
        for step in range(STEPS):
            strategy.step(step, source)
        nets = strategy.networks().items()
        tensors = {f"{net}.{k}": v.clone() for net, module in nets for k, v in module.state_dict().items()}
        save_file(tensors, str(folder / f"{name}_{processes.count}_{processes.rank}.safetensors"))


def train(folder: Path, processes: Processes) -> None:
    """Run the trainer once, to see that one process alone writes."""
    out = folder / "trainer"
    out.mkdir(exist_ok=True)
    system: System = tiny_system()
    objective = FusionObjective(system, thermal_loss)
    strategy = JointStrategy(
        objective, OPTIMISER, constant(), processes=processes, named=system.fuser.named_parameters()
    )
    source = streams(1, 0, processes.rank, processes.count)
    progress = Progress(silent=True)
    Trainer(strategy, source, out, TrainerConfig(2, check_every=1), processes, progress=progress).run()


if __name__ == "__main__":
    torch.set_num_threads(1)
    with open_processes("cpu") as these:
        run(Path(sys.argv[1]), these, 1)
        train(Path(sys.argv[1]), these)
