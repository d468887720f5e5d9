# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs the frames of two cameras by their stamps: pure logic, no ROS, no clock, no threads."""

from __future__ import annotations

from fusion_perception.sync.camera_fitness import CameraFitness
from fusion_perception.sync.frame_window import FrameWindow, Waiting
from fusion_perception.sync.outage import SENSORS, describe_outages, other_sensor
from fusion_perception.sync.sync_settings import SyncSettings
from fusion_perception.sync.sync_statistics import SyncStatistics
from fusion_perception.types import Frame, FramePair

_ANCHOR_RATIO = 1.25  # the anchor moves to the other stream only when that one is slower by this factor


class PairMatcher:
    """Finds for every frame of the slower stream the nearest frame of the faster one.

    - The anchor is the slower stream, found from the stamps, so that a fast camera beside a slow one
      loses frames and not pairs.
    - A pair is emitted as soon as no later frame can be nearer: when the other stream has reached
      the anchor's stamp, or when the gap is at most half the other stream's shortest period.
    - Every frame is used once; everything older than an emitted pair is dropped.
    - Stamps that jump back (a bag in a loop, simulated time reset) flush the old run.
    - While one sensor is silent or of no use, frames of the other are emitted alone if that is allowed: see
      ``CameraFitness``.
    - Results come in the order of their stamps, also where pairs and single frames take turns.

    Feed it with ``add``; it is not thread-safe.
    """

    def __init__(self, settings: SyncSettings | None = None) -> None:
        self.settings = settings or SyncSettings()
        self.statistics = SyncStatistics()
        self._windows = {sensor: FrameWindow(self.settings.window) for sensor in SENSORS}
        self._fitness = CameraFitness(self.settings, self._windows)
        self._anchor = "thermal"  # until the rates are known: thermal cameras are seldom the faster ones
        self._left_out: str | None = None
        self._last_result_ns: int | None = None  # stamp of the latest result, as it is compared
        self._alone_ns: int | None = None  # stamp of the latest frame that was emitted alone, as it is compared

    @property
    def anchor(self) -> str:
        """The stream whose frames look for partners: ``"thermal"`` or ``"rgb"``."""
        return self._anchor

    @property
    def tolerance_ns(self) -> int:
        """Largest stamp difference of a pair now."""
        return self._fitness.tolerance_ns

    def add(self, sensor: str, frame: Frame, now_ns: int, clock_ns: int | None = None) -> list[FramePair]:
        """Take in one frame.

        Args:
            sensor: ``"thermal"`` or ``"rgb"``.
            frame: the frame, with the stamp its camera gave it.
            now_ns: arrival time of a clock that never jumps; used for the silence of sensors only.
            clock_ns: arrival time of the clock that stamps should follow; it tells which of two cameras that
                disagree is wrong. None where there is no such clock.

        Returns:
            The pairs that this frame has settled, oldest first; often none or one.
        """
        _check(sensor)
        other = other_sensor(sensor)
        if not self._fitness.note_arrival(sensor, frame.stamp_ns, now_ns):
            self.statistics.unusable[sensor] += 1
            self._count_dropped(sensor, len(self._windows[sensor].frames))
            self._windows[sensor].clear()  # so that it starts afresh when it has recovered
            return []
        stamp_ns = frame.stamp_ns + (self.settings.thermal_offset_ns if sensor == "thermal" else 0)
        if not self._accept(sensor, Waiting(stamp_ns, frame, now_ns)):
            return []
        self.statistics.received[sensor] += 1
        if clock_ns is not None:
            self._fitness.note_age(sensor, clock_ns - stamp_ns)
        self._expire(now_ns)
        if self._fitness.is_down(other, now_ns):
            self._fitness.note_down(other)
            return self._emit_alone(sensor, frame, stamp_ns)
        if self._fitness.is_stuck(other):
            return self._emit_alone(sensor, frame, stamp_ns)
        self._fitness.note_stamp(sensor, stamp_ns, now_ns, clock_ns)
        self._note_left_out(newest=sensor)
        if self._left_out == other:
            return self._emit_alone(sensor, frame, stamp_ns)
        if self._left_out == sensor:
            self._forget_waiting()
            return []
        if self._is_overtaken(stamp_ns, self._alone_ns):
            self._count_dropped(sensor, self._windows[sensor].drop_through(stamp_ns))
            return []
        self._choose_anchor()
        return self._settled_pairs()

    def finish(self) -> list[FramePair]:
        """Settle what waits, because no frame will follow: the end of a recording.

        Returns:
            The remaining pairs within the tolerance, oldest first; frames without a partner are forgotten.
        """
        pairs = self._settled_pairs(final=True)
        self._forget_waiting()
        self.flush()
        return pairs

    def exclude(self, sensor: str, reason: str | None) -> None:
        """Leave a camera out, or take it back in.

        Its frames are not paired, and those of the other camera are emitted alone (with ``allow_missing``), until
        the reason is lifted. While both are excluded, or the other one is silent, they are used all the same.

        Args:
            sensor: ``"thermal"`` or ``"rgb"``.
            reason: what is wrong with its images, as in "the picture stands still"; None lifts the exclusion.
        """
        _check(sensor)
        if reason is None:
            self._fitness.excluded.pop(sensor, None)
        else:
            self._fitness.excluded[sensor] = reason
        self._note_left_out()

    def outages(self, now_ns: int) -> dict[str, str | None]:
        """Return the cameras that are out: what is wrong with their images, or None where none come."""
        return self._fitness.outages(now_ns)

    def degradation(self, now_ns: int) -> str | None:
        """Say in one sentence which camera is out and why, or return None."""
        return describe_outages(
            self.outages(now_ns), allow_missing=self.settings.allow_missing, blind=self._fitness.is_blind(now_ns)
        )

    def missing_sensor(self, now_ns: int) -> str | None:
        """Return the sensor that is silent while the other one delivers, or None."""
        return next((sensor for sensor in SENSORS if self._fitness.is_down(sensor, now_ns)), None)

    def patience_ns(self, sensor: str) -> int:
        """How long a sensor may be silent before it counts as down."""
        return self._fitness.patience_ns(sensor)

    def ages_ns(self) -> dict[str, int]:
        """Usual age of each camera's stamps on arrival by ``clock_ns``; negative if they are of the future."""
        return self._fitness.ages_ns()

    def apply(self, settings: SyncSettings) -> None:
        """Change the settings; waiting frames are forgotten, counters stay."""
        self.settings = settings
        self._fitness.apply(settings)
        for window in self._windows.values():
            window.capacity = settings.window
        self.flush()

    def flush(self) -> None:
        """Forget all waiting frames and stamps, for example because the clock has jumped."""
        for window in self._windows.values():
            window.clear()
        self._fitness.flush()
        self._last_result_ns = self._alone_ns = None

    def hint(self, now_ns: int | None = None) -> str | None:
        """Say in one sentence why both streams come and nothing pairs, or return None if pairs come.

        Args:
            now_ns: the present time, by the clock that arrivals are given in; None takes the latest arrival.
        """
        return self._fitness.hint(now_ns)

    def _accept(self, sensor: str, waiting: Waiting) -> bool:
        """Store the frame if its stamp advances; a jump back in time flushes what belongs to the old run."""
        window, stamp_ns = self._windows[sensor], waiting.stamp_ns
        last_ns = window.last_stamp_ns
        if last_ns is not None and stamp_ns <= last_ns:
            if stamp_ns == last_ns:
                self.statistics.duplicates += 1
                return False
            if last_ns - stamp_ns <= self._fitness.reorder_ns:
                self.statistics.out_of_order += 1
                return False
            # The other stream may be in the new run already: keep those of its frames that are nearer to it.
            window.clear()
            self._windows[other_sensor(sensor)].keep_before((stamp_ns + last_ns) // 2)
            self._last_result_ns = self._alone_ns = None
            self.statistics.time_jumps += 1
        self._count_dropped(sensor, window.append(waiting))
        return True

    def _expire(self, now_ns: int) -> None:
        """Drop the frames whose partner will not come any more."""
        for sensor, window in self._windows.items():
            other = other_sensor(sensor)
            if self._windows[other].period_ns is not None:
                self._count_dropped(sensor, window.drop_arrived_before(now_ns - self._fitness.wait_ns(other)))

    def _note_left_out(self, newest: str | None = None) -> None:
        """Start afresh when another camera, or none, is left out; the newest frame of a camera stays."""
        if self._fitness.left_out != self._left_out:
            self._left_out = self._fitness.left_out
            self._forget_waiting(newest)

    def _count_dropped(self, sensor: str, number: int) -> None:
        if sensor == self._anchor:
            self.statistics.no_partner += number
        else:
            self.statistics.surplus += number

    def _is_overtaken(self, stamp_ns: int, mark_ns: int | None) -> bool:
        """Whether a stamp is not after a mark; one that is far before it is of another clock, and none the later."""
        return mark_ns is not None and 0 <= mark_ns - stamp_ns <= self.settings.max_wait_ns

    def _forget_waiting(self, newest: str | None = None) -> None:
        for sensor, window in self._windows.items():
            self._count_dropped(sensor, window.forget_frames(keep=int(sensor == newest)))

    def _emit_alone(self, sensor: str, frame: Frame, stamp_ns: int) -> list[FramePair]:
        if not self.settings.allow_missing or self._is_overtaken(stamp_ns, self._last_result_ns):
            return []
        self._windows[sensor].frames.pop()  # this one is used
        self._forget_waiting()
        self._alone_ns = self._last_result_ns = stamp_ns
        self.statistics.alone[sensor] += 1
        return [FramePair(frame, None) if sensor == "thermal" else FramePair(None, frame)]

    def _choose_anchor(self) -> None:
        mine, other = self._windows[self._anchor], self._windows[other_sensor(self._anchor)]
        if not (mine.knows_period and other.knows_period):
            return
        if (other.period_ns or 0) > (mine.period_ns or 0) * _ANCHOR_RATIO:
            self._anchor = other_sensor(self._anchor)

    def _settled_pairs(self, *, final: bool = False) -> list[FramePair]:
        pairs = []
        while (pair := self._next_pair(final)) is not None:
            pairs.append(pair)
        return pairs

    def _next_pair(self, final: bool) -> FramePair | None:
        """Return the oldest settled pair and drop everything older, or return None; in the end all are settled."""
        tolerance_ns = self.tolerance_ns
        anchors, partners = self._windows[self._anchor], self._windows[other_sensor(self._anchor)]
        for position, anchor in enumerate(anchors.frames):
            partner = partners.nearest(anchor.stamp_ns)
            if partner is None:
                return None
            gap_ns = abs(partner.stamp_ns - anchor.stamp_ns)
            if gap_ns > tolerance_ns:
                continue
            if not final and not partners.is_settled(anchor.stamp_ns, partner.stamp_ns):
                continue
            following = anchors.frames[position + 1] if position + 1 < len(anchors.frames) else None
            if following is not None and abs(following.stamp_ns - partner.stamp_ns) < gap_ns:
                continue  # the next anchor has the better claim
            self.statistics.no_partner += anchors.drop_through(anchor.stamp_ns) - 1
            self.statistics.surplus += partners.drop_through(partner.stamp_ns) - 1
            thermal, rgb = (anchor, partner) if self._anchor == "thermal" else (partner, anchor)
            self.statistics.add_pair(thermal.stamp_ns - rgb.stamp_ns)
            self._last_result_ns = rgb.stamp_ns
            return FramePair(thermal.frame, rgb.frame)
        return None


def _check(sensor: str) -> None:
    if sensor not in SENSORS:
        raise ValueError(f"unknown sensor '{sensor}'; allowed: {', '.join(SENSORS)}")
