# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All checks, one after the other; none of them keeps the others from being made."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

from fusion_perception.doctor.finding import WRONG, Finding
from fusion_perception.doctor.surroundings import Surroundings
from fusion_perception.explanation import explain

# Name of the check -> its module and function. They are imported one by one: where NumPy is missing, what does without
# it is looked at all the same.
_CHECKS = {
    "Python": ("python_check", "check_python"),
    "processors": ("machine_check", "check_processors"),
    "GPU": ("gpu_check", "check_gpu"),
    "models": ("model_check", "check_models"),
    "folders": ("machine_check", "check_folders"),
    "kernel limits": ("machine_check", "check_kernel"),
    "ROS 2": ("ros_check", "check_ros"),
}


def examine(at: Surroundings, topics: Mapping[str, str], seconds: float) -> Iterator[Finding]:
    """Make every check; findings come as they are made.

    Args:
        at: the machine.
        topics: camera -> its topic, for those that are not the default ones.
        seconds: to listen to the cameras.
    """
    told = set()
    for name, (module, function) in _CHECKS.items():
        further = (topics, seconds) if name == "ROS 2" else ()
        try:
            check = getattr(importlib.import_module(f"fusion_perception.doctor.{module}"), function)
            yield from check(at, *further)
        except Exception as error:  # a machine that is odd in one way may be fine in others
            sentence = explain(error)
            text = sentence or f"could not be looked at: {type(error).__name__}: {error}"
            if text not in told:  # a package that several checks need is told of once
                yield Finding(name, WRONG, text, "see the message" if sentence else "report this line")
            told.add(text)
