# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Why something failed, in one sentence for the user."""

from __future__ import annotations

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.text import printable

_LOG_FOLDER = ("log directory", "logging directory")


def describe(error: BaseException) -> str:
    """Return the text of an error; one that was not meant for users comes with the name of its class."""
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

    text = str(error)
    if isinstance(error, (FusionPerceptionError, InvalidParameterTypeException, InvalidParameterValueException)):
        return text
    return f"{type(error).__name__}: {printable(text, 2000)}"


def describe_start(error: Exception) -> str:
    """Return why ROS does not start; names the variable that says where its logs go, if they can go nowhere."""
    text = str(error)
    if any(words in text for words in _LOG_FOLDER):
        text += (
            "; ROS keeps its log files in $ROS_LOG_DIR, else in $ROS_HOME/log, else in $HOME/.ros/log: name a folder "
            "that can be written, as in 'export ROS_LOG_DIR=/tmp/ros-log'"
        )
    return text
