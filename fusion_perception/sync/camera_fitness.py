# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which of the two cameras can be used, and why one cannot."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import median

from fusion_perception.sync.advance_watch import AdvanceWatch
from fusion_perception.sync.frame_window import FrameWindow
from fusion_perception.sync.hints import Apart, stuck_hint
from fusion_perception.sync.offset_watch import OffsetWatch
from fusion_perception.sync.outage import SENSORS, other_sensor
from fusion_perception.sync.presence import Presence
from fusion_perception.sync.sync_settings import SyncSettings
from fusion_perception.sync.tolerance import START_NS, automatic_tolerance_ns

_AGES_KEPT = 15
_STUCK = "their stamps do not advance"


class CameraFitness:
    """Watches arrivals and stamps of both cameras, and keeps the verdicts of others (``exclude``).

    A camera can be of no use for four reasons, the worst first: it is silent; its stamps do not advance; somebody has
    excluded it; its stamps are apart from the other camera's. With one of the first two it gives nothing. Of the
    others it is enough that one of the two cameras is left out.

    Args:
        settings: limits.
        windows: the streams, for their periods.
    """

    def __init__(self, settings: SyncSettings, windows: Mapping[str, FrameWindow]) -> None:
        self.settings = settings
        self.excluded: dict[str, str] = {}
        self._windows = windows
        self._presence = Presence()
        self._advance = {sensor: AdvanceWatch() for sensor in SENSORS}
        self._offset = OffsetWatch(settings.window)
        self._ages_ns: dict[str, deque[int]] = {sensor: deque(maxlen=_AGES_KEPT) for sensor in SENSORS}
        self._now_ns = 0  # of the latest arrival

    def apply(self, settings: SyncSettings) -> None:
        """Change the limits and forget what was seen of the stamps."""
        self.settings = settings
        self._offset = OffsetWatch(settings.window)
        self.flush()

    def flush(self) -> None:
        """Forget what was seen of the stamps."""
        self._offset.clear()
        for sensor in SENSORS:
            self._advance[sensor] = AdvanceWatch()
            self._ages_ns[sensor].clear()

    # What comes in ---------------------------------------------------------------------------------------------

    def note_arrival(self, sensor: str, stamp_ns: int, now_ns: int) -> bool:
        """Take in a frame's arrival and its own stamp; returns whether the camera's stamps can be used."""
        self._presence.note(sensor, now_ns, self._patience_ns(sensor))
        self._now_ns = now_ns
        watch = self._advance[sensor]
        watch.note(stamp_ns, now_ns, reorder_ns=self.reorder_ns, patience_ns=self._limit_ns)
        if watch.stuck:
            self._offset.clear()
        return not watch.stuck

    def note_age(self, sensor: str, age_ns: int) -> None:
        """Take in how old a frame was on arrival, by the clock that stamps should follow."""
        self._ages_ns[sensor].append(age_ns)

    def note_stamp(self, sensor: str, stamp_ns: int, now_ns: int, clock_ns: int | None) -> None:
        """Take in a stamp, as it is compared, of a frame that may pair."""
        self._offset.note(
            sensor,
            stamp_ns,
            now_ns,
            clock_ns,
            tolerance_ns=self.tolerance_ns,
            wait_ns=self.wait_ns(other_sensor(sensor)),
            patience_ns=max(self._limit_ns, *(self._patience_ns(name) for name in SENSORS)),
        )

    def note_down(self, sensor: str) -> None:
        """Forget the stamps of a camera that is silent: silence is reported elsewhere."""
        self._advance[sensor] = AdvanceWatch()
        self._ages_ns[sensor].clear()
        self._offset.clear()

    # Limits ----------------------------------------------------------------------------------------------------

    @property
    def tolerance_ns(self) -> int:
        """Largest stamp difference of a pair."""
        if self.settings.tolerance_ns:
            return self.settings.tolerance_ns
        return automatic_tolerance_ns(*(self._windows[sensor].exposure_period_ns for sensor in SENSORS))

    @property
    def reorder_ns(self) -> int:
        """Largest step back of a stamp that counts as overtaken on the way; a larger one is a jump of time."""
        return max(self.tolerance_ns, START_NS)

    def wait_ns(self, sensor: str) -> int:
        """How long frames of the other camera may wait for one of this camera; longer if it is slow."""
        return max(self._stretched_ns(self.settings.max_wait_ns), 2 * self._period_ns(sensor))

    def _patience_ns(self, sensor: str) -> int:
        """How long a sensor may be silent: a slow camera is not a dead one."""
        return max(self._limit_ns, 3 * self._period_ns(sensor))

    @property
    def _limit_ns(self) -> int:
        return self._stretched_ns(self.settings.missing_after_ns)

    def _period_ns(self, sensor: str) -> int:
        """Time between two frames, by their stamps or their arrivals, whichever is longer; 0 if it is not known."""
        return max(self._windows[sensor].period_ns or 0, self._presence.interval_ns(sensor) or 0)

    def _stretched_ns(self, limit_ns: int) -> int:
        return int(limit_ns * self._presence.pace({name: self._windows[name].period_ns for name in SENSORS}))

    # Verdicts --------------------------------------------------------------------------------------------------

    def is_down(self, sensor: str, now_ns: int) -> bool:
        """Whether a sensor is silent while the other one delivers."""
        return self._presence.is_down(sensor, now_ns, {name: self._patience_ns(name) for name in SENSORS})

    def is_stuck(self, sensor: str) -> bool:
        """Whether a sensor delivers stamps that do not advance."""
        return self._advance[sensor].stuck

    @property
    def left_out(self) -> str | None:
        """Of two cameras that deliver, the one that is left out; None when they pair.

        Two excluded cameras pair, because neither is better. So do cameras whose stamps are apart if single frames are
        of no use: pairs come back the sooner.
        """
        judged = self._judged()
        return judged if self.settings.allow_missing or judged in self.excluded else None

    def _judged(self) -> str | None:
        return next(iter(self.excluded)) if len(self.excluded) == 1 else self._offset.suspect

    def outages(self, now_ns: int) -> dict[str, str | None]:
        """Return the cameras that are out: what is wrong with their images, or None where none come."""
        reasons: dict[str, str | None] = {}
        for sensor in SENSORS:
            if self.is_down(sensor, now_ns):
                reasons[sensor] = None
            elif self.is_stuck(sensor):
                reasons[sensor] = _STUCK
            elif sensor in self.excluded:
                reasons[sensor] = self.excluded[sensor]
            elif sensor == self._judged():
                reasons[sensor] = self._apart(sensor).reason()
        return reasons

    def is_blind(self, now_ns: int) -> bool:
        """Whether neither camera gives a result."""
        return all(self.is_down(sensor, now_ns) or self.is_stuck(sensor) for sensor in SENSORS)

    def ages_ns(self) -> dict[str, int]:
        """Usual age of the stamps on arrival, by the clock they should follow; negative if they are of the future."""
        return {sensor: int(median(ages)) for sensor, ages in self._ages_ns.items() if ages}

    def patience_ns(self, sensor: str) -> int:
        """How long a sensor may be silent before it counts as down."""
        return self._patience_ns(sensor)

    def hint(self, now_ns: int | None) -> str | None:
        """Say in one sentence why both streams come and nothing pairs, or return None."""
        now_ns = self._now_ns if now_ns is None else now_ns
        quiet = [name for name in SENSORS if self._presence.is_silent(name, now_ns, self._patience_ns(name))]
        stuck = {name: watch for name, watch in self._advance.items() if watch.stuck and name not in quiet}
        if stuck:
            return stuck_hint(
                {name: watch.latest_ns for name, watch in stuck.items()}, max(watch.jumps for watch in stuck.values())
            )
        if quiet or self._offset.suspect is None:
            return None
        return self._apart(self._offset.suspect).hint()

    def _apart(self, suspect: str) -> Apart:
        periods = [self._windows[sensor].period_ns for sensor in SENSORS]
        return Apart(
            offset_ns=self._offset.offset_ns,
            gap_ns=self._offset.gap_ns,
            tolerance_ns=self.tolerance_ns,
            automatic=not self.settings.tolerance_ns,
            period_ns=None if None in periods else max(period or 0 for period in periods),
            thermal_offset_ns=self.settings.thermal_offset_ns,
            drifts=self._offset.drifts(self._now_ns),
            suspect=suspect,
            known=self._offset.knows_right_clock(),
        )
