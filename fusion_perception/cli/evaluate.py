# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception evaluate``: measure a model, or another method's fused images, on a data set."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.output_paths import check_file, check_folder
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.lab.data.dataset import Dataset
    from fusion_perception.lab.data.video_dataset import VideoDataset
    from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe
    from fusion_perception.lab.evaluation.methods import Method


EXAMPLES = (
    "fusion-perception evaluate realtime --data pairs/ --report out/report",
    "fusion-perception evaluate out/model.onnx --data msrs/ --split test --json out/figures.json",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a shipped model's name, a model file, a folder of fused images named as the pairs, or one of the "
        "baselines 'average' and 'max'",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--data",
        metavar="DIR",
        help="folder with vi/ and ir/ (labels and annotations.json optional), a public data set as released, or "
        "'synthetic' for rendered streets",
    )
    source.add_argument(
        "--video",
        nargs="+",
        metavar="DIR",
        help="video without masks: folders with vi/ and ir/ holding consecutive frames, or folders of such folders",
    )
    parser.add_argument(
        "--marks",
        type=Path,
        metavar="FILE",
        help="with --video, boxes that say where objects may be and which must be found (JSON, docs/evaluation.md)",
    )
    parser.add_argument(
        "--split",
        metavar="FILE",
        help="text file with one name a line, or the name of a split; default: all pairs; where splits are folders, "
        "test, or val where there is no test",
    )
    parser.add_argument("--layout", default="auto", help="arrangement of the data set; default: %(default)s")
    parser.add_argument(
        "--boxes", default="fusion", choices=("fusion", "infrared", "visible"), help="box set; default: %(default)s"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the first N pairs")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure to this file")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write a page with tables, charts and frames")
    parser.add_argument("--baselines", action="store_true", help="add pixel-wise average and maximum to the table")
    parser.add_argument(
        "--no-fusion", action="store_true", help="leave the fusion metrics out, which take longer than a fast engine"
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="again with missing, dark, noisy, blurred and misaligned sensors, and with either sensor sending nonsense",
    )
    parser.add_argument(
        "--attribution",
        action="store_true",
        help="check the attribution: does it name the sensor that is needed, does it leave one that fails (19 "
        "inferences a pair), does it rank them as occlusion does, is it complete, do random weights change it",
    )
    parser.add_argument(
        "--attribution-pairs",
        type=int,
        default=12,
        metavar="N",
        help="with --attribution, occlude N evenly spaced pairs and look into the graph for them, 0 for all (some 30 "
        "inferences a pair, 90 with an attribution by gradient); default: %(default)s",
    )
    parser.add_argument(
        "--stability",
        action="store_true",
        help="check that mask and brightness stay what they are under noise, camera shake and gain, and on "
        "rendered streets with known motion",
    )
    parser.add_argument("--backend", default="auto", help="what runs the model; default: %(default)s")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="threads of the engine; default: automatic")
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="threads for the fusion metrics; default: %(default)s"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write what was asked for."""
    from fusion_perception.lab.data.video_dataset import VideoDataset
    from fusion_perception.lab.evaluation.attribution_check import check_attribution
    from fusion_perception.lab.evaluation.camera_shake import measure_shake
    from fusion_perception.lab.evaluation.document import EVALUATION, evaluation_document
    from fusion_perception.lab.evaluation.evaluator import Evaluator
    from fusion_perception.lab.evaluation.methods import BASELINES, BaselineMethod, open_method
    from fusion_perception.lab.evaluation.rendered_drive import measure_drives
    from fusion_perception.lab.evaluation.report import write_report
    from fusion_perception.lab.evaluation.robustness_check import measure_robustness
    from fusion_perception.lab.evaluation.stability_figures import StabilityFigures
    from fusion_perception.lab.evaluation.tables import summary_tables
    from fusion_perception.lab.evaluation.video.video_score import VideoScore
    from fusion_perception.lab.pages.page import check_pages
    from fusion_perception.progress import Progress

    if arguments.json:
        check_file(arguments.json, make_folders=False)
    if arguments.report:
        check_folder(arguments.report, make_folders=False)
        check_pages()
    fusion = not arguments.no_fusion
    if arguments.baselines and not fusion:
        raise DataError("the baselines have fusion metrics alone; leave --baselines or --no-fusion out")
    if arguments.video:
        dataset: Dataset = open_video(arguments)
    elif arguments.marks:
        raise DataError("--marks are boxes of a video; give the video by --video instead of --data")
    else:
        dataset = open_dataset(arguments.data, arguments.split, arguments.layout, arguments.limit)
    evaluator = Evaluator(dataset, limit=arguments.limit, box_set=arguments.boxes, workers=arguments.workers)
    progress = Progress(unit="pair")
    tick = progress.tick
    method = open_method(arguments.model, arguments.backend, arguments.threads)
    try:
        if not method.runs_here and (arguments.robustness or arguments.attribution or arguments.stability):
            raise DataError(
                "a folder of fused images cannot be run again; leave --robustness, --attribution and --stability out"
            )
        probe, obstacle = open_probe(arguments, method) if arguments.attribution else (None, "")
        if method.labels is None and not fusion:
            raise DataError(f"'{method.name}' has no masks; without the fusion metrics there is nothing to measure")
        video = VideoScore(dataset, method.labels) if isinstance(dataset, VideoDataset) and method.labels else None
        progress.stage(method.name)
        evaluation = evaluator.run(method, tick=tick, fusion=fusion, seen=video.update if video else None)
        document = evaluation_document(dataset, method, evaluation, arguments.boxes)
        if video:
            document = replace(document, video=video.summary())
        if arguments.attribution:
            check = check_attribution(evaluator, method, probe, arguments.attribution_pairs, tick, progress.stage)
            notes = (*document.notes, obstacle) if obstacle else document.notes
            document = replace(document, attribution_check=check, notes=notes)
        if arguments.stability:
            progress.stage("next frame")
            shake = measure_shake(evaluator, method, tick)
            progress.stage("rendered")
            document = replace(document, stability=StabilityFigures(shake, measure_drives(method, tick=tick)))
        if arguments.robustness:
            found = measure_robustness(evaluator, method, evaluation, tick, progress.stage, fusion=fusion)
            notes = (*document.notes, *found.notes)
            document = replace(document, robustness=found.rows, failures=found.failures, notes=notes)
        baselines = []
        if arguments.baselines:
            for name in BASELINES:
                progress.stage(name)
                baseline = BaselineMethod(name)
                baselines.append(evaluation_document(dataset, baseline, evaluator.run(baseline, tick=tick), ""))
            document = replace(document, baselines={d.method.name: d.fusion for d in baselines})
        documents = [document, *baselines]
        progress.end()
        # First what cannot fail: a full disk must not cost what was measured.
        print("\n\n".join(table.text() for table in summary_tables(documents)))
        for note in (*getattr(document.method, "notes", ()), *document.notes):
            print(f"note: {printable(note, 0)}")
        if arguments.json:
            EVALUATION.write_file(arguments.json, document)
            print(f"figures: {printable(arguments.json, 0)}")
        if arguments.report:
            progress.say("drawing the report")
            page = write_report(arguments.report, documents, evaluator, method)
            print(f"report: {printable(page, 0)}")
    finally:
        progress.end()
        method.close()
    return 0


def open_probe(arguments: argparse.Namespace, method: Method) -> tuple[AttributionProbe | None, str]:
    """Open the model once more, to look at what its attribution is made of.

    Returns:
        The probe, or None and the reason why there is none.
    """
    from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe
    from fusion_perception.model_store import find_model

    if method.labels is None:
        return None, f"'{method.name}' has no masks and no attribution; nothing to check"
    path = find_model(arguments.model)
    if path.suffix != ".onnx":
        return None, (
            f"{path} is no ONNX file: completeness, curves and random weights of the attribution were not "
            "measured; export the model with `fusion-perception export` and evaluate that"
        )
    try:
        return AttributionProbe(path, arguments.threads), ""
    except FusionPerceptionError as error:
        return None, str(error)


def open_video(arguments: argparse.Namespace) -> VideoDataset:
    """Open what ``--video`` and ``--marks`` name.

    Raises:
        DataError: it cannot be used.
    """
    from fusion_perception.lab.data.video_dataset import VideoDataset
    from fusion_perception.lab.data.video_marks import read_marks

    if arguments.split is not None or arguments.layout != "auto":
        raise DataError("a video has neither splits nor a layout; leave --split and --layout out, or give --data")
    return VideoDataset(arguments.video, read_marks(arguments.marks) if arguments.marks else None)


def open_dataset(data: str, split: str | None, layout: str, limit: int) -> Dataset:
    """Open what ``--data`` names.

    Raises:
        DataError: it cannot be used.
    """
    from fusion_perception.lab.data.dataset import PairDataset
    from fusion_perception.lab.data.open_sequence import SYNTHETIC
    from fusion_perception.lab.data.synthetic_dataset import DEFAULT_FRAMES, SyntheticDataset

    if data != SYNTHETIC:
        dataset = PairDataset(data, split, layout=layout)
        print(f"note: {printable(dataset.seen, 0)}", file=sys.stderr)
        return dataset
    if split is not None:
        raise DataError(f"'{SYNTHETIC}' has no splits; leave --split out and give its length by --limit")
    return SyntheticDataset(limit if limit > 0 else DEFAULT_FRAMES)
