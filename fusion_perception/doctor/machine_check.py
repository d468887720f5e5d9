# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The processors, the folders that are written to, and what the kernel allows messages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fusion_perception.doctor.finding import OK, REMARK, WRONG, Finding
from fusion_perception.doctor.surroundings import Surroundings
from fusion_perception.engine.processor_share import processor_share

RECEIVE_BYTES = 8 << 20
"""Of a socket's buffer: eight RGB images of 640 x 480."""

FRAGMENT_BYTES = 32 << 20
"""Of fragments that wait for the rest of their message."""

_SHARED_BYTES = 128 << 20  # two cameras and the node, 32 MB each by config/fastdds.xml


def check_processors(at: Surroundings) -> list[Finding]:
    """Look at what this process may use of the processors, and at what governs their clock."""
    share = processor_share(at.root)
    text = f"{share.threads} of {share.machine} may be used"
    if share.quota is not None:
        text += f", by a quota of {share.quota:g}"
    governors = {
        at.text(f"sys/devices/system/cpu/cpu{number}/cpufreq/scaling_governor") for number in range(share.machine)
    }
    if "powersave" in governors and "intel_pstate" not in at.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver"):
        remedy = "sudo cpupower frequency-set --governor performance"
        return [Finding("processors", REMARK, f"{text}; their governor is 'powersave'", remedy)]
    return [Finding("processors", OK, text)]


def check_folders(at: Surroundings) -> list[Finding]:
    """Look whether ROS can write its logs, and whether shared memory has room for images."""
    findings = []
    folder = _log_folder(at.environment)
    if folder is None or not _writable(folder):
        text = "HOME is not set, which ROS needs to find it" if folder is None else f"'{folder}' cannot be written"
        remedy = "export ROS_LOG_DIR=/tmp/ros-log"
        findings.append(Finding("log folder", WRONG, f"{text}, and without it no node starts", remedy))
    shared = at.root / "dev/shm"
    if not shared.is_dir() or not os.access(shared, os.W_OK):
        text = "there is no writable /dev/shm, so that images go through the network stack"
        findings.append(Finding("shared memory", REMARK, text, "docker run --ipc=host, or mount a tmpfs on /dev/shm"))
    else:
        status = os.statvfs(shared)
        free = status.f_bavail * status.f_frsize
        text = f"{free >> 20} MiB free in /dev/shm"
        if free < _SHARED_BYTES:
            remedy = "docker run --shm-size=512m (or --ipc=host); fastdds shm clean removes what dead processes left"
            findings.append(Finding("shared memory", REMARK, f"{text}; images need {_SHARED_BYTES >> 20}", remedy))
        else:
            findings.append(Finding("shared memory", OK, text))
    return findings


def _log_folder(environment: Mapping[str, str]) -> Path | None:
    """Return where ROS writes its logs; None where it does not know."""
    home, ros_home = environment.get("HOME", ""), environment.get("ROS_HOME", "")
    folder = environment.get("ROS_LOG_DIR", "") or (f"{ros_home or '~/.ros'}/log")
    if not folder.startswith("~"):
        return Path(folder)
    return Path(home + folder[1:]) if home else None


def _writable(folder: Path) -> bool:
    """Whether a folder can be written, or made."""
    while not folder.exists():
        if folder.parent == folder:
            return False
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def check_kernel(at: Surroundings) -> list[Finding]:
    """Look at the kernel's limits for messages of a megabyte that come from another machine."""
    settings = []
    found = []
    for name, least in (("net.core.rmem_max", RECEIVE_BYTES), ("net.ipv4.ipfrag_high_thresh", FRAGMENT_BYTES)):
        text = at.text(f"proc/sys/{name.replace('.', '/')}")
        if not text.isdecimal():
            continue
        found.append(f"{name} {text}")
        if int(text) < least:
            settings.append(f"{name}={least}")
    if not found:
        return [Finding("kernel limits", OK, "not told by this system")]
    if settings:
        text = f"{', '.join(found)}: images that come over a network get lost"
        return [Finding("kernel limits", REMARK, text, f"sudo sysctl -w {' '.join(settings)}")]
    return [Finding("kernel limits", OK, ", ".join(found))]
