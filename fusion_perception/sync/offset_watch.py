# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the stamps of two cameras meet, and if not, how far they are apart and which clock is wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from fusion_perception.sync.outage import SENSORS, other_sensor

_FRAMES = 3  # frames of each camera that a verdict rests on at the least
_MEASURED = 15  # frames that an offset or an age is measured over
_DRIFT_AFTER_NS = 5_000_000_000  # time after which a difference that changes can be told from jitter
_DRIFT_NS = 20_000_000


@dataclass(frozen=True)
class _Arrival:
    stamp_ns: int
    now_ns: int
    clock_ns: int | None


class OffsetWatch:
    """Compares every stamp with the latest ones of the other camera.

    Two streams whose clocks agree meet again and again, whatever their phase: for a frame of the slower one there is
    always a frame of the faster one within half a period. If they do not meet for a while, their stamps are apart,
    and one of the cameras is the suspect.

    Args:
        window: latest frames of each camera that are compared with.
    """

    def __init__(self, window: int) -> None:
        self.suspect: str | None = None  # None while they meet
        self._window = window
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.suspect = None
        self._recent: dict[str, deque[_Arrival]] = {
            name: deque(maxlen=max(self._window, _MEASURED)) for name in SENSORS
        }
        self._gaps: dict[str, deque[int]] = {name: deque(maxlen=_MEASURED) for name in SENSORS}
        self._apart = dict.fromkeys(SENSORS, 0)
        self._apart_since_ns: int | None = None
        self._met_ns: int | None = None
        self._meeting_since_ns = 0
        self._meetings = 0
        self._first: tuple[int, int] | None = None  # when they were found apart, and by how much

    def note(
        self, sensor: str, stamp_ns: int, now_ns: int, clock_ns: int | None, *, tolerance_ns: int, wait_ns: int,
        patience_ns: int,
    ) -> None:  # fmt: skip
        """Take in a frame whose stamp advances.

        Args:
            sensor: ``"thermal"`` or ``"rgb"``.
            stamp_ns: its stamp, as it is compared.
            now_ns: arrival.
            clock_ns: the clock that the stamps should follow, at that time; None where there is none.
            tolerance_ns: stamps that differ by no more meet.
            wait_ns: a frame that came longer ago is no partner any more.
            patience_ns: how long they have to be apart, or to meet again, before the verdict changes.
        """
        others = list(self._recent[other_sensor(sensor)])[-self._window :]
        self._recent[sensor].append(_Arrival(stamp_ns, now_ns, clock_ns))
        gap_ns = min(
            (abs(item.stamp_ns - stamp_ns) for item in others if now_ns - item.now_ns <= wait_ns), default=None
        )
        if gap_ns is not None:
            self._gaps[sensor].append(gap_ns)
        if gap_ns is not None and gap_ns <= tolerance_ns:
            self._note_meeting(now_ns, patience_ns)
        elif self._recent[other_sensor(sensor)]:
            self._note_apart(sensor, now_ns, patience_ns)

    def _note_meeting(self, now_ns: int, patience_ns: int) -> None:
        if self._met_ns is None or now_ns - self._met_ns > patience_ns:
            self._meetings, self._meeting_since_ns = 0, now_ns
        self._met_ns = now_ns
        self._meetings += 1
        if self._meetings > _FRAMES and now_ns - self._meeting_since_ns >= patience_ns:
            self.suspect = self._first = None
        self._apart = dict.fromkeys(SENSORS, 0)
        self._apart_since_ns = None

    def _note_apart(self, sensor: str, now_ns: int, patience_ns: int) -> None:
        self._apart[sensor] += 1
        if self._apart_since_ns is None:
            self._apart_since_ns = now_ns
            self._gaps = {name: deque(maxlen=_MEASURED) for name in SENSORS}
        if (
            self.suspect is None
            and min(self._apart.values()) >= _FRAMES
            and now_ns - self._apart_since_ns >= patience_ns
        ):
            self.suspect = self._find_suspect()
            self._first = (now_ns, self.offset_ns)

    @property
    def offset_ns(self) -> int:
        """Thermal clock minus RGB clock, from stamps against arrivals: the cameras' phase does not matter.

        It includes the difference of the ways from exposure to arrival.
        """
        delays = {
            sensor: median(item.now_ns - item.stamp_ns for item in items)
            for sensor in SENSORS
            if (items := self._measured(sensor))
        }
        return int(delays["rgb"] - delays["thermal"]) if len(delays) == len(SENSORS) else 0

    def _measured(self, sensor: str) -> list[_Arrival]:
        """The latest frames; while the stamps are apart, none from before."""
        latest = list(self._recent[sensor])[-_MEASURED:]
        since_ns = self._apart_since_ns
        return latest if since_ns is None else [item for item in latest if item.now_ns >= since_ns]

    @property
    def gap_ns(self) -> int | None:
        """Usual stamp difference of nearest frames, or None while there are none to compare."""
        return min((int(median(gaps)) for gaps in self._gaps.values() if gaps), default=None)

    def drifts(self, now_ns: int) -> bool:
        """Whether the offset has changed since they were found apart, so that no constant would mend it."""
        if self._first is None or now_ns - self._first[0] < _DRIFT_AFTER_NS:
            return False
        return abs(self.offset_ns - self._first[1]) > _DRIFT_NS

    def ages_ns(self) -> dict[str, int]:
        """How old the stamps are on arrival by the clock that they should follow; cameras without frames are absent."""
        ages = {}
        for sensor in SENSORS:
            known = [item.clock_ns - item.stamp_ns for item in self._measured(sensor) if item.clock_ns is not None]
            if known:
                ages[sensor] = int(median(known))
        return ages

    def knows_right_clock(self) -> bool:
        """Whether one camera's stamps are near the clock, so that the other one's must be wrong."""
        ages = self.ages_ns()
        return len(ages) == len(SENSORS) and min(map(abs, ages.values())) < abs(self.offset_ns) / 2

    def _find_suspect(self) -> str:
        """The camera farther from the clock; where both are far, or there is no clock, RGB is the reference."""
        ages = self.ages_ns()
        return max(ages, key=lambda sensor: abs(ages[sensor])) if self.knows_right_clock() else "thermal"
