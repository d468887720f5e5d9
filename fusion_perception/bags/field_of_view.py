# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How wide a camera of a bag sees, by its CameraInfo."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.camera_calibration import camera_info


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
    info = camera_info(bag, image_topic)
    if info is None:
        return None
    columns, focal = info.roi.width or info.width, float(info.k[0])
    return float(columns) / (2 * focal) if columns > 0 and focal > 0 and isfinite(focal) else None
