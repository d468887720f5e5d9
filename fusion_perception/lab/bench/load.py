# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What else a machine was doing while it measured, and what this process might take of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.engine.processor_share import cpu_quota, system_text

_ROOT = Path("/")
_GUEST, _IDLE, _WAITING, _STEAL = 8, 3, 4, 7  # columns of /proc/stat, see proc_stat(5)


@dataclass(frozen=True)
class Load:
    """How busy the machine was before the measurement, and what bounds this process.

    Attributes:
        average: processes that ran or waited, over the last 1, 5 and 15 minutes; empty where it is not known.
        affinity: numbers of the processors that this process may run on; empty where it is not known.
        quota: processors' worth of time that a container has; None without a limit.
        governors: what sets the clock of those processors, without repetition; empty where the system does not tell.
    """

    average: tuple[Size, ...]
    affinity: tuple[Count, ...]
    quota: Size | None
    governors: tuple[str, ...]


@dataclass(frozen=True)
class Others:
    """What the rest of the machine did during a measurement, as shares of all its processors, 0 to 1.

    Attributes:
        cpu: processor time of other processes.
        stolen: time that the host of a virtual machine gave to others.
    """

    cpu: Size
    stolen: Size


def describe_load(root: Path = _ROOT) -> Load:
    """Ask the system.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    found = (
        system_text(root / f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor").strip() for cpu in affinity
    )
    return Load(
        average=tuple(round(value, 2) for value in os.getloadavg()) if hasattr(os, "getloadavg") else (),
        affinity=affinity,
        quota=cpu_quota(root),
        governors=tuple(sorted({governor for governor in found if governor})),
    )


class OthersWatch:
    """Measures what others take of the processors, from when it is made until it is asked.

    Args:
        root: where ``proc`` is.
    """

    def __init__(self, root: Path = _ROOT) -> None:
        self._root = root
        self._start = self._now()

    def others(self) -> Others | None:
        """Return what others took since the start; None where the system does not tell."""
        before, after = self._start, self._now()
        if before is None or after is None or after.seconds <= before.seconds:
            return None
        whole = (after.seconds - before.seconds) * (os.cpu_count() or 1)
        busy, own, stolen = (getattr(after, name) - getattr(before, name) for name in ("busy", "own", "stolen"))
        return Others(cpu=_share(busy - own, whole), stolen=_share(stolen, whole))

    def _now(self) -> _Times | None:
        line = system_text(self._root / "proc/stat").partition("\n")[0].split()
        if len(line) <= _GUEST or line[0] != "cpu" or not all(field.isdecimal() for field in line[1:]):
            return None
        ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in line[1:]]
        stolen = ticks[_STEAL]
        busy = sum(ticks[:_GUEST]) - ticks[_IDLE] - ticks[_WAITING] - stolen  # guests are counted as users already
        return _Times(perf_counter(), busy, process_time(), stolen)


@dataclass(frozen=True)
class _Times:
    """Readings in seconds: the clock, and the processor time of all, of us, and stolen."""

    seconds: float
    busy: float
    own: float
    stolen: float


def _share(part: float, whole: float) -> float:
    return round(min(1.0, max(0.0, part / whole)), 3)
