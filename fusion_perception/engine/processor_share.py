# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How much of the processor this process may use: its affinity, and the quota of the container it runs in."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_ROOT = Path("/")


@dataclass(frozen=True)
class ProcessorShare:
    """What of the processor this process may use.

    Attributes:
        machine: logical processors of the machine.
        allowed: those that this process may run on (``taskset``, ``docker --cpuset-cpus``).
        cores: physical cores among those; two logical processors of one core count once.
        quota: processors' worth of time that cgroups give it (``docker --cpus``); None without a limit.
    """

    machine: int
    allowed: int
    cores: int
    quota: float | None

    @property
    def limited(self) -> bool:
        """Whether it is less than the machine."""
        return self.allowed < self.machine or (self.quota is not None and self.quota < self.machine)

    @property
    def threads(self) -> int:
        """Most threads that can compute at a time, at least 1; a part of a processor counts as one."""
        return max(1, self.cores if self.quota is None else min(self.cores, math.ceil(self.quota)))


def processor_share(root: Path = _ROOT) -> ProcessorShare:
    """Ask the system; what it does not tell is no limit.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    machine = os.cpu_count() or 1
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(machine))
    siblings = {
        system_text(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list") or cpu for cpu in allowed
    }
    return ProcessorShare(max(machine, len(allowed)), len(allowed), len(siblings), cpu_quota(root))


def cpu_quota(root: Path = _ROOT) -> float | None:
    """Return the processors' worth of time that cgroups (versions 1 and 2) give this process; None without a limit.

    The least of its own group and of all above it counts, as far as they can be seen from here.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    own: dict[str, str] = {}  # controller -> path of our group; version 2 has no names of controllers
    for line in system_text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        own |= dict.fromkeys(controllers.split(","), path)
    quotas = []
    for line in system_text(root / "proc/self/mountinfo").splitlines():
        mount, _, source = line.partition(" - ")
        fields, kind = mount.split(), source.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        if kind[0] == "cgroup2":
            group, quota = own.get(""), _quota_2
        elif kind[0] == "cgroup" and "cpu" in kind[2].split(","):
            group, quota = own.get("cpu"), _quota_1
        else:
            continue
        top = root / fields[4].replace("\\040", " ").lstrip("/")
        quotas += [quota(folder) for folder in _folders(top, fields[3], group)]
    return min((value for value in quotas if value is not None), default=None)


def _folders(top: Path, mounted: str, group: str | None) -> list[Path]:
    """Return our group's folder and those above it, inside a mount that shows the group ``mounted`` at ``top``."""
    try:
        inside = PurePosixPath(group or "/").relative_to(mounted)
    except ValueError:  # of another namespace: what is mounted is ours
        return [top]
    if ".." in inside.parts:
        return [top]
    return [top / inside, *(top / parent for parent in inside.parents)]


def _quota_2(folder: Path) -> float | None:
    words = system_text(folder / "cpu.max").split()
    return _ratio(*words) if len(words) == 2 else None


def _quota_1(folder: Path) -> float | None:
    return _ratio(system_text(folder / "cpu.cfs_quota_us"), system_text(folder / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    """Return quota by period, both in microseconds; None for no limit ("max" or -1), and for what is no number."""
    quota, period = quota.strip(), period.strip()
    if not (quota.isdecimal() and period.isdecimal()) or not int(quota) or not int(period):
        return None
    return int(quota) / int(period)


def system_text(path: Path) -> str:
    """Return what a file of the kernel says; nothing where it cannot be read."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
