# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How wide a camera of a bag sees, by its CameraInfo."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import deserialize
from fusion_perception.errors import FusionPerceptionError

_CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
_TRANSPORTS = ("compressed", "compressedDepth", "ffmpeg")
_TRIED = 20  # messages; those of one camera are alike


def half_widths(path: Path, image_topics: tuple[str, str]) -> tuple[float, float] | None:
    """Return the tangents of half the fields of view, across, of two cameras.

    Args:
        path: of the bag.
        image_topics: of both cameras; their CameraInfo is looked for beside the images.

    Returns:
        None where the bag does not say it of both.

    Raises:
        DataError: there is no such bag.
    """
    with BagReader(path) as bag:
        found = [_half_width(bag, topic) for topic in image_topics]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _half_width(bag: BagReader, image_topic: str) -> float | None:
    base, _, ending = image_topic.rpartition("/")
    name = f"{(base if ending in _TRANSPORTS else image_topic).rpartition('/')[0]}/camera_info"
    topic = bag.topics.get(name)
    if topic is None or topic.message_type != _CAMERA_INFO:
        return None
    for number, stored in enumerate(bag.messages({name})):
        if number >= _TRIED:
            break
        try:
            info = deserialize(stored.data, _CAMERA_INFO)
        except FusionPerceptionError:
            continue
        columns, focal = info.roi.width or info.width, float(info.k[0])
        if columns > 0 and focal > 0 and isfinite(focal):
            return float(columns) / (2 * focal)
    return None
