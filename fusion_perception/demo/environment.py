# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The environment of the demonstration's processes: a ROS domain of their own that never leaves the machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from fusion_perception.errors import BackendError

_DOMAINS = range(1, 102)  # ROS 2 allows 0 to 101 on every system; 0 is what everybody uses


def uses_system_ros(environment: Mapping[str, str] | None = None) -> bool:
    """Whether a ROS 2 installation is sourced, as opposed to wheels in this Python's environment."""
    environment = os.environ if environment is None else environment
    return bool(environment.get("AMENT_PREFIX_PATH")) and find_spec("ros_wheels_bootstrapper") is None


def middleware(environment: Mapping[str, str]) -> str:
    """Return the middleware in words."""
    name = environment.get("RMW_IMPLEMENTATION") or "rmw_fastrtps_cpp"
    return "Fast DDS" if "fastrtps" in name else name


def choose_domain(process_id: int, is_free: Callable[[int], bool] | None = None) -> int:
    """Return a ROS domain that nobody on this machine uses, so that no other node's images are counted.

    Args:
        process_id: where to start looking; two runs that start together then hardly ever meet.
        is_free: tells whether a domain is free; asks the operating system by default.
    """
    is_free = is_free or is_free_domain
    start = process_id % len(_DOMAINS)
    candidates = [_DOMAINS[(start + step) % len(_DOMAINS)] for step in range(len(_DOMAINS))]
    return next((domain for domain in candidates if is_free(domain)), candidates[0])


def is_free_domain(domain: int) -> bool:
    """Whether the port of the first DDS participant of a domain is free (DDS-RTPS 2.2, 9.6.1.1: 7400 + 250 d + 10)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", 7410 + 250 * domain))
        except OSError:
            return False
    return True


def child_environment(domain: int, log_folder: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of the demonstration's processes.

    Args:
        domain: ROS domain, 0 to 101.
        log_folder: where ROS writes its log files.
        base: variables to start from; this process's own by default.

    Raises:
        BackendError: the domain is out of range.
    """
    if not 0 <= domain <= _DOMAINS[-1]:
        raise BackendError(f"ROS domain is {domain}; allowed: 0 to {_DOMAINS[-1]}")
    environment = dict(os.environ if base is None else base)
    environment.update(
        ROS_DOMAIN_ID=str(domain),
        ROS_LOG_DIR=str(log_folder),
        RCUTILS_COLORIZED_OUTPUT="0",
        RCUTILS_CONSOLE_OUTPUT_FORMAT="[{severity}] [{time}] [{name}]: {message}",  # as processes.py reads it
        PYTHONUNBUFFERED="1",
    )
    # Each release knows one of the two and warns of the other.
    if environment.get("ROS_DISTRO") == "humble":
        environment["ROS_LOCALHOST_ONLY"] = "1"
    else:
        environment.pop("ROS_LOCALHOST_ONLY", None)
        environment["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    if not uses_system_ros(environment):
        environment.pop("RMW_IMPLEMENTATION", None)  # the wheels have Fast DDS alone
    return environment
