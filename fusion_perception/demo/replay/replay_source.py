# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What can be replayed: synthetic scenes, folders of images, bags."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fusion_perception.bags.bag_files import is_bag
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.folder_source import FolderSource
from fusion_perception.demo.replay.frozen_camera import FrozenCamera
from fusion_perception.errors import DataError
from fusion_perception.lab.data.open_sequence import SYNTHETIC, open_sequence
from fusion_perception.lab.data.sequence import ImageSequence
from fusion_perception.types import Frame, FramePair

_SYNTHETIC_FRAMES = 120  # length of the drive when 'frames' does not say


class SequenceSource:
    """Iterates an image sequence as frame pairs, any number of times."""

    def __init__(self, sequence: ImageSequence) -> None:
        self._sequence = sequence

    def __iter__(self) -> Iterator[FramePair]:
        for number in range(len(self._sequence)):
            item = self._sequence[number]
            yield FramePair(Frame(item.thermal, number), Frame(item.rgb, number))


def open_source(values: Mapping[str, Any], warn: Callable[[str], object] = print) -> Iterable[FramePair]:
    """Open the source that the parameters of ``replay_node`` name.

    Args:
        values: parameter values by name.
        warn: gets a sentence about what is wrong with the source but does not end it.

    Returns:
        The pairs; it can be iterated again for a loop. Their stamps mean nothing.

    Raises:
        DataError: the source does not exist or cannot be read.
    """
    source = _open(values, warn)
    if values["freeze"] == "none":
        return source
    return FrozenCamera(source, values["freeze"], values["freeze_from"], values["freeze_pairs"])


def _open(values: Mapping[str, Any], warn: Callable[[str], object]) -> Iterable[FramePair]:
    source = values["source"]
    if source == SYNTHETIC:
        length = values["frames"] or _SYNTHETIC_FRAMES
        return SequenceSource(open_sequence(source, n_frames=length, seed=values["seed"], dt=1.0 / values["rate"]))
    try:
        path = Path(source).expanduser()
    except RuntimeError as error:
        raise DataError(f"the home folder in source '{source}' is not known; write it out") from error
    if is_bag(path):
        offset_ms = _offset(values["bag_thermal_offset_ms"])
        return BagSource(path, values["bag_thermal_topic"], values["bag_rgb_topic"], warn, offset_ms)
    if not path.is_dir():
        raise DataError(
            f"source '{source}' is not there (looked from {Path.cwd()}); give '{SYNTHETIC}', a folder with pairs "
            "(vi/ and ir/, or another layout of docs/folders.md), or a bag"
        )
    return FolderSource(path, values["split"] or None, warn)


def _offset(text: str) -> float | None:
    """Return milliseconds, or None for "auto"."""
    if text == "auto":
        return None
    try:
        offset_ms = float(text)
    except ValueError:
        offset_ms = math.nan
    if not math.isfinite(offset_ms):
        raise DataError(f"bag_thermal_offset_ms is '{text}'; allowed: 'auto', or a number of milliseconds")
    return offset_ms
