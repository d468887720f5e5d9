# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings that are done once: a folder that holds a finished one is taken as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.training.recipes.recipe import Recipe
from fusion_perception.lab.training.session.files import SUMMARY
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.plan import chosen_device, plan_run
from fusion_perception.lab.training.session.record import data_conditions, run_conditions
from fusion_perception.lab.training.session.run import Say, run_recipe
from fusion_perception.lab.training.training_summary import TRAINING, TrainingSummary


def train_once(recipe: Recipe, options: SessionOptions, say: Say) -> TrainingSummary:
    """Train a recipe, or take over what an earlier run of the same kind left in the output folder.

    An interrupted training is continued.

    Args:
        recipe: what to train.
        options: how to train.
        say: writes a line for the user.

    Raises:
        DataError: the folder holds a training under other conditions.
    """
    path = options.out / SUMMARY
    if not path.is_file():
        return run_recipe(recipe, replace(options, resume=True), say)
    summary = TRAINING.read_file(path)
    check_conditions(path, summary, recipe, options)
    say(f"{recipe.name}: trained before, {summary.conditions.steps} steps in {summary.seconds / 60:.0f} min")
    return summary


def check_conditions(path: Path, summary: TrainingSummary, recipe: Recipe, options: SessionOptions) -> None:
    """Raise DataError where a finished training was not made as ``options`` say.

    Args:
        path: of the summary, for the message.
        summary: of the training.
        recipe: that should have been trained.
        options: how it should have been trained.
    """
    plan = plan_run(recipe, options, chosen_device(options.device))
    wanted = vars(run_conditions(plan)) | vars(data_conditions(plan))
    found = vars(summary.conditions) | vars(summary.data)
    for key, value in wanted.items():
        if found[key] != value:
            raise DataError(
                f"{path}: trained with {key} = {found[key]!r}, this run has {value!r}; "
                "give the same arguments, or name another folder with --out"
            )
