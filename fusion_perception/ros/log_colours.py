# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Colours of ROS's log on a terminal, by the variables that all programs share."""

from __future__ import annotations

from collections.abc import MutableMapping

_ROS_SAYS = "RCUTILS_COLORIZED_OUTPUT"


def choose_log_colours(environment: MutableMapping[str, str]) -> None:
    """Let ROS follow NO_COLOR and FORCE_COLOR, unless its own variable is set; call it before ROS starts.

    Args:
        environment: variables of this process. NO_COLOR wins; an empty value counts as none (no-color.org).
    """
    if _ROS_SAYS in environment:
        return
    if environment.get("NO_COLOR"):
        environment[_ROS_SAYS] = "0"
    elif environment.get("FORCE_COLOR"):
        environment[_ROS_SAYS] = "1"
