# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the stamps of one camera advance."""

from __future__ import annotations

_FRAMES = 3  # frames that a verdict, bad or good, rests on at the least
_ADVANCE, _REPEAT, _JUMP = -2, 1, 3  # see AdvanceWatch


class AdvanceWatch:
    """Finds out whether stamps keep standing still, running backwards or jumping to and fro; single ones do not count.

    Every stamp that is not later than all before adds to a score, a jump far back more than a repetition, and every
    later one takes from it. Frames sent twice or thrice and recordings in a loop never get far; always zero, whole
    seconds only, and two publishers with clocks of their own do.
    """

    def __init__(self) -> None:
        self.stuck = False
        self.latest_ns = 0
        self.jumps = 0  # back in time, since the score was zero
        self._highest_ns: int | None = None
        self._score = 0
        self._since_ns = 0
        self._good = 0
        self._good_since_ns = 0

    def note(self, stamp_ns: int, now_ns: int, *, reorder_ns: int, patience_ns: int) -> None:
        """Take in a stamp.

        Args:
            stamp_ns: as the camera gave it.
            now_ns: arrival.
            reorder_ns: a frame older than the latest one by no more has been overtaken on its way.
            patience_ns: how long stamps have to be bad, or good again, before the verdict changes.
        """
        self.latest_ns = stamp_ns
        if self._highest_ns is None or stamp_ns > self._highest_ns:
            self._highest_ns = stamp_ns
            self._note_good(now_ns, patience_ns)
            return
        self._good = 0
        if self._score == 0:
            self._since_ns, self.jumps = now_ns, 0
        if self._highest_ns - stamp_ns > reorder_ns:
            self._highest_ns = stamp_ns
            self.jumps += 1
            self._score += _JUMP
        else:
            self._score += _REPEAT
        self.stuck = self.stuck or (self._score >= _FRAMES and now_ns - self._since_ns >= patience_ns)

    def _note_good(self, now_ns: int, patience_ns: int) -> None:
        self._good_since_ns = now_ns if self._good == 0 else self._good_since_ns
        self._good += 1
        if not self.stuck:
            self._score = max(0, self._score + _ADVANCE)
        elif self._good > _FRAMES and now_ns - self._good_since_ns >= patience_ns:
            self.stuck, self._score = False, 0
