# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS of the tests: loopback only, in a domain that neither another worker nor another run on this machine uses."""

import os
import socket
from functools import cache

import pytest

from fusion_perception.demo.environment import is_free_domain

# Beyond the ports that Linux hands out by itself, and beyond what people and the demonstration (1 to 101) choose.
DOMAINS = range(215, 233)
_claims = []  # held until the process ends


@cache
def own_domain():
    """Return the domain of this process: claimed on its first use, given back when the process ends."""
    for domain in DOMAINS:
        if claim(domain) and is_free_domain(domain):
            return domain
    pytest.fail(f"ROS domains {DOMAINS[0]} to {DOMAINS[-1]} are all in use: wait until other test runs have ended")


def claim(domain):
    """Whether a domain is ours from now on; the operating system knows the name, so that no file is left behind."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sock.bind(f"\0fusion_perception tests in ROS domain {domain}")
    except OSError:
        sock.close()
        return False
    _claims.append(sock)
    return True


def ros_environment(**changes):
    """Return the variables of a process that shares the domain of this one; nothing of the caller's DDS set-up stays.

    Args:
        changes: variables to set besides.
    """
    strange = ("FASTRTPS_", "FASTDDS_", "ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return variables | ros_variables() | {"RCUTILS_COLORIZED_OUTPUT": "0", "PYTHONUNBUFFERED": "1"} | changes


def ros_variables():
    """Return what keeps ROS on this machine, in our domain; each release warns of the name that the other knows."""
    only = "ROS_LOCALHOST_ONLY" if os.environ.get("ROS_DISTRO") == "humble" else "ROS_AUTOMATIC_DISCOVERY_RANGE"
    return {"ROS_DOMAIN_ID": str(own_domain()), only: "1" if only == "ROS_LOCALHOST_ONLY" else "LOCALHOST"}
