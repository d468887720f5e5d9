# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception crossvalidate``: train fold by fold, and judge each pair by a network that has not seen it."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion_perception.cli.train import add_training_arguments, training_options
from fusion_perception.errors import require
from fusion_perception.text import printable

EXAMPLES = ("fusion-perception crossvalidate realtime --data pairs/ --folds 5 --out out/folds",)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_training_arguments(parser)
    parser.add_argument("--folds", type=int, default=5, help="number of folds (default: %(default)s)")
    parser.add_argument(
        "--seeds", type=int, default=1, help="trainings of each fold, from --seed upwards (default: %(default)s)"
    )
    parser.add_argument("--name", help="what tables call it (default: RECIPE)")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="JSON",
        help="set it beside the crossvalidation.json of another run",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="output folder; what is finished there is taken as it is"
    )


def run(namespace: argparse.Namespace) -> int:
    """Train, judge, and print the tables."""
    require("torch", "training")
    from fusion_perception.files.atomic_file import write_text
    from fusion_perception.lab.crossvalidation.document import CROSS_VALIDATION
    from fusion_perception.lab.crossvalidation.run import DOCUMENT, TABLES, CrossValidationOptions, crossvalidate
    from fusion_perception.lab.crossvalidation.tables import against_table, differing_conditions, figure_table
    from fusion_perception.lab.training.keep_memory import keep_freed_memory
    from fusion_perception.lab.training.recipes.registry import get_recipe

    others = {path: CROSS_VALIDATION.read_file(path) for path in namespace.against}
    seeds = tuple(range(namespace.seed, namespace.seed + namespace.seeds))
    training = training_options(namespace, namespace.out)
    options = CrossValidationOptions(
        training, namespace.out, namespace.name or namespace.recipe, namespace.folds, seeds
    )
    keep_freed_memory()
    document = crossvalidate(get_recipe(namespace.recipe), options)
    tables = [figure_table(document)]
    if others:
        named = {f"{other.name} ({path.parent.name or path.name})": other for path, other in others.items()}
        tables += [*(figure_table(other) for other in others.values()), against_table(document, named)]
        for name, other in named.items():
            for difference in differing_conditions(document, other):
                print(f"note: {printable(name)} differs in more than the recipe: {printable(difference, 0)}")
    print("\n\n".join(table.text() for table in tables))
    write_text(namespace.out / TABLES, "\n\n".join(table.markdown() for table in tables) + "\n")
    for name in (DOCUMENT, TABLES):
        print(f"written: {printable(namespace.out / name, 0)}")
    return 0
