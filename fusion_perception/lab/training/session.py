# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One run of a recipe: data, stages, files."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import torch
from torch import nn

from fusion_perception.atomic_file import cannot_write, write_bytes, write_text
from fusion_perception.document import read_object
from fusion_perception.errors import BackendError, DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.nets.system import System, load_system
from fusion_perception.lab.training.augment import without
from fusion_perception.lab.training.choices import DEVICES, HELD_OUT
from fusion_perception.lab.training.distributed import Processes, open_processes
from fusion_perception.lab.training.journal import ProgressLine, duration, read_journal
from fusion_perception.lab.training.precision import Precision
from fusion_perception.lab.training.pretext_tasks import load_tasks
from fusion_perception.lab.training.recipes.recipe import (
    TASKS,
    TRAIN_ONLY,
    TWO_LEVEL,
    WITH_META,
    Recipe,
    RecipeOptions,
    Stage,
    StageContext,
)
from fusion_perception.lab.training.samples import BatchSource, Sample, load_samples, synthetic_samples
from fusion_perception.lab.training.soup import mean_of_checkpoints
from fusion_perception.lab.training.splits import halves, hold_out, hold_out_groups, training_split
from fusion_perception.lab.training.streams import META, TRAIN, UPPER, Streams
from fusion_perception.lab.training.trainer import BEST, LAST, STATE, Trainer, TrainerConfig
from fusion_perception.lab.training.validation import Validator
from fusion_perception.labels import IGNORE, MSRS9, LabelSet, get_label_set
from fusion_perception.text import printable
from fusion_perception.text_file import read_text

RESULT, SUMMARY = "result.json", "summary.json"
_MAX_JSON = 1 << 24  # bytes
_RENDERED = {"smoke": 8, "cpu": 64, "paper": 400}
_RENDERED_ALONE = {"smoke": 12, "cpu": 160, "paper": 800}
_VALIDATED = {"smoke": 2, "cpu": 12, "paper": 50}
_CHECKS = {"smoke": 1, "cpu": 8, "paper": 50}
_CHECK_GAP = {"smoke": 1, "cpu": 1, "paper": 500}
_LOGS = {"smoke": 10, "cpu": 100, "paper": 1000}


@dataclass(frozen=True)
class SessionOptions:
    """What to train on, for how long, and where results go.

    Attributes:
        out: output folder.
        data: folder of a labelled data set, or None for rendered scenes alone.
        split: its training list; None takes ``train`` where there is one.
        budget: ``"smoke"``, ``"cpu"`` or ``"paper"``.
        steps: steps of all stages together, or None for the budget's.
        seed: of everything random.
        resume: continue from what ``out`` holds.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: CPU threads, or None for PyTorch's choice.
        precision: ``"auto"``, ``"fp32"`` or ``"bf16"``.
        faithful: reproduce the quirks of the released code.
        synthetic: number of rendered frames, or None for the budget's.
        pretext: folders of further fusion tasks (TIM).
        latency: ``result.json`` of an earlier search whose latencies are used again (TIM).
        labels: name of the label set, or None for that of the data.
        without: parts of the augmentation to leave out, see ``augment.PARTS``.
        init: checkpoints to start from, of several the mean of their weights; each network of the recipe that has the
            same weights takes them over.
        only: names of the stages to run, or None for all.
        teachers: checkpoints that the stage ``distil`` of our recipes learns from too.
        held_out: share of the labelled pairs kept for validation, 0..0.5; 0: all are trained on, and the last weights
            count as the best.
    """

    out: Path
    data: Path | None = None
    split: str | None = None
    budget: str = "cpu"
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    device: str = "auto"
    threads: int | None = None
    precision: str = "auto"
    faithful: bool = False
    synthetic: int | None = None
    pretext: tuple[Path, ...] = ()
    latency: Path | None = None
    labels: str | None = None
    without: tuple[str, ...] = ()
    init: tuple[Path, ...] = ()
    only: tuple[str, ...] | None = None
    teachers: tuple[Path, ...] = ()
    held_out: float = HELD_OUT


