# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception train``: train a recipe."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.output_paths import check_folder
from fusion_perception.errors import DataError, require
from fusion_perception.lab.training.choices import AUGMENTATIONS, BUDGETS, DEVICES, HELD_OUT, PRECISIONS, RECIPES

if TYPE_CHECKING:
    from fusion_perception.lab.training.session.options import SessionOptions


EXAMPLES = (
    "fusion-perception train realtime --data pairs/",
    "fusion-perception train realtime --data boxes/ --init models/realtime.safetensors --steps 2000",
    "fusion-perception train realtime --data pairs/ --resume",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_training_arguments(parser)
    parser.add_argument("--out", type=Path, help="output folder (default: out/train/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="continue what the output folder holds")
    parser.add_argument(
        "--held-out",
        type=float,
        metavar="SHARE",
        default=HELD_OUT,
        help="share of the labelled pairs for validation; 0 trains on all (default: %(default)s)",
    )
    parser.add_argument(
        "--fold", metavar="K/N", help="keep fold K of N for validation, instead of a share: see docs/training.md"
    )


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every verb that trains one recipe asks for."""
    parser.add_argument("recipe", choices=RECIPES, metavar="RECIPE", help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument("--data", type=Path, help="data set; without it, rendered scenes alone")
    parser.add_argument(
        "--unlabelled",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="DIR",
        help="further pairs without labels, or folders of sequences of such: they get those of a trained network",
    )
    parser.add_argument(
        "--marks",
        type=Path,
        metavar="JSON",
        help="boxes that say where objects may be in recordings without labels (docs/evaluation.md): outside of them "
        "nothing gets the label of a class that is judged",
    )
    parser.add_argument("--split", help="training list: a file with one name a line, or the name of a split")
    parser.add_argument("--budget", choices=BUDGETS, default="cpu", help="size and length (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--steps", type=int, help="steps of all stages together, instead of the budget's")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="default: %(default)s")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="auto: bf16 on CUDA, fp32 on a CPU (default)"
    )
    parser.add_argument(
        "--deterministic", action="store_true", help="the same seed and device give the same weights; slower on a GPU"
    )
    parser.add_argument("--compile", action="store_true", help="run the networks through torch.compile")
    parser.add_argument("--labels", help="label set, where the data does not say it")
    parser.add_argument("--synthetic", type=int, metavar="N", help="number of rendered frames to mix in")
    parser.add_argument("--faithful", action="store_true", help="reproduce the quirks of the released code")
    parser.add_argument(
        "--pretext", type=Path, action="append", default=[], metavar="DIR", help="further fusion tasks for tim"
    )
    parser.add_argument(
        "--without", action="append", default=[], choices=AUGMENTATIONS, help="leave a part of the augmentation out"
    )
    parser.add_argument(
        "--init",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="start from these networks where the recipe has the same ones; given several times: from the mean",
    )
    parser.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="its labels are what pairs without labels get (default: those of what was trained before)",
    )
    parser.add_argument("--stages", metavar="A,B", help="run only these stages of the recipe")
    parser.add_argument("--latency", type=Path, metavar="JSON", help="result.json of a search: use its latencies (tim)")


def run(namespace: argparse.Namespace) -> int:
    """Train."""
    require("torch", "training")
    from fusion_perception.lab.training.folds import Fold
    from fusion_perception.lab.training.keep_memory import keep_freed_memory
    from fusion_perception.lab.training.recipes.registry import get_recipe
    from fusion_perception.lab.training.session.run import run_recipe

    options = training_options(
        namespace, namespace.out if namespace.out is not None else Path("out/train") / namespace.recipe
    )
    options = replace(
        options,
        resume=namespace.resume,
        held_out=namespace.held_out,
        fold=Fold.read(namespace.fold) if namespace.fold is not None else None,
    )
    keep_freed_memory()
    run_recipe(get_recipe(namespace.recipe), options)
    return 0


def training_options(namespace: argparse.Namespace, out: Path) -> SessionOptions:
    """Return what was asked for by the arguments of ``add_training_arguments``.

    Raises:
        DataError: 0 threads, or nothing can be written to ``out``.
    """
    from fusion_perception.lab.training.session.options import SessionOptions

    if namespace.threads == 0:
        raise DataError("--threads 0; leave it out for the number that PyTorch takes")
    check_folder(out)
    return SessionOptions(
        out=out,
        data=namespace.data,
        split=namespace.split,
        budget=namespace.budget,
        steps=namespace.steps,
        seed=namespace.seed,
        device=namespace.device,
        threads=namespace.threads,
        precision=namespace.precision,
        faithful=namespace.faithful,
        synthetic=namespace.synthetic,
        pretext=tuple(namespace.pretext),
        latency=namespace.latency,
        labels=namespace.labels,
        without=tuple(dict.fromkeys(namespace.without)),
        init=tuple(namespace.init),
        teachers=tuple(namespace.teacher),
        unlabelled=tuple(namespace.unlabelled),
        marks=namespace.marks,
        deterministic=namespace.deterministic,
        compile=namespace.compile,
        only=tuple(name.strip() for name in namespace.stages.split(",")) if namespace.stages is not None else None,
    )
