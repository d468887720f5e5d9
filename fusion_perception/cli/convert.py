# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception convert``: a folder of pairs becomes a bag, a bag a folder of pairs or a new bag of ROS 2."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from fusion_perception.cli.bag_options import add_bag_arguments
from fusion_perception.errors import DataError
from fusion_perception.text import printable

EXAMPLES = (
    "fusion-perception convert drive/ --out pairs/drive",
    "fusion-perception convert msrs/ --out msrs_bag --compressed",
    "fusion-perception convert drive.bag --to bag --out drive_ros2",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="a bag of ROS 2 or ROS 1, or a folder of pairs (docs/folders.md)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="new folder: of the pairs of a bag, or of the new bag"
    )
    parser.add_argument(
        "--to",
        choices=("folder", "bag"),
        help="what becomes of a bag: a folder of pairs, or a bag of ROS 2 (mcap) with all its topics, also from "
        "ROS 1 or from a damaged one; default: folder, and bag for a folder of pairs",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=10.0,
        metavar="HZ",
        help="pairs a second of the new bag, where no times.csv says their stamps; default: %(default)g",
    )
    parser.add_argument(
        "--compressed", action="store_true", help="new bag: RGB as JPEG, thermal images and labels as PNG"
    )
    add_bag_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Convert; 0 when it is done."""
    from fusion_perception.bags.bag_files import is_bag
    from fusion_perception.bags.bag_source import BagSource
    from fusion_perception.bags.bag_to_bag import bag_to_bag
    from fusion_perception.bags.folder_and_bag import bag_to_folder, folder_to_bag
    from fusion_perception.lab.data.dataset import PairDataset
    from fusion_perception.lab.data.open_sequence import open_sequence
    from fusion_perception.progress import Progress

    source, out = arguments.source, arguments.out
    with Progress(sys.stdout, unit="pair") as progress:
        progress.stage("convert")
        if is_bag(source) and arguments.to == "bag":
            number = bag_to_bag(source, out, lambda text: progress.say(f"note: {text}"), progress.tick)
            what = "messages, the bag as one of ROS 2"
        elif is_bag(source):
            pairs = BagSource(
                source,
                arguments.thermal_topic,
                arguments.rgb_topic,
                lambda text: progress.say(f"note: {text}"),
                arguments.thermal_offset_ms,
            )
            with closing(pairs):
                number = bag_to_folder(pairs, source, out, progress.tick)
            what = "pairs, the bag as a folder"
        elif arguments.to == "folder":
            raise DataError(f"{source} is no bag: of a folder of pairs, a bag is made (--to bag)")
        else:
            sequence = open_sequence(source)
            if isinstance(sequence, PairDataset):
                progress.say(f"note: {sequence.seen}")
            number = folder_to_bag(
                source, sequence, out, arguments.rate, compressed=arguments.compressed, tell=progress.tick
            )
            what = "pairs, the folder as a bag"
    print(printable(f"{out}: {number} {what}", 0))
    return 0