@dataclass(frozen=True)
class TrainingData:
    """Samples of a run.

    Attributes:
        train: labelled samples of the data set, without the held-out part.
        held_out: for validation.
        synthetic: rendered samples to mix in.
        tasks: task name -> samples of a pretext.
    """

    train: list[Sample]
    held_out: list[Sample]
    synthetic: list[Sample]
    tasks: dict[str, list[Sample]] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a short hash of the names and sizes of all samples, in order and part by part."""
        parts = {"": self.train, "held out": self.held_out, **{f"task {k}": v for k, v in self.tasks.items()}}
        listed = {part: [(s.name, *s.labels.shape) for s in samples] for part, samples in parts.items()}
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


def run_recipe(recipe: Recipe, options: SessionOptions, say: Callable[[str], None] = print) -> dict[str, Any]:
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
    torch.backends.cudnn.deterministic = True
    cv2.setNumThreads(1)  # batches are prepared in a thread of their own
    if options.out.exists() and not options.out.is_dir():
        raise DataError(f"cannot write to {options.out}: it is a file; give the name of a folder")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(options.out, error) from error
    _refuse_to_overwrite(options)
    with open_processes(device.type) as processes:
        if device.type == "cuda":
            device = torch.device("cuda", processes.local_rank)
        return _Session(recipe, options, device, processes, say if processes.main else lambda text: None).run()


def _refuse_to_overwrite(options: SessionOptions) -> None:
    """Raise DataError where the folder holds a training already: days of work must not go for a forgotten option."""
    states = [options.out / STATE, *sorted(options.out.glob(f"[0-9]*_*/{STATE}"))]
    found = next((path for path in states if path.is_file()), None)
    if found is not None and not options.resume:
        raise DataError(
            f"{options.out} holds a training already ({found.relative_to(options.out)}); continue it with --resume, "
            "or give another folder with --out"
        )


def chosen_device(name: str) -> torch.device:
    """Return the device of one of ``DEVICES``; BackendError where there is none such."""
    if name not in DEVICES:
        raise BackendError(f"unknown device '{name}'; allowed: {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError("device 'cuda' was asked for, but PyTorch sees no GPU; use --device cpu")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


def recipe_labels(options: SessionOptions) -> LabelSet:
    """Return the label set of a run; DataError where there is none of the name asked for."""
    if options.labels is not None:
        try:
            return get_label_set(options.labels)
        except KeyError as error:
            raise DataError(str(error.args[0])) from error
    of_data = PairDataset(options.data).label_set if options.data is not None else None
    return of_data or MSRS9


def recipe_stages(recipe: Recipe, options: SessionOptions) -> list[Stage]:
    """Return the stages of a run, as long as it makes them.

    Raises:
        DataError: the recipe lacks a stage that was asked for, or the table of latencies cannot be read.
    """
    labels, table = recipe_labels(options), None
    if options.latency is not None:
        try:
            table = tuple(tuple(float(v) for v in row) for row in read_json(options.latency)["latency_ms"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{options.latency}: no latencies of a search ({error})") from error

    def scaled(scale: float) -> list[Stage]:
        chosen = RecipeOptions(options.budget, labels, options.faithful, scale, table)
        return _chosen(recipe, recipe.stages(chosen), options.only)

    stages = scaled(1.0)
    return stages if options.steps is None else scaled(options.steps / sum(stage.steps for stage in stages))


def _chosen(recipe: Recipe, stages: list[Stage], only: tuple[str, ...] | None) -> list[Stage]:
    if only is None:
        return stages
    names = [stage.name for stage in stages]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise DataError(
            f"recipe '{recipe.name}' has no stage '{', '.join(unknown)}'; its stages: "
            + (", ".join(names) if any(names) else "one without a name, so leave --stages out")
        )
    return [stage for stage in stages if stage.name in only]


def rendered_frames(recipe: Recipe, options: SessionOptions) -> int:
    """Return how many frames are rendered for a run."""
    if options.data is not None and recipe.synthetic_share == 0:
        return 0
    counts = _RENDERED if options.data is not None else _RENDERED_ALONE
    return counts[options.budget] if options.synthetic is None else options.synthetic


def data_conditions(recipe: Recipe, options: SessionOptions) -> dict[str, Any]:
    """Return what a run draws from beside its data set, as its summary says it; None where nothing was asked for."""
    pretext = [path.resolve().name for path in options.pretext]
    return {
        "synthetic": rendered_frames(recipe, options),
        "labels": recipe_labels(options).name,
        "pretext": pretext if pretext and _has_tasks(recipe_stages(recipe, options)) else None,
        "held_out": options.held_out if options.held_out != HELD_OUT else None,
    }


def _has_tasks(stages: Sequence[Stage]) -> bool:
    return any(stage.streams == TASKS for stage in stages)


def run_conditions(recipe: Recipe, options: SessionOptions, device: torch.device) -> dict[str, Any]:
    """Return what was asked of a run, as its summary says it; None where nothing was asked for."""
    return {
        "recipe": recipe.name,
        "budget": options.budget,
        "steps": sum(stage.steps for stage in recipe_stages(recipe, options)),
        "seed": options.seed,
        "faithful": options.faithful,
        "data": options.data.resolve().name if options.data is not None else "synthetic",
        "split": Path(options.split).name if options.split is not None else None,
        "precision": Precision(options.precision, device).name,
        "without": sorted(options.without) or None,
        "init": " + ".join(path.name for path in options.init) or None,
        "teachers": [path.name for path in options.teachers] or None,
        "only": list(options.only) if options.only is not None else None,
    }


class _Session:
    def __init__(
        self,
        recipe: Recipe,
        options: SessionOptions,
        device: torch.device,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self.recipe, self.options, self.device, self.processes = recipe, options, device, processes
        self.say = lambda text: say(printable(text, 0))
        self.labels = recipe_labels(options)
        self.stages = [
            replace(stage, augment=without(stage.augment, options.without)) for stage in recipe_stages(recipe, options)
        ]
        self.start = mean_of_checkpoints(options.init) if options.init else None
        self.teachers = tuple(self._teacher(path) for path in options.teachers)

    def _teacher(self, path: Path) -> System:
        if all(stage.name != "distil" for stage in self.stages):
            raise DataError(f"{path}: no stage of this run learns from a teacher; leave --teacher out, or run 'distil'")
        system, _ = load_system(path)
        if system.spec.labels != self.labels.name:
            raise DataError(f"{path}: knows the classes of {system.spec.labels}, the data those of {self.labels.name}")
        return system

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        data = self._data()
        self._announce(data)
        previous: nn.Module | None = self.start
        result: dict[str, Any] = {}
        crops: list[int | None] = []
        for number, stage in enumerate(self.stages, 1):
            folder = self.options.out / f"{number}_{stage.name}" if stage.name else self.options.out
            folder.mkdir(exist_ok=True)
            previous, found, drawn = self._run_stage(stage, number, folder, data, previous, result)
            result = {**result, **found}
            crops.append(drawn)
        if self.processes.main and folder != self.options.out:
            for name in (BEST, LAST):
                write_bytes(self.options.out / name, (folder / name).read_bytes())
        summary = {
            **self._record(),
            **_asked_for(data_conditions(self.recipe, self.options)),
            **({"crops": sum(n for n in crops if n is not None)} if None not in crops else {}),
            "seconds": round(time.monotonic() - began, 1),
            "losses": self._losses(),
            **({"score": _scores(folder)} if stage.scored else {}),
        }
        if self.processes.main:
            write_text(self.options.out / SUMMARY, json.dumps(summary, indent=2) + "\n")
        self.say(finished_line(summary, self.options.out))
        return summary

    def _run_stage(
        self,
        stage: Stage,
        number: int,
        folder: Path,
        data: TrainingData,
        previous: nn.Module | None,
        result: dict[str, Any],
    ) -> tuple[nn.Module, dict[str, Any], int | None]:
        options = self.options
        torch.manual_seed(1000 * options.seed + number)
        context = StageContext(
            self.device,
            self.processes,
            Precision(options.precision, self.device),
            options.seed,
            tuple(data.tasks),
            previous,
            result,
            self.teachers,
        )
        strategy = stage.build(context)
        streams = self._streams(stage, number, data)
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
            Validator(data.held_out, _VALIDATED[options.budget], self.device) if stage.scored else None,
            {**self._record(), "stage": stage.name},
            title=f"{self.recipe.name} {stage.name}".strip(),
            data={**_asked_for(data_conditions(self.recipe, options)), "samples": data.digest()},
        )
        done = Trainer.finished_steps(folder) if options.resume else 0
        try:
            if done >= stage.steps:
                trainer.load()
                self.say(f"{trainer.title}: finished before, {done} steps")
            else:
                trainer.run(resume=done > 0)
        finally:
            streams.close()
        found = strategy.result()
        if found and self.processes.main:
            write_text(folder / RESULT, json.dumps(found, indent=2) + "\n")
        return trainer.average.network, found, trainer.drawn

    def _data(self) -> TrainingData:
        options = self.options
        labelled: list[Sample] = []
        if options.data is not None:
            labelled = load_samples(options.data, training_split(options.data, options.split))
            check_labels(labelled, self.labels)
        further = [load_tasks(root) for root in options.pretext] if _has_tasks(self.stages) else []
        count = rendered_frames(self.recipe, options)
        progress = ProgressLine("rendering scenes", count, silent=not self.processes.main, lines=2)
        rendered = (
            synthetic_samples(count, options.seed, progress=lambda n: progress.update(n, {})) if count > 0 else []
        )
        if labelled:
            train, held_out = hold_out(labelled, options.held_out)
            synthetic = rendered
        else:
            train, held_out = hold_out_groups(rendered)
            synthetic = []
        if not train:
            raise DataError("nothing to train on; give a data set with --data or a number of scenes with --synthetic")
        return TrainingData(train, held_out, synthetic, self._tasks(train, further))

    def _tasks(self, train: Sequence[Sample], further: Sequence[dict[str, list[Sample]]]) -> dict[str, list[Sample]]:
        if not _has_tasks(self.stages):
            return {}
        tasks: dict[str, list[Sample]] = {"main": list(train)}
        if not further:
            # Without other tasks: the conditions of the data, which differ in what each sensor sees.
            tasks = {}
            for sample in train:
                tasks.setdefault(sample.key, []).append(sample)
        for found in further:
            for name, samples in found.items():
                tasks[name if name not in tasks else f"{name}2"] = samples
        return tasks

    def _streams(self, stage: Stage, number: int, data: TrainingData) -> Streams:
        def source(real: list[Sample], offset: int, synthetic: list[Sample] | None = None) -> BatchSource:
            return BatchSource(
                real,
                data.synthetic if synthetic is None else synthetic,
                self.recipe.synthetic_share if stage.synthetic_share is None else stage.synthetic_share,
                stage.batch,
                stage.augment,
                10_000 * self.options.seed + 100 * number + offset,
                self.processes.rank,
                self.processes.count,
            )

        if stage.streams == TRAIN_ONLY:
            sources = {TRAIN: source(data.train, 0)}
        elif stage.streams == WITH_META:
            sources = {TRAIN: source(data.train, 0), META: source(data.train, 1)}
        elif stage.streams == TWO_LEVEL:
            lower, upper = halves(data.train, stage.upper_share)
            sources = {TRAIN: source(lower, 0), UPPER: source(upper, 1, [])}
        elif stage.streams == TASKS:
            sources = {name: source(samples, i, []) for i, (name, samples) in enumerate(data.tasks.items())}
        else:
            raise ValueError(f"unknown streams '{stage.streams}'")
        return Streams(sources, self.device)

    def _record(self) -> dict[str, Any]:
        found = run_conditions(self.recipe, self.options, self.device)
        return {"split": found["split"], **_asked_for(found), "processes": self.processes.count}

    def _announce(self, data: TrainingData) -> None:
        parts = [f"{len(data.train)} training pairs", f"{len(data.held_out)} held out for validation"]
        if data.synthetic:
            parts.append(f"{len(data.synthetic)} rendered")
        if data.tasks:
            parts.append(f"pretext tasks {', '.join(data.tasks)}")
        stages = " + ".join(f"{s.steps} steps {s.name}".strip() for s in self.stages)
        self.say(f"{self.recipe.name} ({self.recipe.summary}), budget {self.options.budget}: {stages}")
        self.say(f"{'; '.join(parts)}; on {self.device}, {Precision(self.options.precision, self.device).name}")

    def _losses(self) -> dict[str, Any]:
        """Every loss at both ends of every stage."""
        losses = {}
        for number, stage in enumerate(self.stages, 1):
            folder = self.options.out / f"{number}_{stage.name}" if stage.name else self.options.out
            found: dict[str, list[float]] = {}
            for line in read_journal(folder / "log.jsonl"):
                if line["kind"] == "train":
                    for name, value in line.items():
                        if name not in ("step", "kind", "seconds"):
                            found.setdefault(name, []).append(float(value))
            losses[stage.name or self.recipe.name] = {name: _ends(values) for name, values in found.items()}
        return losses


def _asked_for(conditions: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in conditions.items() if value is not None}


def check_labels(samples: Sequence[Sample], labels: LabelSet) -> None:
    """Raise DataError if a sample has an id that the label set does not know."""
    for sample in samples:
        known = sample.labels[sample.labels != IGNORE]
        if known.size and int(known.max()) >= len(labels):
            raise DataError(
                f"'{sample.name}' has label id {int(known.max())}; label set '{labels.name}' has 0..{len(labels) - 1} "
                f"and {IGNORE} for unknown; name the right set with --labels"
            )


def _ends(values: Sequence[float]) -> dict[str, float]:
    """Mean over the first and over the last third of what was logged; single values of small batches are noise."""
    third = -(-len(values) // 3)
    return {"first": fmean(values[:third]), "last": fmean(values[-third:])}


def _scores(folder: Path) -> dict[str, float]:
    lines = [line for line in read_journal(folder / "log.jsonl") if line["kind"] == "validation"]
    if not lines:
        return {}
    best = max(lines, key=lambda line: line["score"])
    return {name: best[name] for name in ("step", "miou", "qabf", "score")}


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; DataError if it cannot be read."""
    try:
        return read_object(read_text(path), _MAX_JSON)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable JSON file ({error})") from error


def finished_line(summary: dict[str, Any], out: Path) -> str:
    """Return what to tell the user at the end."""
    score = summary.get("score") or {}
    quality = f", held-out mIoU {score['miou']:.3f}, Qabf {score['qabf']:.3f}" if score else ""
    return (
        f"{summary['recipe']}: done in {duration(summary['seconds'])}{quality}; best: {out / BEST}; "
        f"next: fusion-perception export {out / BEST} --out {summary['recipe']}.onnx"
    )
