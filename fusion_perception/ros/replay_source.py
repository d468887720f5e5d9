# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What can be replayed: synthetic scenes, folders of images, bags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fusion_perception.ros.bag_source import BagSource, is_bag
from fusion_perception.types import FramePair


def open_source(values: Mapping[str, Any]) -> Iterable[FramePair]:
    """Open the source that the parameters of ``replay_node`` name.

    Args:
        values: parameter values by name.

    Returns:
        The pairs; it can be iterated again for a loop.

    Raises:
        DataError: the source does not exist or cannot be read.
    """
    path = Path(values["source"]).expanduser()
    if is_bag(path):
        return BagSource(path, values["bag_thermal_topic"], values["bag_rgb_topic"])
    from fusion_perception.data.sequence import open_sequence

    return open_sequence(values["source"])
