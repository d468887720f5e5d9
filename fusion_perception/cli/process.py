# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception process BAG...``: every pair of bags or folders through the model, without a robot."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.bag_options import add_bag_arguments
from fusion_perception.cli.output_paths import check_folder
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.processing.ledger import Outcome

_TOPICS = ("fusion/image", "fusion/mask", "fusion/confidence", "fusion/attribution")
_MOST_JOBS = 8  # by default; each has a model of its own in memory
_EXIT_FAILED = 2


EXAMPLES = (
    "fusion-perception process drive/ --out out/drive",
    "fusion-perception process day1/* day2/* --out out/fleet --ray auto",
    "fusion-perception process drive/ --out out/drive --rerun",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "bags",
        nargs="+",
        type=Path,
        metavar="BAG",
        help="folders of bags, files of them (mcap, db3, bag of ROS 1), or folders of pairs",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="gets a folder for each bag: a bag of results, film.mp4, report.html, summary.json, pairs.json; what is "
        "there is gone on with",
    )
    parser.add_argument(
        "--model", default="realtime", help="name of a shipped model, or a model file; default: %(default)s"
    )
    parser.add_argument("--backend", default="auto", help="what runs the model; default: %(default)s")
    parser.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="processes at a time; default: as many as cores, 8 at most"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="CPU threads of each process; default: %(default)s"
    )
    parser.add_argument(
        "--topics",
        default=",".join(_TOPICS),
        metavar="A,B",
        help="topics to write, of those in docs/topics.md; with '/compressed' behind it, as JPEG; default: %(default)s",
    )
    parser.add_argument(
        "--params",
        type=Path,
        metavar="FILE",
        help="parameter file of fusion_node, as calibrate writes it: thermal.*, registration.* and "
        "sync.thermal_offset_ms are taken from it",
    )
    parser.add_argument("--no-attribution", action="store_true", help="leave the attribution out, which is faster")
    parser.add_argument("--no-film", action="store_true", help="write no film.mp4")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the first N pairs of each bag")
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="run on a Ray cluster (needs the package ray): its address, 'auto', or 'local' for this machine",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="write recording.rrd for Rerun's viewer beside the results of each bag (needs the package rerun-sdk): "
        "images, classes, attribution, and figures over the stamps",
    )
    add_bag_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Process the bags; 0 if all are done, 2 if one failed."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.model_store import find_model
    from fusion_perception.processing.job import JobSettings, make_job
    from fusion_perception.processing.local_run import run_local
    from fusion_perception.processing.node_parameters import OFFSET, read_node_parameters
    from fusion_perception.progress import Progress

    check_folder(arguments.out)
    if arguments.rerun:
        from fusion_perception.bags.rerun_file import check_rerun

        check_rerun()
    model = find_model(arguments.model)
    open_model_file(model)
    parameters = {} if arguments.params is None else read_node_parameters(arguments.params)
    offset_ms = arguments.thermal_offset_ms
    settings = JobSettings(
        model=str(model.absolute()),
        backend=arguments.backend,
        threads=arguments.threads,
        topics=tuple(name.strip() for name in arguments.topics.split(",") if name.strip()),
        thermal_topic=arguments.thermal_topic,
        rgb_topic=arguments.rgb_topic,
        thermal_offset_ms=(parameters.get(OFFSET) or None) if offset_ms is None else offset_ms,
        attribution=not arguments.no_attribution,
        film=not arguments.no_film,
        limit=arguments.limit,
        parameters=parameters,
    )
    workers = arguments.jobs or min(_MOST_JOBS, len(os.sched_getaffinity(0)))
    failures: list[str] = []
    jobs = []
    for bag, name in zip(arguments.bags, result_names(arguments.bags), strict=True):
        try:
            jobs.append(make_job(bag, arguments.out / name, settings))
        except DataError as error:
            failures.append(_named(bag, str(error)))
    with Progress(sys.stdout, unit="pair") as progress:
        if arguments.ray is None:
            outcomes = run_local(jobs, workers, progress)
        else:
            from fusion_perception.processing.ray_run import run_on_ray

            outcomes = run_on_ray(jobs, workers, arguments.ray, progress)
    _write_reports(outcomes)
    if arguments.rerun:
        failures += _write_recordings(outcomes)
    for outcome in outcomes:
        if outcome.summary is None:
            failures.append(_named(Path(outcome.job.bag), outcome.error))
            continue
        for warning in outcome.summary.warnings:
            print(f"note: {printable(warning, 0)}")
        if outcome.processed:
            rate = outcome.processed / max(outcome.seconds, 1e-3)
            print(
                printable(
                    f"{outcome.job.bag}: {outcome.processed} pairs in {outcome.seconds:.1f} s, {rate:.1f} a second", 0
                )
            )
    for failure in failures:
        print(f"fusion-perception process: {printable(failure, 0)}", file=sys.stderr)
    return _EXIT_FAILED if failures else 0


def _write_reports(outcomes: Sequence[Outcome]) -> None:
    """Write the report of every bag that has none; says why, once, if that is impossible."""
    from fusion_perception.lab.pages.page import check_pages
    from fusion_perception.processing.pair_figures import PAIRS
    from fusion_perception.processing.report import REPORT_FILE, write_report
    from fusion_perception.processing.results_folder import PAIRS_FILE

    done = [(Path(outcome.job.out), outcome) for outcome in outcomes if outcome.summary is not None]
    wanted = [(folder, outcome) for folder, outcome in done if not (folder / REPORT_FILE).exists()]
    if not wanted:
        return
    try:
        check_pages()
        for folder, outcome in wanted:
            assert outcome.summary is not None  # noqa: S101 - chosen above
            write_report(folder, outcome.summary, PAIRS.read_file(folder / PAIRS_FILE))
    except FusionPerceptionError as error:
        print(f"note: no {REPORT_FILE}: {printable(str(error), 0)}")


def _write_recordings(outcomes: Sequence[Outcome]) -> list[str]:
    """Write the recording of every bag that has none; returns why those are missing that could not be written."""
    from fusion_perception.bags.rerun_file import RERUN_FILE
    from fusion_perception.processing.pair_figures import PAIRS
    from fusion_perception.processing.rerun_recording import write_rerun
    from fusion_perception.processing.results_folder import PAIRS_FILE
    from fusion_perception.progress import Progress

    failures = []
    done = [(Path(outcome.job.out), outcome.job) for outcome in outcomes if outcome.summary is not None]
    with Progress(sys.stdout, unit="pair") as progress:
        for folder, job in done:
            if (folder / RERUN_FILE).exists():
                continue
            progress.stage(RERUN_FILE)
            try:
                write_rerun(folder, job, PAIRS.read_file(folder / PAIRS_FILE), progress.tick)
            except FusionPerceptionError as error:
                failures.append(_named(Path(job.bag), f"no {RERUN_FILE}: {error}"))
    return failures


def _named(bag: Path, error: str) -> str:
    """Return a sentence about a bag with its name in it, once."""
    return error if str(bag) in error else f"{bag}: {error}"


def result_names(bags: Sequence[Path]) -> list[str]:
    """Return a name for the results of each bag: its own, and numbers where two have the same."""
    names: list[str] = []
    for bag in bags:
        own = bag.absolute()
        base = own.name if own.is_dir() else own.name.partition(".")[0] or "bag"
        name, number = base, 2
        while name in names:
            name, number = f"{base}-{number}", number + 1
        names.append(name)
    return names
