# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs between a thread that decodes and one that plays: bounded by their number and by their bytes."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from fusion_perception.types import Frame, FramePair


def pair_bytes(pair: FramePair) -> int:
    """Return how many bytes the pixels of a pair take."""
    return frame_bytes(pair.thermal) + frame_bytes(pair.rgb)


def frame_bytes(frame: Frame | None) -> int:
    """Return how many bytes the pixels of a frame take; 0 for none."""
    return 0 if frame is None else np.asarray(frame.image).nbytes


class PairBuffer:
    """First in, first out. One pair always has room, however large it is.

    A number of pairs alone is no bound: a hundred pairs are 120 MB at 640 x 480, and 6 GB at 12 megapixels.

    Args:
        max_pairs: most pairs, 1 or more.
        max_bytes: most bytes of their pixels.
    """

    def __init__(self, max_pairs: int, max_bytes: int) -> None:
        self._max_pairs = max_pairs
        self._max_bytes = max_bytes
        self._pairs: deque[FramePair] = deque()
        self._bytes = 0
        self._ended = False
        self._refused = False
        self._changed = threading.Condition()

    def put(self, pair: FramePair, timeout_s: float) -> bool:
        """Add a pair at the end; False when there is no room for it within the time."""
        size = pair_bytes(pair)
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(size), timeout_s):
                self._refused = True
                return False
            self._refused = False
            self._pairs.append(pair)
            self._bytes += size
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> FramePair | None:
        """Remove and return the first pair; None when there is none within the time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._pairs or self._ended, timeout_s) or not self._pairs:
                return None
            pair = self._pairs.popleft()
            self._bytes -= pair_bytes(pair)
            self._refused = False
            self._changed.notify_all()
            return pair

    def end(self) -> None:
        """Say that no pair will follow."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def exhausted(self) -> bool:
        """Whether the last pair has been taken and none will follow."""
        with self._changed:
            return self._ended and not self._pairs

    @property
    def full(self) -> bool:
        """Whether no further pair has room: the number is reached, or the next pair has been refused."""
        with self._changed:
            return len(self._pairs) >= self._max_pairs or self._refused

    @property
    def bytes(self) -> int:
        """Bytes of the pixels that wait."""
        with self._changed:
            return self._bytes

    def __len__(self) -> int:
        with self._changed:
            return len(self._pairs)

    def _has_room(self, size: int) -> bool:
        if not self._pairs:
            return True
        return len(self._pairs) < self._max_pairs and self._bytes + size <= self._max_bytes
