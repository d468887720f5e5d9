# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The waiting frames of one camera, in the order of their stamps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from fusion_perception.types import Frame

_INTERVALS_KEPT = 8
_EXPOSURES_KEPT = 16  # more, because half of the frames may be lost
_INTERVALS_NEEDED = 3


@dataclass(frozen=True)
class Waiting:
    """A frame that waits for its partner.

    Attributes:
        stamp_ns: stamp it is compared by.
        frame: the frame.
        arrival_ns: when it came, by the clock that silence is measured with.
    """

    stamp_ns: int
    frame: Frame
    arrival_ns: int


class FrameWindow:
    """A bounded list of waiting frames in ascending order, and what is known of the stream's period.

    Args:
        capacity: frames kept; the oldest one gives way.

    Attributes:
        period_ns: median stamp interval, or None before the second frame.
        exposure_period_ns: time between two exposures, or None: the lower quartile of the intervals, because frames
            get lost.
    """

    def __init__(self, capacity: int) -> None:
        self.frames: deque[Waiting] = deque()
        self.last_stamp_ns: int | None = None
        self.capacity = capacity
        self.period_ns: int | None = None
        self.exposure_period_ns: int | None = None
        self._intervals: deque[int] = deque(maxlen=_INTERVALS_KEPT)
        self._exposures: deque[int] = deque(maxlen=_EXPOSURES_KEPT)

    @property
    def knows_period(self) -> bool:
        """Whether the period rests on enough frames to choose by."""
        return len(self._intervals) >= _INTERVALS_NEEDED

    def append(self, waiting: Waiting) -> int:
        """Add a frame that is later than all others; returns how many old ones had to go for it."""
        if self.last_stamp_ns is not None:
            self._intervals.append(waiting.stamp_ns - self.last_stamp_ns)
            self._exposures.append(waiting.stamp_ns - self.last_stamp_ns)
            self.period_ns = int(median(self._intervals))
            self.exposure_period_ns = sorted(self._exposures)[len(self._exposures) // 4]
        self.last_stamp_ns = waiting.stamp_ns
        self.frames.append(waiting)
        surplus = max(0, len(self.frames) - self.capacity)
        for _ in range(surplus):
            self.frames.popleft()
        return surplus

    def nearest(self, stamp_ns: int) -> Waiting | None:
        """Return the waiting frame with the nearest stamp (the earlier one of two), or None."""
        return min(self.frames, key=lambda item: abs(item.stamp_ns - stamp_ns), default=None)

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
        while self.frames and self.frames[0].stamp_ns <= stamp_ns:
            self.frames.popleft()
            dropped += 1
        return dropped

    def drop_arrived_before(self, arrival_ns: int) -> int:
        """Drop the frames that have waited too long; returns how many."""
        dropped = 0
        while self.frames and self.frames[0].arrival_ns < arrival_ns:
            self.frames.popleft()
            dropped += 1
        return dropped

    def keep_before(self, stamp_ns: int) -> None:
        """Drop the frames at or after a stamp: they belong to an earlier run of a source that started again."""
        self.frames = deque(item for item in self.frames if item.stamp_ns < stamp_ns)
        if self.last_stamp_ns is not None and self.last_stamp_ns >= stamp_ns:
            self.last_stamp_ns = self.frames[-1].stamp_ns if self.frames else None

    def forget_frames(self, keep: int = 0) -> int:
        """Drop all waiting frames but the newest ``keep``; returns how many. Last stamp and period stay."""
        surplus = max(0, len(self.frames) - keep)
        for _ in range(surplus):
            self.frames.popleft()
        return surplus

    def clear(self) -> None:
        """Forget frames, stamps and period."""
        self.frames.clear()
        self._intervals.clear()
        self._exposures.clear()
        self.period_ns = self.exposure_period_ns = None
        self.last_stamp_ns = None
