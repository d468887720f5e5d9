# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception demo``: see it work without a camera."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from fusion_perception.cli.bag_options import add_bag_arguments
from fusion_perception.cli.output_paths import check_file
from fusion_perception.text import printable

EXIT_FAILED = 1


EXAMPLES = (
    "fusion-perception demo",
    "fusion-perception demo --data drive/ --rate 5 --out out/drive",
    "fusion-perception demo --data pairs/ --freeze thermal",
    "fusion-perception demo --rerun",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "--data",
        default="synthetic",
        metavar="SOURCE",
        help="folder of pairs (docs/folders.md), or a bag (folder or file); default: synthetic",
    )
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--rate", type=_rate, default=10.0, metavar="HZ", help="pairs a second; default: %(default)g")
    parser.add_argument(
        "--pairs", type=_count, default=0, metavar="N", help="pairs to play; default: the source, 30 s at most"
    )
    parser.add_argument(
        "--model", default="realtime", help="name of a shipped model, or a model file; default: %(default)s"
    )
    parser.add_argument("--backend", default="auto", help="what runs the model; default: %(default)s")
    parser.add_argument(
        "--attribution-rate",
        type=_rate_or_zero,
        metavar="HZ",
        help="most attributions a second, 0: no limit; default: 2, with --picture 0",
    )
    parser.add_argument(
        "--freeze",
        choices=("thermal", "rgb"),
        help="let this camera's picture stand still in the middle third of the run; the report names it",
    )
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="write a moving picture of the run as well, an animated WebP of less than 2 MB",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="write recording.rrd for Rerun's viewer too (needs the package rerun-sdk): images, classes, attribution, "
        "and figures over the stamps",
    )
    parser.add_argument(
        "--domain", type=int, metavar="N", help="ROS domain, to listen in from elsewhere; default: one of its own"
    )
    add_bag_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration; 0 if results were published, 1 otherwise."""
    from fusion_perception.demo.run import run_demo
    from fusion_perception.demo.settings import DemoSettings
    from fusion_perception.demo.summary import FAILED, NOTE, table, verdict
    from fusion_perception.progress import Progress

    if arguments.picture is not None:
        check_file(arguments.picture)
    rate = arguments.attribution_rate
    if rate is None:
        rate = DemoSettings.attribution_rate if arguments.picture is None else 0.0
    settings = DemoSettings(
        source=arguments.data or "synthetic",
        out=arguments.out,
        rate=arguments.rate,
        pairs=arguments.pairs,
        model=arguments.model,
        backend=arguments.backend,
        attribution_rate=rate,
        domain=arguments.domain,
        freeze=arguments.freeze,
        rerun=arguments.rerun,
        thermal_topic=arguments.thermal_topic,
        rgb_topic=arguments.rgb_topic,
        thermal_offset_ms=arguments.thermal_offset_ms,
        picture=arguments.picture,
    )
    # SIGINT too: a shell that starts us in the background has it ignored.
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with Progress(sys.stdout, unit="pair") as progress:
            summary = run_demo(settings, progress)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    rows = table(summary)
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"  {name:<{width}}  {printable(value, 0)}")
    print()
    for warning in summary.run.warnings:
        print(f"{printable(warning, 0)}\n")
    state, sentence = verdict(summary)
    if state == FAILED:
        print(f"fusion-perception demo: failed: {printable(sentence, 0)}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{'note' if state == NOTE else 'done'}: {printable(sentence, 0)}")
    if arguments.picture is not None:
        print(f"the moving picture is {printable(arguments.picture, 0)}")
    print(f"open {printable(arguments.out / 'report.html', 0)} in a browser")
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that the children are ended too."""
    raise KeyboardInterrupt


def _rate(text: str) -> float:
    return _within(float(text), 0.01, 1000.0)


def _rate_or_zero(text: str) -> float:
    return _within(float(text), 0.0, 1000.0)


def _count(text: str) -> int:
    return int(_within(int(text), 0, 100_000))


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{value:g} is out of range; allowed: {low:g} to {high:g}")
    return value
