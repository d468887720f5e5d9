# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that all recipes share."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fusion_perception.errors import FusionPerceptionError, ModelError
from fusion_perception.files.atomic_file import write_image
from fusion_perception.lab.nets.system import System, save_system
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.exponential_average import ExponentialAverage
from fusion_perception.lab.training.journal import Journal
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import Streams
from fusion_perception.lab.training.time_line import UPDATE
from fusion_perception.lab.training.training_state import TrainingState, load_state, read_record, save_state
from fusion_perception.lab.training.validation import Validator
from fusion_perception.progress import Progress

STATE, BEST, LAST, PICTURES = "state.safetensors", "best.safetensors", "last.safetensors", "pictures"


class TrainingError(FusionPerceptionError):
    """Training that cannot go on."""


@dataclass(frozen=True)
class TrainerConfig:
    """Rhythm of the loop; all periods in steps.

    Attributes:
        steps: length of the training.
        seed: of everything random inside a step.
        average_decay: of the exponential moving average of the weights.
        log_every: losses are averaged over this many steps and written.
        check_every: validate, draw pictures and save; also done after the last step.
    """

    steps: int
    seed: int = 0
    average_decay: float = 0.998
    log_every: int = 10
    check_every: int = 500


class Trainer:
    """Runs a strategy, and keeps what it produces.

    ``folder`` receives ``state.safetensors`` (to resume from), ``last.safetensors`` and ``best.safetensors``
    (averaged weights, in half precision; best on the held-out part), ``log.jsonl``, ``tensorboard/``, ``pictures/``.

    Args:
        strategy: what a step is.
        streams: where batches come from.
        folder: existing output folder.
        config: rhythm.
        processes: that train together; only the first writes.
        validator: scores the averaged system; None: the last system is the best.
        record: what run this is; goes into every file, and a state of another run is refused.
        data: what it draws from; a state that saw other data is refused.
        title: shown before the progress.
        progress: where progress goes; standard error by default.
    """

    def __init__(
        self,
        strategy: Strategy,
        streams: Streams,
        folder: Path,
        config: TrainerConfig,
        processes: Processes = ALONE,
        validator: Validator | None = None,
        record: Mapping[str, Any] | None = None,
        title: str = "train",
        progress: Progress | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.strategy, self.streams, self.folder, self.config = strategy, streams, folder, config
        self.processes, self.validator, self.record, self.title = processes, validator, dict(record or {}), title
        self.data = dict(data or {})
        self.average = ExponentialAverage(strategy.system, config.average_decay)
        self.best = -math.inf
        self.progress = progress
        self.drawn: int | None = 0

    def run(self, *, resume: bool = False, until: int | None = None) -> None:
        """Train to the end.

        Args:
            resume: continue from the state in the folder, to the same result as without interruption.
            until: stop after this step, as an interruption would.

        Raises:
            ModelError: the state to resume from is missing, damaged or of another run.
            TrainingError: a loss is not finite.
        """
        start = self._resume() if resume else 0
        end = self.config.steps if until is None else min(until, self.config.steps)
        journal = Journal(self.folder, start, self.processes.main)
        for module in self.strategy.networks().values():
            module.train()
        with self.progress or Progress(silent=not self.processes.main) as progress:
            progress.stage(self.title, start)
            self._train(range(start, end), journal, progress)
        journal.close()
        self.processes.wait()

    def load(self) -> None:
        """Take over the state in the folder without training, as the result of a finished stage."""
        self._resume()

    def _train(self, steps: range, journal: Journal, progress: Progress) -> None:
        window, before, time_line, timed = _Window(), self.drawn, self.streams.time_line, steps.start
        time_line.start()
        for step in steps:
            torch.manual_seed(self._step_seed(step))
            with time_line.part(UPDATE):
                terms = self.strategy.step(step, self.streams)
            window.add(terms)
            self.average.update(self.strategy.system, step)
            self.drawn = None if before is None else before + self.streams.drawn * self.processes.count
            done = step + 1
            check = done % self.config.check_every == 0 or done == self.config.steps
            # Before a check too: no state is saved after a loss that is not finite.
            if done % self.config.log_every == 0 or check or done == steps.stop:
                values = window.close()
                bad = [name for name, value in values.items() if not math.isfinite(value)]
                if bad:
                    raise TrainingError(
                        f"{self.title}: {', '.join(bad)} not finite at step {done}, the state of step "
                        f"{self._saved_step()} is kept; train with --precision fp32, or anew with another --seed"
                    )
                journal.write(done, "train", values)
                journal.write(done, "time", {"steps": done - timed, **time_line.close()})
                timed = done
                shown = {k: v for k, v in values.items() if k != "seconds" and not k.startswith("weight_")}
                losses = "  ".join(f"{name} {value:.4g}" for name, value in shown.items())
                progress.tick(done, self.config.steps, losses)
            if check:
                self._check(done, journal, progress)
        if steps:
            journal.write(steps.stop, "time", {"steps": 0, **time_line.close()})  # the last check

    @staticmethod
    def finished_steps(folder: Path) -> int:
        """Return how many steps the state in a folder has seen, 0 without one."""
        return int(read_record(folder / STATE)["step"]) if (folder / STATE).is_file() else 0

    def _step_seed(self, step: int) -> int:
        return int(np.random.SeedSequence([self.config.seed, step, self.processes.rank]).generate_state(1)[0])

    def _saved_step(self) -> int:
        return self.finished_steps(self.folder)

    def _networks(self) -> dict[str, torch.nn.Module]:
        return {**self.strategy.networks(), "average": self.average.network}

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        return {name: updater.optimiser for name, updater in self.strategy.updaters().items()}

    def _check(self, done: int, journal: Journal, progress: Progress) -> None:
        if not self.processes.main:
            return
        system = self.average.network
        scored = self.validator is not None and bool(self.validator.samples) and isinstance(system, System)
        values: dict[str, float] = {}
        if scored and self.validator is not None and isinstance(system, System):
            score = self.validator(system)
            values = {"miou": score.miou, "qabf": score.qabf, "score": score.total}
            journal.write(done, "validation", values)
            sheet = self.validator.sheet(system)
            write_image(self.folder / PICTURES / f"step_{done:06d}.png", sheet)
            journal.picture(done, "validation", sheet)
            progress.say(
                f"{self.title} {done}: held-out mIoU {score.miou:.3f}, Qabf {score.qabf:.3f}"
                + ("  (best so far)" if score.total > self.best else "")
            )
        total = values.get("score", self.best + 1 if math.isfinite(self.best) else 0.0)
        if isinstance(system, System):
            record = {**self.record, "step": done, **values}
            save_system(system, self.folder / LAST, record, half=True)
            if total > self.best:
                save_system(system, self.folder / BEST, record, half=True)
        self.best = max(self.best, total)
        save_state(
            self.folder / STATE,
            TrainingState(
                self._networks(),
                self._optimisers(),
                {
                    "step": done,
                    "best": self.best,
                    "run": self.record,
                    "config": {"steps": self.config.steps, "seed": self.config.seed},
                    "data": self.data,
                    "drawn": self.drawn,
                    "strategy": self.strategy.state(),
                },
            ),
        )

    def _resume(self) -> int:
        path = self.folder / STATE
        record = read_record(path)
        mine = {
            "run": self.record,
            "config": {"steps": self.config.steps, "seed": self.config.seed},
            "data": self.data,
        }
        for part, values in mine.items():
            theirs = record.get(part, values)  # states of earlier versions do not say what data they saw
            for name in sorted({*values, *theirs}):
                if values.get(name) != theirs.get(name):
                    raise ModelError(
                        f"{path}: made with {name} = {theirs.get(name)!r}, this run has {values.get(name)!r}; "
                        "resume with the same arguments, or train anew without --resume"
                    )
        load_state(path, self._networks(), self._optimisers())
        self.strategy.restore(record["strategy"])
        self.best = float(record["best"])
        self.drawn = record.get("drawn")
        return int(record["step"])


class _Window:
    """Means of the reported terms since the last report; a term counts only the steps that computed it."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._since = time.monotonic()

    def add(self, terms: Mapping[str, Tensor]) -> None:
        for name, value in terms.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value.clone()
            self._counts[name] = self._counts.get(name, 0) + 1

    def close(self) -> dict[str, float]:
        values = {name: float(total) / self._counts[name] for name, total in self._sums.items()}
        values["seconds"] = time.monotonic() - self._since
        self._clear()
        return values
