# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The recipes by name; a recipe's module is imported when it is asked for."""

from __future__ import annotations

import importlib

from fusion_perception.errors import DataError
from fusion_perception.lab.training.choices import RECIPES
from fusion_perception.lab.training.recipes.recipe import Recipe


def get_recipe(name: str) -> Recipe:
    """Return a recipe.

    Raises:
        DataError: there is none of that name; the message lists them.
    """
    if name not in RECIPES:
        raise DataError(f"unknown recipe '{name}'; known: {', '.join(RECIPES)}")
    recipe: Recipe = importlib.import_module(f"fusion_perception.lab.training.recipes.{name}").RECIPE
    return recipe
