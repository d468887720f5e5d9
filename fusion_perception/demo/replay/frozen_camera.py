# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that stands still for a while: its driver goes on sending the same picture under new stamps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fusion_perception.types import Frame, FramePair

SENSORS = ("thermal", "rgb")


class FrozenCamera:
    """Pairs of a source, one of whose cameras repeats a picture.

    Args:
        source: the pairs; it can be iterated again.
        sensor: one of ``SENSORS``.
        first: number of the pair whose picture stays.
        pairs: in how many pairs it is seen; 0 for all that come.
    """

    def __init__(self, source: Iterable[FramePair], sensor: str, first: int, pairs: int) -> None:
        self._source = source
        self._sensor = sensor
        self._first = first
        self._pairs = pairs

    def __iter__(self) -> Iterator[FramePair]:
        still: Frame | None = None
        for number, pair in enumerate(self._source):
            frame: Frame | None = getattr(pair, self._sensor)
            if number == self._first:
                still = frame
            if number < self._first or (self._pairs and number >= self._first + self._pairs):
                yield pair
            elif still is not None and frame is not None:
                yield replace(pair, **{self._sensor: replace(frame, image=still.image)})
            else:
                yield pair
