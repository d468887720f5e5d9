# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs the frames of two cameras by their stamps: pure logic, no ROS, no clock, no threads."""

from __future__ import annotations

from collections import deque
from statistics import median

from fusion_perception.sync.frame_window import FrameWindow, Waiting
from fusion_perception.sync.outage import SENSORS, other_sensor
from fusion_perception.sync.sync_settings import MILLISECOND, SyncSettings
from fusion_perception.sync.sync_statistics import SyncStatistics
from fusion_perception.types import Frame, FramePair

_ANCHOR_RATIO = 1.25  # the anchor moves to the other stream only when that one is slower by this factor
_HINT_AFTER = 15  # frames of each stream without a single pair, or of one in a row that do not advance, before a hint
_OFFSETS_KEPT = 15  # stamp differences from which the hint's offset is taken


class PairMatcher:
    """Finds for every frame of the slower stream the nearest frame of the faster one.

    - The anchor is the slower stream, found from the stamps, so that a fast camera beside a slow one
      loses frames and not pairs.
    - A pair is emitted as soon as no later frame can be nearer: when the other stream has reached
      the anchor's stamp, or when the gap is at most half the other stream's shortest period.
    - Every frame is used once; everything older than an emitted pair is dropped.
    - Stamps that jump back (a bag in a loop, simulated time reset) flush the old run.
    - While one sensor is silent or excluded, frames of the other are emitted alone if that is allowed.
    - Results come in the order of their stamps, also where pairs and single frames take turns.

    Feed it with ``add``; it is not thread-safe.
    """

    def __init__(self, settings: SyncSettings | None = None) -> None:
        self.settings = settings or SyncSettings()
        self.statistics = SyncStatistics()
        self._windows = {sensor: FrameWindow(self.settings.window) for sensor in SENSORS}
        self._anchor = "thermal"  # until the rates are known: thermal cameras are seldom the faster ones
        self._last_seen: dict[str, int | None] = dict.fromkeys(SENSORS)
        self._alive_since: dict[str, int] = dict.fromkeys(SENSORS, 0)
        self._excluded: dict[str, str] = {}
        self._last_result_ns: int | None = None  # stamp of the latest result, as it is compared
        self._alone_ns: int | None = None  # stamp of the latest frame that was emitted alone, as it is compared
        self._since_pair = dict.fromkeys(SENSORS, 0)
        self._offsets: deque[int] = deque(maxlen=_OFFSETS_KEPT)
        self._not_advancing = dict.fromkeys(SENSORS, 0)  # frames in a row whose stamp is not after the one before
        self._latest_ns: dict[str, int | None] = dict.fromkeys(SENSORS)  # stamp of the latest frame, accepted or not

    @property
    def anchor(self) -> str:
        """The stream whose frames look for partners: ``"thermal"`` or ``"rgb"``."""
        return self._anchor

    def add(self, sensor: str, frame: Frame, now_ns: int) -> list[FramePair]:
        """Take in one frame.

        Args:
            sensor: ``"thermal"`` or ``"rgb"``.
            frame: the frame, with the stamp its camera gave it.
            now_ns: arrival time of a clock that never jumps; used for the silence of sensors only.

        Returns:
            The pairs that this frame has settled, oldest first; often none or one.
        """
        if sensor not in SENSORS:
            raise ValueError(f"unknown sensor '{sensor}'; allowed: {', '.join(SENSORS)}")
        if self._is_silent(sensor, now_ns):
            self._alive_since[sensor] = now_ns
        self._last_seen[sensor] = now_ns
        stamp_ns = frame.stamp_ns + (self.settings.thermal_offset_ns if sensor == "thermal" else 0)
        accepted = self._accept(sensor, Waiting(stamp_ns, frame, now_ns))
        self._note_advance(sensor, frame.stamp_ns, accepted)
        if not accepted:
            return []
        self.statistics.received[sensor] += 1
        self._expire(now_ns)
        other = other_sensor(sensor)
        if self._is_down(other, now_ns):
            self._not_advancing[other] = 0  # silence is another trouble, and told elsewhere
            return self._emit_alone(sensor, frame, stamp_ns)
        if len(self._excluded) == 1:  # of two doubtful cameras neither is better: they pair
            if other in self._excluded:
                return self._emit_alone(sensor, frame, stamp_ns)
            self._forget_waiting()
            return []
        if self._is_overtaken(stamp_ns, self._alone_ns):
            self._count_dropped(sensor, self._windows[sensor].drop_through(stamp_ns))
            return []
        self._note_offset(sensor)
        self._choose_anchor()
        return self._settled_pairs()

    def finish(self) -> list[FramePair]:
        """Settle what waits, because no frame will follow: the end of a recording.

        Returns:
            The remaining pairs within the tolerance, oldest first; frames without a partner are forgotten.
        """
        pairs = self._settled_pairs(final=True)
        for sensor, window in self._windows.items():
            self._count_dropped(sensor, len(window.frames))
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
        if sensor not in SENSORS:
            raise ValueError(f"unknown sensor '{sensor}'; allowed: {', '.join(SENSORS)}")
        before = set(self._excluded)
        if reason is None:
            self._excluded.pop(sensor, None)
        else:
            self._excluded[sensor] = reason
        if set(self._excluded) != before:
            self._forget_waiting()
            self._reset_run()

    def outages(self, now_ns: int) -> dict[str, str | None]:
        """Return the cameras that are out: the reason for which one is excluded, or None where one is silent."""
        return {
            sensor: None if self._is_down(sensor, now_ns) else self._excluded[sensor]
            for sensor in SENSORS
            if self._is_down(sensor, now_ns) or sensor in self._excluded
        }

    def missing_sensor(self, now_ns: int) -> str | None:
        """Return the sensor that is silent while the other one delivers, or None."""
        return next((sensor for sensor in SENSORS if self._is_down(sensor, now_ns)), None)

    def apply(self, settings: SyncSettings) -> None:
        """Change the settings; waiting frames are forgotten, counters stay."""
        self.settings = settings
        for window in self._windows.values():
            window.capacity = settings.window
        self.flush()

    def flush(self) -> None:
        """Forget all waiting frames and stamps, for example because the clock has jumped."""
        for window in self._windows.values():
            window.clear()
        self._not_advancing = dict.fromkeys(SENSORS, 0)
        self._latest_ns = dict.fromkeys(SENSORS)
        self._last_result_ns = self._alone_ns = None
        self._reset_run()

    def hint(self) -> str | None:
        """Say in one sentence why both streams come and nothing pairs, or return None if pairs come."""
        stuck = [sensor for sensor in SENSORS if self._not_advancing[sensor] >= _HINT_AFTER]
        if stuck:
            latest = " and ".join(f"{(self._latest_ns[sensor] or 0) / 1e9:.3f} s" for sensor in stuck)
            return (
                f"the stamps of {' and '.join(stuck)} images do not advance: they are now at {latest}, and each has "
                "to be later than the one before; let the driver fill header.stamp with the time of the exposure"
            )
        if min(self._since_pair.values()) < _HINT_AFTER or not self._offsets:
            return None
        offset_ms = median(self._offsets) / MILLISECOND
        tolerance_ms = self.settings.tolerance_ns / MILLISECOND
        side = "behind" if offset_ms < 0 else "ahead of"
        return (
            f"both cameras deliver but no two stamps are within {tolerance_ms:g} ms: thermal stamps are about "
            f"{abs(offset_ms):.0f} ms {side} RGB stamps; synchronise the camera clocks (PTP or chrony), or set "
            f"sync.thermal_offset_ms to {self.settings.thermal_offset_ns / MILLISECOND - offset_ms:.1f} if that "
            "difference is constant, or raise sync.tolerance_ms"
        )

    def _accept(self, sensor: str, waiting: Waiting) -> bool:
        """Store the frame if its stamp advances; a jump back in time flushes what belongs to the old run."""
        window, stamp_ns = self._windows[sensor], waiting.stamp_ns
        last_ns = window.last_stamp_ns
        if last_ns is not None and stamp_ns <= last_ns:
            if stamp_ns == last_ns:
                self.statistics.duplicates += 1
                return False
            if last_ns - stamp_ns <= self.settings.tolerance_ns:
                self.statistics.out_of_order += 1
                return False
            # The other stream may be in the new run already: keep those of its frames that are nearer to it.
            window.clear()
            self._windows[other_sensor(sensor)].keep_before((stamp_ns + last_ns) // 2)
            self._reset_run()
            self._last_result_ns = self._alone_ns = None
            self.statistics.time_jumps += 1
        self._count_dropped(sensor, window.append(waiting))
        return True

    def _note_advance(self, sensor: str, stamp_ns: int, accepted: bool) -> None:
        before_ns = self._latest_ns[sensor]
        self._latest_ns[sensor] = stamp_ns
        advances = accepted and (before_ns is None or stamp_ns > before_ns)
        self._not_advancing[sensor] = 0 if advances else self._not_advancing[sensor] + 1

    def _expire(self, now_ns: int) -> None:
        """Drop the frames whose partner will not come any more."""
        for sensor, window in self._windows.items():
            # Slow cameras need their time: a frame may have to wait for the next one of the other stream.
            period_ns = self._windows[other_sensor(sensor)].period_ns
            if period_ns is None:
                continue
            limit_ns = max(self.settings.max_wait_ns, 2 * period_ns)
            self._count_dropped(sensor, window.drop_arrived_before(now_ns - limit_ns))

    def _count_dropped(self, sensor: str, number: int) -> None:
        if sensor == self._anchor:
            self.statistics.no_partner += number
        else:
            self.statistics.surplus += number

    def _reset_run(self) -> None:
        self._since_pair = dict.fromkeys(SENSORS, 0)
        self._offsets.clear()

    def _patience_ns(self, sensor: str) -> int:
        """How long a sensor may be silent: a slow camera is not a dead one."""
        return max(self.settings.missing_after_ns, 3 * (self._windows[sensor].period_ns or 0))

    def _is_silent(self, sensor: str, now_ns: int) -> bool:
        seen_ns = self._last_seen[sensor]
        return seen_ns is None or now_ns - seen_ns > self._patience_ns(sensor)

    def _is_down(self, sensor: str, now_ns: int) -> bool:
        """Whether a sensor is silent while the other one has been delivering for long enough to tell.

        When both were silent (a paused bag), neither is down: the first frame after the pause has to wait.
        """
        other = other_sensor(sensor)
        return (
            self._is_silent(sensor, now_ns)
            and not self._is_silent(other, now_ns)
            and now_ns - self._alive_since[other] > self._patience_ns(sensor)
        )

    def _is_overtaken(self, stamp_ns: int, mark_ns: int | None) -> bool:
        """Whether a stamp is not after a mark; one that is far before it is of another clock, and none the later."""
        return mark_ns is not None and 0 <= mark_ns - stamp_ns <= self.settings.max_wait_ns

    def _forget_waiting(self) -> None:
        for sensor, window in self._windows.items():
            self._count_dropped(sensor, len(window.frames))
            window.forget_frames()

    def _emit_alone(self, sensor: str, frame: Frame, stamp_ns: int) -> list[FramePair]:
        if not self.settings.allow_missing or self._is_overtaken(stamp_ns, self._last_result_ns):
            return []
        self._windows[sensor].frames.pop()  # this one is used
        self._forget_waiting()
        self._alone_ns = self._last_result_ns = stamp_ns
        self.statistics.alone[sensor] += 1
        return [FramePair(frame, None) if sensor == "thermal" else FramePair(None, frame)]

    def _note_offset(self, sensor: str) -> None:
        self._since_pair[sensor] += 1
        thermal_ns, rgb_ns = (self._windows[name].last_stamp_ns for name in SENSORS)
        if thermal_ns is not None and rgb_ns is not None:
            self._offsets.append(thermal_ns - rgb_ns)

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
        anchors, partners = self._windows[self._anchor], self._windows[other_sensor(self._anchor)]
        for position, anchor in enumerate(anchors.frames):
            partner = partners.nearest(anchor.stamp_ns)
            if partner is None:
                return None
            gap_ns = abs(partner.stamp_ns - anchor.stamp_ns)
            if gap_ns > self.settings.tolerance_ns:
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
            self._reset_run()
            return FramePair(thermal.frame, rgb.frame)
        return None
