# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception doctor``: what stands in the way of a first run here, and the command that mends it."""

from __future__ import annotations

import argparse
import json

from fusion_perception.text import printable

EXIT_WRONG = 1
"""Exit code when something is wrong; remarks alone give 0."""

EXAMPLES = (
    "fusion-perception doctor",
    "fusion-perception doctor --thermal-topic /flir/image_raw --rgb-topic /camera/image_raw --seconds 10",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("--thermal-topic", metavar="TOPIC", help="of the thermal camera; default: thermal/image_raw")
    parser.add_argument("--rgb-topic", metavar="TOPIC", help="of the RGB camera; default: rgb/image_raw")
    parser.add_argument(
        "--seconds",
        type=float,
        default=3.0,
        metavar="S",
        help="listen to the cameras for so long; default: %(default)g",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, and print a line for each thing."""
    from fusion_perception.doctor.examine import examine
    from fusion_perception.doctor.finding import WRONG, Finding
    from fusion_perception.doctor.surroundings import Surroundings

    topics = {sensor: getattr(arguments, f"{sensor}_topic") for sensor in ("thermal", "rgb")}
    findings: list[Finding] = []
    for finding in examine(Surroundings(), {k: v for k, v in topics.items() if v}, arguments.seconds):
        findings.append(finding)
        if not arguments.json:
            print(f"{finding.level:<6}  {printable(finding.name):<14}  {printable(finding.text, 0)}", flush=True)
            if finding.remedy:
                print(f"{'':<24}  -> {printable(finding.remedy, 0)}", flush=True)
    if arguments.json:
        from fusion_perception.doctor.examination import EXAMINATION, Examination  # it needs NumPy

        print(json.dumps(EXAMINATION.write(Examination(findings=tuple(findings))), indent=1))
    return EXIT_WRONG if any(finding.level == WRONG for finding in findings) else 0
