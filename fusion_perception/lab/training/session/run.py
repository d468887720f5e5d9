# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One run of a recipe: its stages, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from fusion_perception.documents.typed_document import to_json
from fusion_perception.errors import DataError
from fusion_perception.lab.nets.system import System, load_system
from fusion_perception.lab.training.compiled import check_compiler, compile_networks
from fusion_perception.lab.training.distributed import Processes, open_processes
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.pseudo_labels import pseudo_labelled
from fusion_perception.lab.training.recipes.recipe import Recipe, Stage, StageContext
from fusion_perception.lab.training.sample_store import SampleStore
from fusion_perception.lab.training.samples import Sample
from fusion_perception.lab.training.search_result import SEARCH, SearchResult
from fusion_perception.lab.training.session.data import TrainingData, load_data, open_streams
from fusion_perception.lab.training.session.files import (
    RESULT,
    SUMMARY,
    hand_over,
    prepare_folder,
    stage_folder,
)
from fusion_perception.lab.training.session.numerics import numerics
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.plan import RunPlan, chosen_device, plan_run
from fusion_perception.lab.training.session.record import (
    best_score,
    data_conditions,
    finished_line,
    first_lines,
    losses_of,
    run_record,
    time_line,
    times_of,
)
from fusion_perception.lab.training.soup import mean_of_checkpoints
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig
from fusion_perception.lab.training.training_summary import TRAINING, TrainingSummary
from fusion_perception.lab.training.validation import Validator
from fusion_perception.labels import IGNORE
from fusion_perception.text import printable

Say = Callable[[str], None]

_VALIDATED = {"smoke": 2, "cpu": 12, "paper": 50}
_CHECKS = {"smoke": 1, "cpu": 8, "paper": 50}
_CHECK_GAP = {"smoke": 1, "cpu": 1, "paper": 500}
_LOGS = {"smoke": 10, "cpu": 100, "paper": 1000}


def run_recipe(recipe: Recipe, options: SessionOptions, say: Say = print) -> TrainingSummary:
    """Train a recipe.

    ``options.out`` receives ``best.safetensors``, ``last.safetensors``, ``summary.json`` and the trainer's
    files, in a folder for each stage where there are several.

    Args:
        recipe: what to train.
        options: how.
        say: writes a line for the user.

    Returns:
        The summary.

    Raises:
        DataError: ``options.out`` cannot be a folder or holds a training that is not to be continued, or the data
            cannot be used.
        ModelError: a checkpoint to start or to learn from, or a state to resume from, cannot be used.
        BackendError: there is no such device.
    """
    device = chosen_device(options.device)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    prepare_folder(options.out, resume=options.resume)
    with open_processes(device.type) as processes:
        if device.type == "cuda":
            device = torch.device("cuda", processes.local_rank)
        plan = plan_run(recipe, options, device)
        with numerics(device, deterministic=options.deterministic):
            if options.compile:
                check_compiler(device)
            return _Session(plan, processes, say if processes.main else lambda text: None).run()


