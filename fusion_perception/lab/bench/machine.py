# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where a benchmark was run: processor, memory, versions and the commit of this package."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fusion_perception import __version__
from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.engine.processor_share import processor_share
from fusion_perception.lab.bench.load import Load, describe_load

_PACKAGES = (
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnx",
    "torch",
    "tensorrt",
    "tensorrt-rtx-cu13-bindings",
    "cuda-python",
    "opencv-python-headless",
)


@dataclass(frozen=True)
class Machine:
    """The machine, without its name.

    Attributes:
        cpu: name of the processor.
        architecture: for example ``"x86_64"``.
        cores: that this process may use.
        memory_gib: main memory; 0 where it is not known.
        system: kernel and its version.
        load_before: processes that ran before the measurement; None where the system does not tell.
        load: how busy it was, and what bounds this process; None in documents of earlier releases.
    """

    cpu: str
    architecture: str
    cores: Count
    memory_gib: Size
    system: str
    load_before: float | None
    load: Load | None = None


@dataclass(frozen=True)
class Commit:
    """The source tree.

    Attributes:
        id: of the commit.
        modified: whether files differ from it.
    """

    id: str
    modified: bool


def describe_machine() -> Machine:
    """Return processor, cores, memory, system, and how busy the machine was."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return Machine(
        cpu=_cpu_name(),
        architecture=platform.machine(),
        cores=processor_share().threads,
        memory_gib=round(pages / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        load_before=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        load=describe_load(),
    )


def describe_versions() -> dict[str, str]:
    """Return the versions of Python, of this package, and of what computes."""
    versions = {"python": platform.python_version(), "fusion_perception": __version__}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def describe_commit() -> Commit | None:
    """Return the commit of the source tree, or None for an installed package."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    head = _git(root, "rev-parse", "HEAD")
    return None if head is None else Commit(head, bool(_git(root, "status", "--porcelain", "-uno")))


def _git(root: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def _cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        text = ""
    match = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return match.group(1).strip() if match else platform.processor() or "unknown"
