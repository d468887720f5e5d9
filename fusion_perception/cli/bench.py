# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception bench``: how fast a model runs here, and how fast it could."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.output_paths import check_file

if TYPE_CHECKING:
    from fusion_perception.lab.bench.case import Case
    from fusion_perception.lab.bench.document import BenchDocument, Result

_CASE = "[BACKEND@]MODEL[+attribution]"

EXAMPLES = (
    "fusion-perception bench",
    "fusion-perception bench realtime+attribution --seconds 5 --json out/bench.json --report out/bench.html",
    "fusion-perception bench --compare realtime quality",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    from fusion_perception.engine import BACKENDS

    parser.add_argument(
        "cases",
        nargs="*",
        metavar="CASE",
        help=f"what to measure, as {_CASE}; MODEL is a shipped model's name or a file; "
        "default: every shipped model, without and with attribution",
    )
    parser.add_argument(
        "--backend",
        default="auto",
        choices=(*BACKENDS, "all"),
        help="backend of the cases that name none; 'all' measures every one that works here; default: %(default)s",
    )
    parser.add_argument("--attribution", action="store_true", help="measure every case with attribution as well")
    parser.add_argument(
        "--compare", nargs=2, metavar=("A", "B"), help="measure two cases in turns and give the ratio of their times"
    )
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads; default: all cores")
    parser.add_argument("--device-id", type=int, default=0, metavar="N", help="number of the GPU; default: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=10.0, metavar="S", help="time spent on each case; default: %(default)g"
    )
    parser.add_argument("--spin", action="store_true", help="let idle threads of ONNX Runtime wait actively")
    parser.add_argument(
        "--no-arena", action="store_true", help="let ONNX Runtime give freed memory back after each run"
    )
    parser.add_argument(
        "--node",
        action="store_true",
        help="measure fusion_node as well, from messages in to messages out over the real middleware; needs ROS 2",
    )
    parser.add_argument(
        "--node-rate",
        type=float,
        default=30.0,
        metavar="HZ",
        help="pairs a second that --node sends first; then it sends more than the engine takes; default: %(default)g",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE; - for stdout")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write a page with charts and tables (HTML) to FILE"
    )
    parser.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="measure nothing: print the table (and write the --report) of a --json file",
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, and write the document if asked to."""
    from fusion_perception.errors import BackendError, require
    from fusion_perception.lab.bench.case import Case
    from fusion_perception.lab.bench.document import BENCH
    from fusion_perception.lab.bench.run import BenchOptions, run_bench, run_compare
    from fusion_perception.lab.bench.table import to_markdown
    from fusion_perception.progress import Progress

    if arguments.report is not None:
        from fusion_perception.lab.pages.page import check_pages

        check_file(arguments.report)
        check_pages()
    if arguments.table is not None:
        document = BENCH.read_file(arguments.table)
        print(to_markdown(document), end="")
        _write_report(arguments.report, document)
        return 0
    if arguments.compare and arguments.cases:
        raise BackendError(f"--compare measures its own two cases; leave out {' '.join(arguments.cases)}")
    if arguments.compare and arguments.node:
        raise BackendError("--node measures no comparison; leave out --compare or --node")
    if arguments.node:
        require("rclpy", "measuring the node (--node)")  # before minutes of measuring
    if arguments.json not in {None, Path("-")}:
        check_file(arguments.json)
    options = BenchOptions(
        arguments.seconds, arguments.threads, arguments.device_id, arguments.spin, not arguments.no_arena
    )
    if arguments.compare:
        default = "auto" if arguments.backend == "all" else arguments.backend
        a, b = (Case.parse(text, default) for text in arguments.compare)
        document = run_compare(a, b, options, Progress().say)
    else:
        cases = _cases(arguments)
        with Progress(unit="case") as progress:
            progress.stage("bench")
            measured: list[tuple[Case, Result]] = []
            document = run_bench(
                cases,
                options,
                progress.say,
                tick=progress.tick,
                measured=lambda case, result: measured.append((case, result)),
                skip_missing=arguments.backend == "all",
            )
            if arguments.node:
                from fusion_perception.demo.node_bench import run_node_bench

                progress.stage("node")
                document = replace(document, node=run_node_bench(measured, options, arguments.node_rate, progress.say))
    if arguments.json == Path("-"):
        _write_report(arguments.report, document)
        print(json.dumps(BENCH.write(document), indent=1))
        return 0
    # First what cannot fail: a full disk must not cost what was measured.
    print(to_markdown(document), end="", flush=True)
    if arguments.json is not None:
        BENCH.write_file(arguments.json, document)
    _write_report(arguments.report, document)
    missing = len(document.results) - len(document.node or ())
    if arguments.node and missing:
        raise BackendError(f"the node was not measured in {missing} of {len(document.results)} cases; see above")
    return 0


def _write_report(path: Path | None, document: BenchDocument) -> None:
    if path is not None:
        from fusion_perception.lab.bench.page import write_bench_page

        write_bench_page(path, document)


def _cases(arguments: argparse.Namespace) -> list[Case]:
    from fusion_perception.engine import BACKENDS
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.errors import ModelError
    from fusion_perception.lab.bench.case import Case
    from fusion_perception.model_store import shipped_models

    backends = [name for name in BACKENDS if name != "auto"] if arguments.backend == "all" else [arguments.backend]
    texts = arguments.cases or shipped_models()
    cases = [Case.parse(text, backend) for text in texts for backend in backends]
    if not cases:
        raise ModelError("no shipped model was found; give the path of a model file")
    wanted = []
    for case in cases:
        wanted.append(case)
        if arguments.attribution or (not arguments.cases and open_model_file(case.model).has_attribution):
            wanted.append(Case(case.model, case.backend, attribution=True))
    return list(dict.fromkeys(wanted))
