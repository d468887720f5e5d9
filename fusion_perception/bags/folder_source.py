# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal and RGB pairs from a folder of images, for whoever else reads a bag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fusion_perception.bags.bag_files import is_bag
from fusion_perception.bags.pair_times import RGB_FRAME, THERMAL_FRAME, PairTimes
from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.types import Frame, FramePair


class FolderSource:
    """The pairs of a folder in a known layout; it can be iterated again.

    A pair with an image that cannot be read is left out and told; only a folder without a single usable pair ends it.

    Args:
        path: the folder.
        split: as ``PairDataset`` takes it.
        warn: gets a sentence about pairs that are left out.
        rate: pairs a second, where no ``times.csv`` says their stamps.

    Raises:
        DataError: it is no folder of pairs.
    """

    def __init__(
        self,
        path: Path,
        split: str | Path | None = None,
        warn: Callable[[str], object] = print,
        rate: float = 10.0,
    ) -> None:
        self._pairs = PairDataset(path, split, with_labels=False)
        self._times = PairTimes(self._pairs.root, rate)
        self._warn = warn
        self._left_out = 0

    @property
    def seen(self) -> str:
        """What the folder was found to be, as a sentence."""
        return self._pairs.seen

    @property
    def trouble(self) -> dict[str, int]:
        """How many pairs could not be read so far."""
        return {"left_out": self._left_out}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the images."""
        return self._pairs.files

    @property
    def expected_pairs(self) -> int:
        """How many pairs there are."""
        return len(self._pairs)

    def __iter__(self) -> Iterator[FramePair]:
        trouble: list[str] = []
        self._left_out = 0
        for number, name in enumerate(self._pairs.names):
            try:
                pair = self._pairs[number]
            except DataError as error:
                trouble.append(str(error))
                self._left_out += 1
                continue
            rgb_ns, thermal_ns = self._times.of(number, name)
            yield FramePair(Frame(pair.thermal, thermal_ns, THERMAL_FRAME), Frame(pair.rgb, rgb_ns, RGB_FRAME))
        if len(trouble) == len(self._pairs):
            raise DataError(trouble[0])
        if trouble:
            self._warn(f"left out {len(trouble)} of {len(self._pairs)} pairs; the first: {trouble[0]}")

    def close(self) -> None:
        """Nothing is open between two pairs."""


def is_folder_of_images(path: Path) -> bool:
    """Whether a path is a folder that is neither a bag nor one with bags in it."""
    return path.is_dir() and not is_bag(path) and not any(item.is_dir() and is_bag(item) for item in path.iterdir())
