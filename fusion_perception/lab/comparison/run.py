# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A comparison from training to the last picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import write_image, write_text
from fusion_perception.lab.bench.machine import describe_commit, describe_machine, describe_versions
from fusion_perception.lab.comparison.cost import measure_costs
from fusion_perception.lab.comparison.document import COMPARISON, ComparisonDocument, DataInfo, MethodRow
from fusion_perception.lab.comparison.entrants import Entrant, check_names, load_entrant, train_entrant
from fusion_perception.lab.comparison.grid import choose_pairs, draw_grid, labels_of, run_pairs
from fusion_perception.lab.comparison.page import write_comparison_page
from fusion_perception.lab.comparison.tables import comparison_tables
from fusion_perception.lab.data.dataset import Dataset, PairDataset
from fusion_perception.lab.data.image_files import some
from fusion_perception.lab.evaluation.document import FrameFigures, evaluation_document
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BASELINES, BaselineMethod, Method, open_method
from fusion_perception.lab.evaluation.table import Table
from fusion_perception.lab.pages.page import check_pages
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.run import Say
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.progress import Progress

DOCUMENT, TABLES, GRID, PAGE = "comparison.json", "comparison.md", "comparison.png", "report.html"


@dataclass(frozen=True)
class ComparisonOptions:
    """What is compared, and how.

    Attributes:
        out: output folder; each recipe trains in a folder of its name below it.
        recipes: names of the recipes to train.
        loaded: name -> checkpoint, model or folder of fused images; takes the place of a recipe of that name.
        training: how recipes are trained; its ``out`` is not used.
        backend: what runs the models.
        threads: of the engine, 0 for its own choice.
        seconds: of timing for each model.
        rows: pairs by day, and as many by night, in the picture grid.
        box_set: which annotated boxes.
        workers: threads for the fusion metrics.
    """

    out: Path
    recipes: Sequence[str]
    loaded: Mapping[str, Path] = field(default_factory=dict)
    training: SessionOptions = field(default_factory=lambda: SessionOptions(Path()))
    backend: str = "auto"
    threads: int = 0
    seconds: float = 10.0
    rows: int = 2
    box_set: str = "fusion"
    workers: int = 1


@dataclass(frozen=True)
class Comparison:
    """What a comparison found, and where it lies.

    Attributes:
        document: every figure.
        tables: the same as text, the table of everything first.
        files: what was written.
    """

    document: ComparisonDocument
    tables: list[Table]
    files: tuple[Path, ...]


def compare(
    dataset: Dataset, options: ComparisonOptions, say: Say = print, progress: Progress | None = None
) -> Comparison:
    """Train or load every method, measure all of them on one data set, and write table and pictures.

    Args:
        dataset: what methods are measured on; nothing is trained on it.
        options: see there.
        say: writes a line for the user.
        progress: shows how far the measuring of each method is.

    Raises:
        DataError: the data cannot be used, a recipe would be measured on pairs that it is trained on, a loaded
            method has the name of a baseline, or a folder holds a training under other conditions.
        ModelError: something to load cannot be used.
    """
    check_pages()
    check_names(options.loaded)
    recipes = [name for name in options.recipes if name not in options.loaded]
    if recipes:
        check_apart(dataset, options.training)
    height, width = dataset[0].rgb.shape[:2]
    entrants = [
        train_entrant(name, replace(options.training, out=options.out / name), (height, width), say) for name in recipes
    ]
    entrants += [load_entrant(name, path, options.out / name, (height, width)) for name, path in options.loaded.items()]
    if not entrants:
        raise DataError("nothing to compare; name recipes with --recipes or models with --load")
    progress = progress or Progress(silent=True)
    evaluator = Evaluator(dataset, box_set=options.box_set, workers=options.workers)
    methods: dict[str, Method] = {}
    try:
        rows: list[MethodRow] = []
        frames: tuple[FrameFigures, ...] = ()
        for entrant in entrants:
            methods[entrant.name] = open_method(entrant.source, options.backend, options.threads)
            row, frames = _row(entrant, methods[entrant.name], dataset, evaluator, options, progress)
            rows.append(row)
        for name in BASELINES:
            row, _ = _row(Entrant(name, Path(name)), BaselineMethod(name), dataset, evaluator, options, progress)
            rows.append(row)
        say("drawing the picture grid")
        pairs = run_pairs(evaluator, methods, choose_pairs([frame.time for frame in frames], options.rows))
        labels = labels_of(methods)
    finally:
        for method in methods.values():
            method.close()
    models = {e.name: e.source for e in entrants if e.source.suffix == ".onnx"}
    say(f"timing {len(models)} models in turns, {options.seconds:g} s each")
    costs = measure_costs(models, options.backend, options.threads, options.seconds) if models else {}
    document = ComparisonDocument(
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        commit=describe_commit(),
        machine=describe_machine(),
        versions=describe_versions(),
        data=DataInfo(dataset.title, dataset.split, len(dataset)),
        box_set=options.box_set,
        methods=tuple(replace(row, cost=costs.get(row.name)) for row in rows),
    )
    tables = comparison_tables(document)
    files = tuple(options.out / name for name in (DOCUMENT, TABLES, GRID, PAGE))
    COMPARISON.write_file(files[0], document)
    write_text(files[1], "\n\n".join(table.markdown() for table in tables) + "\n")
    write_image(files[2], draw_grid(pairs, labels))
    write_comparison_page(files[3], document, tables, pairs, labels)
    return Comparison(document, tables, files)


def check_apart(dataset: Dataset, training: SessionOptions) -> None:
    """Raise DataError where pairs to measure on belong to those to train on."""
    if training.data is None or not isinstance(dataset, PairDataset):
        return
    trained = open_training_set(training.data, training.split)
    files = {path.resolve() for path in trained.paths}
    shared = [name for name, path in zip(dataset.names, dataset.paths, strict=True) if path.resolve() in files]
    if shared:
        raise DataError(
            f"{len(shared)} of the {len(dataset)} pairs to measure on are trained on ({some(shared)}); "
            "measure on others with --split, or give a training list without them with --train-split"
        )


def _row(
    entrant: Entrant,
    method: Method,
    dataset: Dataset,
    evaluator: Evaluator,
    options: ComparisonOptions,
    progress: Progress,
) -> tuple[MethodRow, tuple[FrameFigures, ...]]:
    """Measure a method; returns its row, its cost not known yet, and the figures of every pair."""
    progress.stage(entrant.name)
    evaluation = evaluator.run(method, tick=progress.tick)
    progress.end()
    found = evaluation_document(dataset, method, evaluation, options.box_set)
    row = MethodRow(
        name=entrant.name,
        networks=entrant.networks,
        training=entrant.training,
        fusion=found.fusion,
        segmentation=found.scores.segmentation if found.scores else None,
        boxes=found.scores.boxes if found.scores else None,
        notes=(*getattr(found.method, "notes", ()), *found.notes),
        cost=None,
    )
    return row, found.frames
