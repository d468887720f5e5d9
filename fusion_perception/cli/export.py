# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception export``: a trained checkpoint -> one ONNX file for every backend."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from fusion_perception.cli.output_paths import check_file
from fusion_perception.engine.metadata import INT8_TARGETS, PRECISIONS
from fusion_perception.lab.export.calibration_pairs import Pair, calibration_pairs
from fusion_perception.lab.export.measured_quality import read_quality

HELP = "write a trained checkpoint as one ONNX model, with fusion, segmentation and attribution inside"

EXAMPLES = (
    "fusion-perception export out/train/realtime/best.safetensors --out out/model.onnx",
    "fusion-perception export models/realtime.safetensors --out out/int8.onnx --precision int8 --calibration pairs/",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("checkpoint", type=Path, help="checkpoint of `fusion-perception train` (*.safetensors)")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--name", help="name inside the file (default: the stem of --out)")
    parser.add_argument("--height", type=int, default=480, help="image height in pixels (default: %(default)s)")
    parser.add_argument("--width", type=int, default=640, help="image width in pixels (default: %(default)s)")
    parser.add_argument(
        "--attribution",
        choices=("shapley", "gradient", "none"),
        help="how the attribution is computed: exact Shapley values of the two sensors, which the network must be able "
        "to answer alone, or a path of gradients (default: shapley where the network can, else gradient)",
    )
    parser.add_argument(
        "--attribution-steps",
        type=int,
        metavar="K",
        help="path points of an attribution by gradient (default: 1); 0 leaves the attribution out",
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32", help="default: %(default)s")
    parser.add_argument(
        "--int8-target",
        choices=INT8_TARGETS,
        default="cpu",
        help="whose kernels an INT8 file fits: ONNX Runtime's on a CPU, or TensorRT's (default: %(default)s)",
    )
    parser.add_argument(
        "--calibration",
        default="synthetic",
        metavar="SOURCE",
        help="pairs for INT8: a folder of pairs (docs/folders.md) or 'synthetic' (default: %(default)s)",
    )
    parser.add_argument("--calibration-split", type=Path, help="text file with the names of the pairs to use")
    parser.add_argument("--calibration-pairs", type=int, default=32, help="how many pairs (default: %(default)s)")
    parser.add_argument(
        "--quality", type=Path, metavar="JSON", help="evaluation whose figures the file carries (of `evaluate --json`)"
    )
    parser.add_argument(
        "--signed-maps",
        action="store_true",
        help="also output the signed attribution of each sensor by gradient, as float32, for off-line study; not for "
        "the node",
    )


def run(args: argparse.Namespace) -> int:
    """Export and say what was written."""
    from fusion_perception.lab.export.deploy_config import AUTO, DeployConfig
    from fusion_perception.lab.export.export_model import export_model
    from fusion_perception.lab.nets.system import load_system

    check_file(args.out)
    system, training = load_system(args.checkpoint)
    config = DeployConfig(
        height=args.height,
        width=args.width,
        attribution_steps=args.attribution_steps,
        precision="fp16" if args.precision == "fp16" else "fp32",
        signed_maps=args.signed_maps,
        attribution=args.attribution or AUTO,
    )
    pairs: Iterator[Pair] | None = None
    if args.precision == "int8":
        pairs = calibration_pairs(
            args.calibration, args.calibration_split, args.calibration_pairs, args.height, args.width
        )
    report = export_model(
        system,
        config,
        args.out,
        name=args.name or args.out.stem,
        training=training,
        quality=read_quality(args.quality) if args.quality else None,
        int8_pairs=pairs,
        int8_target=args.int8_target,
    )
    print(report)
    return 0
