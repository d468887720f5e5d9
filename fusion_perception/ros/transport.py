# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""DDS settings without which images of more than half a megabyte get lost."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fusion_perception.model_store import find_shared

PROFILE = Path("config") / "fastdds.xml"
"""The Fast DDS profile that comes with the package."""

PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""The variable of Fast DDS 2 (up to Jazzy), and the one of Fast DDS 3 (from Kilted on)."""

_OWN_CHOICE = (*PROFILE_VARIABLES, "FASTDDS_BUILTIN_TRANSPORTS", "FASTRTPS_BUILTIN_TRANSPORTS")
_FIRST_WITH_FAST_DDS_3 = 9  # major version of rclpy: Humble 3, Jazzy 7, Kilted 9


def profile_variable() -> str:
    """Return the variable that the Fast DDS of the installed ROS reads; the other one makes it warn."""
    for distribution in ("rclpy", "ros-rclpy"):  # from ROS packages, and from wheels
        try:
            major = int(version(distribution).partition(".")[0])
        except (PackageNotFoundError, ValueError):
            continue
        return PROFILE_VARIABLES[major >= _FIRST_WITH_FAST_DDS_3]
    return PROFILE_VARIABLES[0]


def use_image_transport(environment: MutableMapping[str, str] | None = None) -> Path | None:
    """Select the package's Fast DDS profile for this process, unless the user has chosen something.

    Fast DDS reads the variable when the first node starts, so call this before ``rclpy.init``. Other
    middleware ignores them.

    Args:
        environment: variables to change; the process's own by default.

    Returns:
        The profile in use, or None when the user's own choice stands or no profile is installed.
    """
    environment = os.environ if environment is None else environment
    if any(environment.get(name) for name in _OWN_CHOICE):
        return None
    if "fastrtps" not in environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp"):
        return None
    try:
        profile = find_shared(PROFILE)
    except FileNotFoundError:
        return None
    environment[profile_variable()] = str(profile)
    return profile
