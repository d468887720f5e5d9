# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How far the stamps of a pair may differ when no tolerance is set."""

from __future__ import annotations

from fusion_perception.sync.sync_settings import MILLISECOND

START_NS = 50 * MILLISECOND
"""Tolerance before both periods are known."""

_OF_SLOWER = 0.5 * 1.2  # half a period is the farthest that a nearest frame can be; a fifth more for jitter
_OF_FASTER = 0.75  # when the nearest frame is lost, the next one is a whole period of the faster camera apart


def automatic_tolerance_ns(period_ns: int | None, other_period_ns: int | None) -> int:
    """Return the tolerance that fits the periods of the two cameras.

    Half the slower camera's period lets cameras pair that run free of one another, and keeps frames a whole period
    apart from pairing. Beside a much faster camera less will do, because its next frame is always near.

    Args:
        period_ns: time between two exposures of one camera, None before it is known.
        other_period_ns: that of the other one.
    """
    if period_ns is None or other_period_ns is None:
        return START_NS
    slower_ns, faster_ns = max(period_ns, other_period_ns), min(period_ns, other_period_ns)
    return int(min(_OF_SLOWER * slower_ns, _OF_FASTER * faster_ns))
