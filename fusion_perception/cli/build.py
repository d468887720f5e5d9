# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception build``: make the plans of a model, by TensorRT for this machine or for RTX cards on any."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.output_paths import check_folder
from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.progress import Progress


LIBRARY_OF = {"tensorrt": "tensorrt", "rtx": "tensorrt-rtx"}
"""Libraries by what stands after ``--for``."""

EXAMPLES = (
    "fusion-perception build realtime",
    "fusion-perception build realtime --for rtx --compute-capability 8.6",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    from fusion_perception.engine.tensorrt_rtx import CAPABILITIES, PORTABLE

    parser.epilog = (
        "Plans are built in a process of their own, and kept only if they agree with ONNX Runtime. TensorRT builds "
        "them for this GPU and this TensorRT: run it once on every robot, after each update of TensorRT, of the "
        "driver or of the model; the node only loads plans. For RTX cards (--for rtx) any machine builds, in about a "
        "second, one without a GPU as well; without a card that runs the plan nothing is compared, as the output says."
    )
    parser.add_argument("model", metavar="MODEL", help="name of a shipped model, or an ONNX file of this package")
    parser.add_argument(
        "--for",
        dest="library",
        choices=tuple(LIBRARY_OF),
        default="tensorrt",
        help="rtx: for RTX cards, by TensorRT-RTX; default: %(default)s",
    )
    parser.add_argument(
        "--compute-capability",
        default="",
        metavar="X.Y",
        help=f"cards to build for, with --for rtx: {PORTABLE} (8.0, 8.6, 8.9, 12.0 and later in one plan) or one of "
        f"{', '.join(CAPABILITIES[1:])}; default: what fits the card that is here, or {PORTABLE}",
    )
    parser.add_argument(
        "--attribution",
        choices=("both", "with", "without"),
        default="both",
        help="which plans to build; the node uses both; default: %(default)s",
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        metavar="DIR",
        help="folder of the plans; default: $FUSION_PERCEPTION_CACHE or ~/.cache",
    )
    parser.add_argument("--device-id", type=int, default=0, metavar="N", help="number of the GPU; default: %(default)s")
    parser.add_argument(
        "--optimization-level",
        type=int,
        choices=range(6),
        default=3,
        metavar="0..5",
        help="higher builds longer and runs faster (TensorRT); default: %(default)s",
    )
    parser.add_argument(
        "--workspace-mib",
        type=int,
        default=0,
        metavar="N",
        help="limit of the builder's memory (TensorRT); default: none",
    )
    parser.add_argument(
        "--tf32", action="store_true", help="let FP32 products be rounded to TF32 (10 bits of mantissa)"
    )
    parser.add_argument(
        "--dla-core", type=int, metavar="N", help="build for a Jetson's DLA core, GPU for the rest; untested"
    )
    parser.add_argument(
        "--parity-pairs",
        type=int,
        default=4,
        metavar="N",
        help="image pairs on which the plan must agree with ONNX Runtime; 0 skips the check; default: %(default)s",
    )


def run(arguments: argparse.Namespace) -> int:
    """Build one or two plans and print where they are and how well they agree."""
    from fusion_perception.engine.build_process import build_in_process
    from fusion_perception.engine.build_request import BuildOptions, BuildRequest
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.engine.plan_cache import PlanCache
    from fusion_perception.engine.tensorrt_libraries import tensorrt_library
    from fusion_perception.model_store import find_model
    from fusion_perception.progress import Progress

    path = find_model(arguments.model)
    file = open_model_file(path)
    check_folder(PlanCache(arguments.cache_dir).folder)
    variants = {"both": (False, True), "with": (True,), "without": (False,)}[arguments.attribution]
    if arguments.attribution == "both" and not file.has_attribution:
        variants = (False,)
    wanted = [
        BuildOptions(
            library=LIBRARY_OF[arguments.library],
            attribution=attribution,
            compute_capability=arguments.compute_capability,
            optimization_level=arguments.optimization_level,
            workspace_mib=arguments.workspace_mib,
            tf32=arguments.tf32,
            dla_core=arguments.dla_core,
            parity_pairs=arguments.parity_pairs,
        )
        for attribution in variants
    ]
    library = tensorrt_library(LIBRARY_OF[arguments.library])
    library.check_options(wanted[0])
    library.check_file(file)
    cache_dir = None if arguments.cache_dir is None else str(arguments.cache_dir)
    for options in wanted:
        print(f"{printable(path.name)}, {'with' if options.attribution else 'without'} attribution:", flush=True)
        with Progress(unit="%") as progress:
            request = BuildRequest(str(path), options, cache_dir, arguments.device_id)
            report = build_in_process(request, phases(progress))
        for line in report.lines():
            print(f"  {printable(line, 0)}")
    return 0


def phases(progress: Progress) -> Callable[[str, float], None]:
    """Return what the builder tells its phases, each with its share (0..1): a phase is a stage of the progress."""
    phase = ""

    def tell(name: str, share: float) -> None:
        nonlocal phase
        if name != phase:
            progress.stage(f"  {name}")
            phase = name
        progress.tick(round(100 * share), 100)

    return tell
