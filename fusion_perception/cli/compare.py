# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception compare``: the five published methods and ours under equal conditions."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion_perception.cli.output_paths import check_folder
from fusion_perception.errors import DataError, require
from fusion_perception.lab.training.choices import BUDGETS, COMPARED, DEVICES, PRECISIONS, RECIPES
from fusion_perception.text import printable

EXAMPLES = (
    "fusion-perception compare --data msrs/",
    "fusion-perception compare --data msrs/ --recipes none --load ours=realtime --load theirs=fused/",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labelled data set")
    parser.add_argument(
        "--split", default="val", help="pairs to measure on: a file with one name a line, or a split (default: val)"
    )
    parser.add_argument("--train-split", metavar="SPLIT", help="training list (default: the data set's own)")
    parser.add_argument(
        "--recipes",
        default=",".join(COMPARED),
        metavar="A,B",
        help="what to train; 'none' trains nothing (default: %(default)s)",
    )
    parser.add_argument(
        "--load",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="add a checkpoint, an ONNX model or a folder of fused images; in place of the recipe of that name",
    )
    parser.add_argument("--budget", choices=BUDGETS, default="cpu", help="size and length (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/compare"), help="output folder; what is trained there is used again"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="for training (default: %(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of training (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads (default: automatic)")
    parser.add_argument("--faithful", action="store_true", help="reproduce the quirks of the released codes")
    parser.add_argument(
        "--pretext", type=Path, action="append", default=[], metavar="DIR", help="further fusion tasks for tim"
    )
    parser.add_argument("--backend", default="auto", help="what runs the models (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of timing for each model (default: %(default)g)")
    parser.add_argument("--rows", type=int, default=2, help="pairs by day and by night in the grid (default: 2)")


def run(namespace: argparse.Namespace) -> int:
    """Compare, and print the tables."""
    require("torch", "training")
    from fusion_perception.cli.evaluate import open_dataset
    from fusion_perception.lab.comparison.entrants import parse_loaded
    from fusion_perception.lab.comparison.run import ComparisonOptions, compare
    from fusion_perception.lab.training.session.options import SessionOptions
    from fusion_perception.progress import Progress

    check_folder(namespace.out)
    loaded = parse_loaded(namespace.load)
    dataset = open_dataset(str(namespace.data), namespace.split, "auto", 0)
    training = SessionOptions(
        out=namespace.out,
        data=namespace.data,
        split=namespace.train_split,
        budget=namespace.budget,
        seed=namespace.seed,
        device=namespace.device,
        threads=namespace.threads or None,
        precision=namespace.precision,
        faithful=namespace.faithful,
        pretext=tuple(namespace.pretext),
    )
    options = ComparisonOptions(
        namespace.out,
        parse_recipes(namespace.recipes),
        loaded,
        training,
        namespace.backend,
        namespace.threads,
        namespace.seconds,
        namespace.rows,
    )
    with Progress(unit="pair") as progress:
        result = compare(dataset, options, progress=progress)
    print("\n\n".join(table.text() for table in result.tables))
    for row in result.document.methods:
        for note in row.notes:
            print(f"note: {printable(row.name)}: {printable(note, 0)}")
    for path in result.files:
        print(f"written: {printable(path, 0)}")
    return 0


def parse_recipes(text: str) -> tuple[str, ...]:
    """Read ``A,B``, or ``none``.

    Raises:
        DataError: an unknown recipe.
    """
    names = () if text == "none" else tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in RECIPES:
            raise DataError(f"--recipes: unknown recipe '{name}'; allowed: {', '.join(RECIPES)}, or none")
    return tuple(dict.fromkeys(names))
