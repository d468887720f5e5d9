# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The waiting frames of one camera, in the order of their stamps."""

from __future__ import annotations

from collections import deque
from statistics import median

from fusion_perception.types import Frame

_INTERVALS_KEPT = 8


class FrameWindow:
    """A bounded, ascending list of (stamp, frame), and what is known of the stream's period.

    Args:
        capacity: frames kept; the oldest one gives way.
    """

    def __init__(self, capacity: int) -> None:
        self.frames: deque[tuple[int, Frame]] = deque()
        self.last_stamp_ns: int | None = None
        self.capacity = capacity
        self._intervals: deque[int] = deque(maxlen=_INTERVALS_KEPT)

    @property
    def period_ns(self) -> int | None:
        """Median stamp interval, or None before three intervals are known."""
        return int(median(self._intervals)) if len(self._intervals) >= 3 else None

    def append(self, stamp_ns: int, frame: Frame) -> bool:
        """Add a frame that is later than all others; returns True if the oldest one had to go."""
        if self.last_stamp_ns is not None:
            self._intervals.append(stamp_ns - self.last_stamp_ns)
        self.last_stamp_ns = stamp_ns
        self.frames.append((stamp_ns, frame))
        if len(self.frames) <= self.capacity:
            return False
        self.frames.popleft()
        return True

    def nearest(self, stamp_ns: int) -> tuple[int, Frame] | None:
        """Return the waiting frame with the nearest stamp (the earlier one of two), or None."""
        return min(self.frames, key=lambda item: abs(item[0] - stamp_ns), default=None)

    def is_settled(self, stamp_ns: int, nearest_ns: int) -> bool:
        """Whether no later frame of this stream can be nearer to a stamp than the nearest one now.

        So it is when the stream has reached the stamp, or when the next frame cannot come soon enough.
        """
        if self.last_stamp_ns is not None and self.last_stamp_ns >= stamp_ns:
            return True
        return bool(self._intervals) and stamp_ns - nearest_ns <= min(self._intervals) // 2

    def drop_through(self, stamp_ns: int) -> int:
        """Drop the frames up to and including a stamp; returns how many."""
        dropped = 0
        while self.frames and self.frames[0][0] <= stamp_ns:
            self.frames.popleft()
            dropped += 1
        return dropped

    def keep_before(self, stamp_ns: int) -> None:
        """Drop the frames at or after a stamp: they belong to an earlier run of a source that started again."""
        self.frames = deque(item for item in self.frames if item[0] < stamp_ns)
        if self.last_stamp_ns is not None and self.last_stamp_ns >= stamp_ns:
            self.last_stamp_ns = self.frames[-1][0] if self.frames else None

    def forget_frames(self) -> None:
        """Drop all waiting frames but keep the last stamp and the period."""
        self.frames.clear()

    def clear(self) -> None:
        """Forget frames, stamps and period."""
        self.frames.clear()
        self._intervals.clear()
        self.last_stamp_ns = None
