# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a demonstration plays, and how long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from fusion_perception.bags.bag_files import is_bag
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.folder_source import FolderSource
from fusion_perception.errors import DataError
from fusion_perception.files.user_path import user_path

SYNTHETIC = "synthetic"
LONGEST_S = 30.0
"""A source that would play longer is cut."""

SYNTHETIC_PAIRS = 120
"""Length of the synthetic drive: every frame is rendered, which takes longer than playing it."""


@dataclass(frozen=True)
class DemoSettings:
    """What to demonstrate.

    Attributes:
        source: ``"synthetic"``, a folder of pairs in a known layout, or a rosbag2 bag.
        out: folder for the results.
        rate: pairs a second.
        pairs: pairs to play; 0 plays the source, ``LONGEST_S`` at most.
        model: name or path of the model.
        backend: what runs the model.
        attribution_rate: most attributions a second; 0 sets no limit.
        domain: ROS domain; None chooses one that is hardly ever in use.
        thermal_topic: thermal topic of a bag, ``"none"``, or empty to find it.
        rgb_topic: RGB topic of a bag, in the same way.
        thermal_offset_ms: added to the thermal stamps of a bag; None finds out.
        freeze: camera, ``"thermal"`` or ``"rgb"``, whose picture stands still in the middle third of the run; or None.
        picture: an animated WebP to write the run to as well; or None.
        rerun: write a recording for Rerun's viewer.
    """

    source: str = SYNTHETIC
    out: Path = Path("out/demo")
    rate: float = 10.0
    pairs: int = 0
    model: str = "realtime"
    backend: str = "auto"
    attribution_rate: float = 2.0
    domain: int | None = None
    freeze: str | None = None
    thermal_topic: str = ""
    rgb_topic: str = ""
    thermal_offset_ms: float | None = None
    picture: Path | None = None
    rerun: bool = False


def count_pairs(settings: DemoSettings, tell: Callable[[str], object] = lambda text: None) -> int:
    """Return how many pairs will be played.

    Args:
        settings: what to demonstrate.
        tell: gets a sentence about what a folder was found to be.

    Raises:
        DataError: the source is missing or unusable.
    """
    limit = settings.pairs or max(1, int(LONGEST_S * settings.rate))
    if settings.source == SYNTHETIC:
        return settings.pairs or min(limit, SYNTHETIC_PAIRS)
    source = user_path(settings.source)
    if not source.exists():
        raise DataError(
            f"there is no '{settings.source}' (looked from {Path.cwd()}); give a folder of pairs, a "
            "bag, or nothing for synthetic scenes"
        )
    if is_bag(source):
        bag = BagSource(
            source, settings.thermal_topic, settings.rgb_topic, lambda text: None, settings.thermal_offset_ms
        )
        with closing(bag):
            return max(1, min(limit, bag.expected_pairs))
    folder = FolderSource(source, warn=tell)
    tell(folder.seen)
    return min(limit, folder.expected_pairs)
