# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception bag-info BAG``: what is in a bag, what can be paired, what is damaged, and what to run next."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_perception.cli.bag_options import add_bag_arguments
from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.bags.bag_info import BagInfo, TopicInfo


EXAMPLES = (
    "fusion-perception bag-info drive/",
    "fusion-perception bag-info drive/ --thermal-topic /cam0/image_raw --rgb-topic /cam1/image_raw --quick",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument(
        "bag", type=Path, metavar="BAG", help="folder of a bag, or one of its files (mcap, db3, bag of ROS 1)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument(
        "--quick", action="store_true", help="look at the first images alone: nothing is counted, no damage is found"
    )
    add_bag_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what is in the bag."""
    from fusion_perception.bags.bag_info import inspect_bag
    from fusion_perception.progress import Progress

    with Progress(unit="pair", silent=arguments.json) as progress:
        progress.stage("read")
        info = inspect_bag(
            arguments.bag,
            arguments.thermal_topic,
            arguments.rgb_topic,
            arguments.thermal_offset_ms,
            count=not arguments.quick,
            tell=progress.tick,
        )
    if arguments.json:
        print(json.dumps(asdict(info), indent=2))
        return 0
    for line in lines(info):
        print(printable(line, 0))
    return 0


def lines(info: BagInfo) -> list[str]:
    """Return a description in lines for the terminal."""
    if not info.files:
        pairs = "not counted" if info.pairs is None else info.pairs
        return [
            f"{info.bag}: a folder of pairs, no bag",
            f"pairs: {pairs}",
            *(f"note: {remark}" for remark in info.remarks),
            *(f"damaged: {sentence}" for sentence in info.damage),
            *(f"next: {command}" for command in info.next),
        ]
    text = [
        f"{info.bag}: {len(info.files)} file{'s' * (len(info.files) != 1)}, {info.duration_s:.1f} s, "
        f"{info.messages} messages",
        "",
    ]
    text += _table([_row(topic) for topic in info.topics])
    text.append("")
    if info.problem:
        text.append(f"no pairs: {info.problem}")
    elif info.thermal_topic and info.rgb_topic:
        counted = "pairs: not counted" if info.pairs is None else f"pairs: {info.pairs}"
        if info.apart_ms is not None:
            counted += (
                f"; thermal is {info.apart_ms:+.1f} ms from RGB (median; 95 % within {info.apart_ms_p95:.1f} ms), "
                f"tolerance {info.tolerance_ms:.1f} ms"
            )
        text.append(counted)
        clock = "the times of the recorder" if info.by_receipt else "the stamps of the cameras"
        text.append(f"clock: {clock}; {info.thermal_offset_ms:+.1f} ms are added to thermal stamps")
    else:
        camera = "thermal" if info.thermal_topic else "RGB"
        text.append(f"images of the {camera} camera alone: {'not counted' if info.pairs is None else info.pairs}")
    text += [f"note: {remark}" for remark in info.remarks]
    for topic in info.topics:
        if topic.damaged:
            text.append(
                f"damaged: {topic.damaged} of {topic.messages} images on {topic.name}; the first: {topic.reason}"
            )
    text += [f"damaged: {sentence}" for sentence in info.damage] or (
        [] if any(topic.damaged for topic in info.topics) or info.pairs is None else ["damaged: nothing"]
    )
    text += [f"next: {command}" for command in info.next]
    return text


def _row(topic: TopicInfo) -> tuple[str, ...]:
    size = f"{topic.width} x {topic.height}" if topic.width else ""
    rate = "" if topic.rate_hz is None else f"{topic.rate_hz:.1f}"
    camera = {"thermal": "thermal", "rgb": "RGB"}.get(topic.camera, "")
    return topic.name, topic.type, str(topic.messages), rate, size, topic.encoding, topic.look, camera


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    head = ("topic", "type", "messages", "1/s", "size", "encoding", "images", "camera")
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(printable(cell, 0)) for cell in column) for column in columns]
    return [
        "  " + "  ".join(f"{printable(cell, 0):<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
