# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All checks, one after the other; none of them keeps the others from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fusion_perception.doctor.finding import WRONG, Finding
from fusion_perception.doctor.gpu_check import check_gpu
from fusion_perception.doctor.machine_check import check_folders, check_kernel, check_processors
from fusion_perception.doctor.model_check import check_models
from fusion_perception.doctor.python_check import check_python
from fusion_perception.doctor.ros_check import check_ros
from fusion_perception.doctor.surroundings import Surroundings

Check = Callable[[Surroundings], list[Finding]]

_CHECKS: dict[str, Check] = {
    "Python": check_python,
    "processors": check_processors,
    "GPU": check_gpu,
    "models": check_models,
    "folders": check_folders,
    "kernel limits": check_kernel,
}


def examine(at: Surroundings, topics: Mapping[str, str], seconds: float) -> Iterator[Finding]:
    """Make every check; findings come as they are made.

    Args:
        at: the machine.
        topics: camera -> its topic, for those that are not the default ones.
        seconds: to listen to the cameras.
    """
    checks: dict[str, Check] = {**_CHECKS, "ROS 2": lambda at: check_ros(at, topics, seconds)}
    for name, check in checks.items():
        try:
            yield from check(at)
        except Exception as error:  # a machine that is odd in one way may be fine in others
            text = f"could not be looked at: {type(error).__name__}: {error}"
            yield Finding(name, WRONG, text, "report this line")
