# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""DDS settings without which images of more than half a megabyte get lost."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from fusion_perception.model_store import find_shared

PROFILE = Path("config") / "fastdds.xml"
"""The Fast DDS profile that comes with the package."""

PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""The variable of Fast DDS 2 and its name from Fast DDS 3 on."""

_OWN_CHOICE = (*PROFILE_VARIABLES, "FASTDDS_BUILTIN_TRANSPORTS", "FASTRTPS_BUILTIN_TRANSPORTS")


def use_image_transport(environment: MutableMapping[str, str] | None = None) -> Path | None:
    """Select the package's Fast DDS profile for this process, unless the user has chosen something.

    Fast DDS reads the variables when the first node starts, so call this before ``rclpy.init``. Other
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
    for name in PROFILE_VARIABLES:
        environment[name] = str(profile)
    return profile
