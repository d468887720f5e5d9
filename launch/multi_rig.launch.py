# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Start a fusion_node for each of several camera rigs, every one in a namespace of its own.

    ros2 launch fusion_perception multi_rig.launch.py rigs:=front,rear
    ros2 launch fusion_perception multi_rig.launch.py rigs:=rigs.yaml model:=quality

The file has the arguments of ``fusion.launch.py`` that one rig has and the others do not:

    front: {rgb_topic: color/image_raw, calibration: ~/front.yaml}
    rear: {thermal_topic: /lepton/image_raw, model: realtime}
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.logging import get_logger

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.ros import launch_arguments as read
from fusion_perception.ros.fusion_arguments import fusion_arguments
from fusion_perception.ros.launch_arguments import Argument, LaunchArgumentError
from fusion_perception.ros.rigs import OF_ONE_RIG, arguments_of_rigs, read_rigs
from launch import LaunchContext, LaunchDescription

PACKAGE = "fusion_perception"
FILE = Path(__file__).resolve()
ONE_RIG = FILE.with_name("fusion.launch.py")

OF_A_RIG = fusion_arguments(FILE.parents[1] / "config" / "params.yaml")
RIGS = Argument(
    "rigs",
    "front,rear",
    "Names of the rigs with commas between them, or a YAML file with a mapping of arguments for each name; a name is "
    "the namespace, and the hardware_id too. All other arguments are for every rig whose file has none of its own.",
    read_rigs,
)
ARGUMENTS = [RIGS, *(argument for argument in OF_A_RIG if argument.name not in OF_ONE_RIG)]


def generate_launch_description() -> LaunchDescription:
    """Return the description; ``ros2 launch fusion_perception multi_rig.launch.py --show-args`` explains it."""
    declared = [
        DeclareLaunchArgument(argument.name, default_value=argument.default, description=argument.description)
        for argument in ARGUMENTS
    ]
    return LaunchDescription([GroupAction([*declared, OpaqueFunction(function=_start)], scoped=True)])


def _start(context: LaunchContext) -> list[Any]:
    """Include the launch file of one rig for each, when all arguments of all of them can be used."""
    alone = read.started_alone(sys.argv, FILE, PACKAGE)
    logger = get_logger(PACKAGE)
    if alone:
        for sentence in read.unknown_arguments(context.argv, [argument.name for argument in ARGUMENTS]):
            logger.warning(sentence)
    try:
        rigs = _rigs(context.launch_configurations)
    except FusionPerceptionError as error:
        if alone:
            raise
        logger.error(f"nothing of fusion_perception is started: {error}")
        return []
    return [
        # A scope of its own: the arguments of one rig must not reach the next.
        GroupAction(
            [
                IncludeLaunchDescription(
                    PythonLaunchDescriptionSource(str(ONE_RIG)), launch_arguments=list(values.items())
                )
            ],
            scoped=True,
        )
        for values in rigs.values()
    ]


def _rigs(configurations: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the arguments of each rig.

    Raises:
        LaunchArgumentError: something cannot be used.
    """
    try:
        rigs = RIGS.read(configurations[RIGS.name])
    except ValueError as error:
        raise LaunchArgumentError(f"rigs:={configurations[RIGS.name]!r} cannot be used: {error}") from None
    shared = {argument.name: configurations[argument.name] for argument in ARGUMENTS if argument is not RIGS}
    return arguments_of_rigs(rigs, OF_A_RIG, shared)
