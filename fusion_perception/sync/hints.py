# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Why nothing pairs and what to do about it, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fusion_perception.sync.sync_settings import MILLISECOND, OFFSET_LIMIT_NS, WAIT_LIMIT_NS

_SECOND = 1_000_000_000
_WAIT_STEP_NS = 100 * MILLISECOND  # advice is rounded up to it


def duration(ns: float) -> str:
    """Return a length of time for reading, without its sign: milliseconds, or seconds from ten on."""
    size = abs(ns)
    return f"{size / _SECOND:.1f} s" if size >= 10 * _SECOND else f"{size / MILLISECOND:.0f} ms"


def stuck_hint(latest_ns: Mapping[str, int], jumps: int) -> str:
    """Say that the stamps of cameras do not advance.

    Args:
        latest_ns: the latest stamp of each such camera.
        jumps: how often they went back.
    """
    latest = " and ".join(f"{stamp_ns / _SECOND:.3f} s" for stamp_ns in latest_ns.values())
    cause = " (if they go to and fro, more than one driver may publish on the topic)" if jumps else ""
    return (
        f"the stamps of {' and '.join(latest_ns)} images do not advance: they are now at {latest}, and each has to "
        f"be later than the one before; let the driver fill header.stamp with the time of the exposure{cause}"
    )


@dataclass(frozen=True)
class Apart:
    """What is known of two streams whose stamps do not meet.

    Attributes:
        offset_ns: thermal clock minus RGB clock.
        gap_ns: usual difference of nearest stamps, or None.
        tolerance_ns: largest difference of a pair.
        automatic: whether that follows the periods of the cameras.
        period_ns: period of the slower camera, or None.
        thermal_offset_ns: the present setting.
        drifts: whether the offset changes.
        suspect: the camera that is left out.
        known: whether the other one's stamps are known to be right.
    """

    offset_ns: int
    gap_ns: int | None
    tolerance_ns: int
    automatic: bool
    period_ns: int | None
    thermal_offset_ns: int
    drifts: bool
    suspect: str
    known: bool

    @property
    def is_phase(self) -> bool:
        """Whether the cameras merely expose at different moments of their period; then no clock need be wrong."""
        return self.gap_ns is not None and self.period_ns is not None and self.gap_ns <= 0.6 * self.period_ns

    @property
    def is_near(self) -> bool:
        """Whether the clocks agree as far as can be seen, as for a moment after the cameras' rates have changed."""
        return abs(self.offset_ns) <= self.tolerance_ns

    def reason(self) -> str:
        """What is wrong with the images of the camera that is left out."""
        if self.is_phase or self.is_near:
            return f"no stamp within {self.tolerance_ns / MILLISECOND:.4g} ms of another camera's"
        sign = 1 if self.suspect == "thermal" else -1
        return f"their stamps are {duration(self.offset_ns)} {_side(sign * self.offset_ns)} the other camera's"

    def hint(self) -> str | None:
        """Say what is wrong and what to do; None where waiting is enough."""
        if self.is_phase and self.automatic:
            return None  # the tolerance is on its way to the new period
        if self.is_phase:
            return (
                f"both cameras deliver but no two stamps are within {self.tolerance_ns / MILLISECOND:.4g} ms: nearest "
                f"frames are about {duration(self.gap_ns or 0)} apart, less than half a period, because the cameras "
                "run free of one another; set sync.tolerance_ms to 0, which allows that, or trigger them together"
            )
        if self.is_near:
            return None
        clock = (
            f"by this computer's clock those of {self.suspect} are wrong"
            if self.known
            else "which of them are right cannot be told here, and RGB is the reference"
        )
        return (
            f"both cameras deliver but no two stamps are within {self.tolerance_ns / MILLISECOND:.4g} ms: "
            f"thermal stamps are about {duration(self.offset_ns)} {_side(self.offset_ns)} RGB stamps ({clock}); "
            f"{self._advice()}"
        )

    def _advice(self) -> str:
        offset_ns = self.thermal_offset_ns - self.offset_ns
        if abs(offset_ns) > OFFSET_LIMIT_NS:
            return (
                f"that is more than sync.thermal_offset_ms can mend (up to {OFFSET_LIMIT_NS / MILLISECOND:.0f}), so "
                "one driver does not stamp by the time of day: let it take the stamps from its computer's clock"
            )
        if self.drifts:
            return "the difference changes, so no constant mends it: synchronise the camera clocks (PTP or chrony)"
        return (
            "synchronise the camera clocks (PTP or chrony), or set sync.thermal_offset_ms to "
            f"{offset_ns / MILLISECOND:.1f} if that difference is constant{self._late()}"
        )

    def _late(self) -> str:
        """What to do if no clock is wrong and the images of one camera come late: by their arrival that looks alike."""
        wait_ns = -(-abs(self.offset_ns) * 3 // (2 * _WAIT_STEP_NS)) * _WAIT_STEP_NS
        if wait_ns > WAIT_LIMIT_NS:
            return ""
        late = "thermal" if self.offset_ns < 0 else "rgb"
        return (
            f"; if {late} images merely arrive that much later, set sync.max_wait_ms to {wait_ns / MILLISECOND:.0f} "
            "and sync.window to the frames of that time"
        )


def _side(offset_ns: float) -> str:
    return "behind" if offset_ns < 0 else "ahead of"