class _Session:
    def __init__(self, plan: RunPlan, processes: Processes, say: Say) -> None:
        self.plan, self.options, self.processes = plan, plan.options, processes
        self.say = lambda text: say(printable(text, 0))
        self.start = mean_of_checkpoints(plan.init) if plan.init else None
        self.teachers = tuple(self._teacher(path) for path in plan.teachers)
        self.record = run_record(plan, processes.count)

    def _teacher(self, path: Path) -> System:
        plan = self.plan
        if not plan.learns_unlabelled:
            raise DataError(f"{path}: no stage of this run learns from pairs without labels; leave --teacher out")
        if not (plan.self_training or plan.unlabelled or plan.boxes):
            raise DataError(
                f"{path}: a teacher gives pairs without labels theirs, and there are none; "
                "name some with --unlabelled, or leave --teacher out"
            )
        system, _ = load_system(path)
        self._check_classes(system, str(path))
        return system

    def _check_classes(self, teacher: System, name: str) -> None:
        wanted = self.plan.labels.name
        if teacher.spec.labels != wanted:
            raise DataError(f"{name}: knows the classes of {teacher.spec.labels}, the data those of {wanted}")

    def run(self) -> TrainingSummary:
        began = time.monotonic()
        if self.plan.dataset is not None:
            self.say(f"note: {self.plan.dataset.seen}")
        data = load_data(self.plan, silent=not self.processes.main)
        for line in first_lines(self.plan, data):
            self.say(line)
        if self.plan.self_training:
            data = replace(data, train=self._labelled(data.train, self.teachers))
        store = SampleStore(data.drawn(), self.plan.device)
        previous: nn.Module | None = self.start
        result: SearchResult | None = None
        crops: list[int | None] = []
        for number, stage in enumerate(self.plan.stages, 1):
            folder = stage_folder(self.options.out, number, stage.name)
            folder.mkdir(exist_ok=True)
            previous, found, drawn = self._run_stage(stage, number, folder, data, store, previous, result)
            result = found or result
            crops.append(drawn)
        if self.processes.main:
            hand_over(folder, self.options.out)
        summary = TrainingSummary(
            record=self.record,
            data=data_conditions(self.plan),
            crops=sum(n for n in crops if n is not None) if None not in crops else None,
            seconds=round(time.monotonic() - began, 1),
            losses=losses_of(self.plan),
            times=times_of(self.plan),
            score=best_score(folder) if stage.scored else None,
        )
        if self.processes.main:
            TRAINING.write_file(self.options.out / SUMMARY, summary, indent=2)
        self.say(time_line(summary))
        self.say(finished_line(summary, self.options.out))
        return summary

    def _labelled(self, samples: list[Sample], teachers: Sequence[System]) -> list[Sample]:
        """Return samples with the labels that trained networks give them."""
        device = self.plan.device
        labelled = pseudo_labelled([teacher.to(device) for teacher in teachers], samples, device)
        known = sum(float((sample.labels != IGNORE).mean()) for sample in labelled) / len(labelled)
        self.say(f"labelled {len(labelled)} pairs by what was trained before: {known:.0%} of their pixels")
        return labelled

    def _with_pseudo_labels(self, stage: Stage, data: TrainingData, previous: nn.Module | None) -> TrainingData:
        """Return the data of a stage, with labels for the pairs without any that it draws.

        Raises:
            DataError: nothing has been trained that could give them, or it knows other classes.
        """
        if not (stage.unlabelled_share and data.unlabelled):
            return data
        teachers = self.teachers or ((previous,) if isinstance(previous, System) else ())
        if not teachers:
            raise DataError(
                f"stage '{stage.name}' learns from {len(data.unlabelled)} pairs without labels, and nothing is trained "
                "yet that could label them; name a checkpoint with --teacher or --init, or run the stages before it"
            )
        for teacher in teachers:
            self._check_classes(teacher, "what the run starts from")
        return replace(data, unlabelled=self._labelled(data.unlabelled, teachers))

    def _run_stage(
        self,
        stage: Stage,
        number: int,
        folder: Path,
        data: TrainingData,
        store: SampleStore,
        previous: nn.Module | None,
        result: SearchResult | None,
    ) -> tuple[nn.Module, SearchResult | None, int | None]:
        options, device = self.options, self.plan.device
        torch.manual_seed(1000 * options.seed + number)
        context = StageContext(
            device,
            self.processes,
            Precision(options.precision, device),
            options.seed,
            tuple(data.tasks),
            previous,
            result,
        )
        strategy = stage.build(context)
        validated = len(data.held_out) if options.fold is not None else _VALIDATED[options.budget]
        labelled = self._with_pseudo_labels(stage, data, previous)
        if labelled is not data:
            data, store = labelled, SampleStore(labelled.drawn(), device)
        streams = open_streams(self.plan, stage, number, data, store, self.processes)
        trainer = Trainer(
            strategy,
            streams,
            folder,
            TrainerConfig(
                stage.steps,
                1000 * options.seed + number,
                stage.average_decay,
                log_every=max(1, stage.steps // _LOGS[options.budget]),
                check_every=max(_CHECK_GAP[options.budget], stage.steps // _CHECKS[options.budget]),
            ),
            self.processes,
            Validator(data.held_out, validated, device, self.plan.annotated) if stage.scored else None,
            {**to_json(self.record), "stage": stage.name},
            title=f"{self.plan.recipe.name} {stage.name}".strip(),
            data={**to_json(data_conditions(self.plan, stage)), "samples": data.digest()},
        )
        if options.compile:
            compile_networks(strategy.networks().values())  # after the trainer has copied what it averages
        done = Trainer.finished_steps(folder) if options.resume else 0
        if done >= stage.steps:
            trainer.load()
            self.say(f"{trainer.title}: finished before, {done} steps")
        else:
            trainer.run(resume=done > 0)
        found = strategy.result()
        if found and self.processes.main:
            SEARCH.write_file(folder / RESULT, found, indent=2)
        return trainer.average.network, found, trainer.drawn
