# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Options of every verb that takes a bag."""

from __future__ import annotations

import argparse
import math


def add_bag_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which topics of a bag are the cameras, and how far their clocks are apart."""
    group = parser.add_argument_group("bags")
    group.add_argument(
        "--thermal-topic",
        default="",
        metavar="TOPIC",
        help="thermal topic of a bag, 'none' to leave that camera out; default: found by look and name",
    )
    group.add_argument(
        "--rgb-topic",
        default="",
        metavar="TOPIC",
        help="RGB topic of a bag, 'none' to leave that camera out; default: found by look and name",
    )
    group.add_argument(
        "--thermal-offset-ms",
        type=_offset,
        metavar="MS",
        help="added to thermal stamps before they are compared; default: found out, if the clocks differ",
    )


def _offset(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is no number of milliseconds")
    return value
