# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Find out whether a ROS package can be started, before launch tries to and fails halfway."""

from __future__ import annotations

import os
from pathlib import Path

from fusion_perception.errors import FusionPerceptionError

_MARKER = Path("share") / "ament_index" / "resource_index" / "packages"


class PackageMissingError(FusionPerceptionError):
    """A ROS package, or an executable of it, that is not installed here."""


def find_executable(package: str, executable: str | None, advice: str) -> Path:
    """Return the executable of a ROS package, as ``ros2 run`` finds it.

    Args:
        package: name of the package.
        executable: name of the program in ``lib/<package>``; None asks for the package alone.
        advice: what to do when it is missing.

    Returns:
        The program, or the prefix of the package.

    Raises:
        PackageMissingError: the package is not on the ament index, or has no such program.
    """
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    for prefix in prefixes:  # the first one that has the package counts, as in ament_index
        if not (prefix / _MARKER / package).is_file():
            continue
        if executable is None:
            return prefix
        program = prefix / "lib" / package / executable
        if program.is_file() and os.access(program, os.X_OK):
            return program
        raise PackageMissingError(f"the package '{package}' in '{prefix}' has no program '{executable}'; {advice}")
    raise PackageMissingError(f"the package '{package}' is not on the ament index (AMENT_PREFIX_PATH); {advice}")
