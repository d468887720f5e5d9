# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The health of one camera over time: its rate, and faults of its pictures that last."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.health.picture import FAULTS, faults_of

_SAME = 3  # pictures in a row without a difference: some drivers send each picture of a slow sensor two or three times
_LOOK_EVERY_NS = 100_000_000  # black is black in the next frame too
_ROWS = 48  # of a picture that are compared with those of the last one; noise is in every row
_MARGIN = 16  # part of the rows at the top and at the bottom that is not looked at: telemetry and clocks stand there
_ARRIVALS = 31  # from which the rate is taken
_SILENT_PERIODS = 3


@dataclass(frozen=True)
class HealthSettings:
    """When a camera is not to be trusted.

    Attributes:
        after_ns: how long something has to be wrong before it is told.
        missing_when: faults with which a camera counts as missing.
    """

    after_ns: int = 700_000_000
    missing_when: tuple[str, ...] = ("frozen", "black")

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if self.after_ns <= 0:
            raise ValueError(f"after_ns is {self.after_ns}; allowed: more than 0")
        for fault in self.missing_when:
            if fault not in FAULTS:
                raise ValueError(f"health.missing_when has '{fault}'; allowed: {', '.join(FAULTS)}, or nothing")


def without_margins(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return an image (H, W, ...) without a sixteenth of its rows at the top and at the bottom, where clocks stand."""
    margin = image.shape[0] // _MARGIN
    return image[margin : image.shape[0] - margin]


class CameraHealth:
    """Watches the pictures of one camera.

    A fault is told when it has lasted for ``after_ns``, and lifted by the first picture without it. A picture stands
    still when rows all over it stay the same bit by bit under new stamps: every real sensor has noise.
    """

    def __init__(self, settings: HealthSettings | None = None) -> None:
        self.settings = settings or HealthSettings()
        self._arrivals: deque[int] = deque(maxlen=_ARRIVALS)
        self._stamp_ns: int | None = None
        self._print: tuple[int, tuple[int, ...]] | None = None
        self._same = 1  # pictures in a row that are the same
        self._looked_ns: int | None = None
        self._since: dict[str, int] = {}  # what is wrong, and since when
        self._faults: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the pictures, in the order of ``FAULTS``."""
        return self._faults

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of the faults with which the camera counts as missing."""
        return tuple(fault for fault in self._faults if fault in self.settings.missing_when)

    def see(self, image: NDArray[np.generic], stamp_ns: int, now_ns: int) -> None:
        """Take in one picture.

        Args:
            image: (H, W) of a thermal camera, or (H, W, 3) uint8 RGB.
            stamp_ns: its stamp; one that repeats the last one says nothing new.
            now_ns: arrival time of a clock that never jumps.
        """
        self._arrivals.append(now_ns)
        if stamp_ns == self._stamp_ns:
            return
        self._stamp_ns = stamp_ns
        image = without_margins(image)
        self._compare(image, now_ns)
        if self._looked_ns is None or now_ns - self._looked_ns >= _LOOK_EVERY_NS:
            self._looked_ns = now_ns
            self._note(faults_of(image), now_ns, ("black", "saturated", "covered"))
        self._faults = tuple(
            fault
            for fault in FAULTS
            if fault in self._since
            and now_ns - self._since[fault] >= self.settings.after_ns
            and (fault != "frozen" or self._same >= _SAME)
        )

    def still_ns(self, now_ns: int) -> int:
        """Return for how long the picture has stood still; 0 while it changes."""
        return now_ns - self._since["frozen"] if self._same > 1 else 0

    def rate_hz(self, now_ns: int) -> float:
        """Return how many images a second arrive; 0 when none has for three periods and a second."""
        if len(self._arrivals) < 2:
            return 0.0
        period_ns = (self._arrivals[-1] - self._arrivals[0]) / (len(self._arrivals) - 1)
        if now_ns - self._arrivals[-1] > _SILENT_PERIODS * period_ns + 1e9:
            return 0.0
        return 1e9 / max(period_ns, 1.0)

    def _compare(self, image: NDArray[np.generic], now_ns: int) -> None:
        rows = np.ascontiguousarray(image[:: max(1, image.shape[0] // _ROWS)])
        picture = zlib.crc32(rows.data.cast("B")), image.shape
        if picture == self._print:
            self._same += 1
            return
        self._print, self._same = picture, 1
        self._since["frozen"] = now_ns  # it would have stood still since then

    def _note(self, found: tuple[str, ...], now_ns: int, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            if kind in found:
                self._since.setdefault(kind, now_ns)
            else:
                self._since.pop(kind, None)
