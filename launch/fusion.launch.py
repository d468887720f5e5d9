# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Start fusion_node and, if asked for, something that feeds it and rviz2.

Other launch files may include this one, several times too: it sets nothing outside itself, ends only what it has
started, and starts nothing at all when an argument cannot be used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, GroupAction, OpaqueFunction, Shutdown
from launch.events.process import ShutdownProcess
from launch.logging import get_logger
from launch_ros.actions import Node

from fusion_perception.bags.bag_files import why_not_played
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.ros import launch_arguments as read
from fusion_perception.ros.fusion_arguments import fusion_arguments
from fusion_perception.ros.launch_packages import find_executable
from fusion_perception.ros.launch_prefix import signals_held_back
from fusion_perception.ros.republishing import republish_parameters
from fusion_perception.ros.transport import use_image_transport
from launch import LaunchContext, LaunchDescription

PACKAGE = "fusion_perception"
FILE = Path(__file__).resolve()
CONFIG = FILE.parents[1] / "config"
ARGUMENTS = fusion_arguments(CONFIG / "params.yaml")


def generate_launch_description() -> LaunchDescription:
    """Return the description; ``ros2 launch fusion_perception fusion.launch.py --show-args`` explains it."""
    declared = [
        DeclareLaunchArgument(argument.name, default_value=argument.default, description=argument.description)
        for argument in ARGUMENTS
    ]
    # The scope keeps the defaults of this file from files that are included after it.
    return LaunchDescription([GroupAction([*declared, OpaqueFunction(function=_start)], scoped=True)])


def _start(context: LaunchContext) -> list[Any]:
    """Make the actions, now that the arguments have values."""
    alone = read.started_alone(sys.argv, FILE, PACKAGE)
    logger = get_logger(PACKAGE)
    if alone:
        for sentence in read.unknown_arguments(context.argv, [argument.name for argument in ARGUMENTS]):
            logger.warning(sentence)
    try:
        values = read.read_arguments(ARGUMENTS, context.launch_configurations)
        own_prefix = "launch-prefix" not in context.launch_configurations
        return _actions(values, logger, own_prefix=own_prefix, alone=alone)
    except FusionPerceptionError as error:
        if alone:
            raise  # launch then ends with an exit status that says so
        # An exception would end what includes this file, and leave behind what it has started just now.
        logger.error(f"nothing of fusion_perception is started: {error}")
        return []


def _actions(values: dict[str, Any], logger: Any, *, own_prefix: bool, alone: bool) -> list[Any]:
    """Make the actions; checks first that they can be executed, because launch cleans up badly after one that fails.

    Args:
        values: the typed arguments.
        logger: where warnings go.
        own_prefix: whether the package's nodes may be started through a command of ours; the user's own, such as a
            debugger, comes first.
        alone: whether this launch is of this file, and its exit status that of a build.

    Raises:
        FusionPerceptionError: something that was asked for is not installed.
    """
    find_executable(PACKAGE, "fusion_node", "build it with colcon and source install/setup.bash")
    sim_time = {} if values["use_sim_time"] is None else {"use_sim_time": values["use_sim_time"]}
    common: dict[str, Any] = {
        "package": PACKAGE,
        "namespace": values["namespace"],
        "output": "screen",
        "emulate_tty": True,
        "remappings": [
            (relative, values[name])
            for relative, name in (
                ("thermal/image_raw", "thermal_topic"),
                ("thermal/camera_info", "thermal_info_topic"),
                ("rgb/image_raw", "rgb_topic"),
                ("rgb/camera_info", "rgb_info_topic"),
            )
            if values[name]
        ],
        "ros_arguments": ["--log-level", values["log_level"]],
    }
    if own_prefix and signals_held_back():
        common["prefix"] = signals_held_back()
    companions = _companions(values, sim_time, common, logger)
    names = ("model", "backend", "hardware_id", "image_transport", "autostart")
    chosen = {name: values[name] for name in names if values[name] not in (None, "")} | sim_time
    chosen |= {"build_only": True} if values["build_only"] else {}
    node = Node(
        executable="fusion_node",
        name="fusion_node",
        exec_name="fusion_node",  # in launch's messages; by default the first word of the prefix
        # launch_ros refuses an empty dictionary in some releases
        parameters=[values["params_file"], *filter(None, (values["calibration"], chosen))],
        respawn=values["respawn"],
        respawn_delay=values["respawn_delay"],
        on_exit=_after_building(values, alone=alone) if values["build_only"] else _at_the_end(values, companions),
        **common,
    )
    return [node, *companions]


def _after_building(values: dict[str, Any], *, alone: bool) -> Any:
    """Return what hears that fusion_node has ended, and how."""

    def ended(event: Any, context: Any) -> list[Any]:
        if event.returncode and alone:  # launch ends with a status that says so, for those who provision by script
            raise FusionPerceptionError("not everything was built; fusion_node says why, above")
        return [Shutdown(reason="fusion_node has built")] if values["shutdown"] else []

    return ended


def _at_the_end(values: dict[str, Any], companions: list[Any]) -> list[Any] | None:
    """Return what happens when fusion_node has ended."""
    if values["respawn"] or values["shutdown"] is False:
        return None  # an empty list makes launch fail when the process ends
    if values["shutdown"]:
        return [Shutdown(reason="fusion_node has ended")]
    return [EmitEvent(event=ShutdownProcess(process_matcher=lambda action: action in companions))]


def _companions(
    values: dict[str, Any], sim_time: dict[str, bool], common: dict[str, Any], logger: Any
) -> list[ExecuteProcess]:
    """Make what runs beside fusion_node."""
    actions: list[ExecuteProcess] = []
    if values["replay"]:
        replayed = {"source": values["replay"], "rate": values["replay_rate"], "loop": True}
        actions.append(
            Node(
                executable="replay_node",
                name="replay_node",
                exec_name="replay_node",
                parameters=[values["params_file"], replayed],
                **common,
            )
        )
    actions += _republishers(values, common, logger)
    # The package's own nodes select the profile by themselves.
    profile: dict[str, str] = dict(os.environ)
    use_image_transport(profile)
    environment = {name: value for name, value in profile.items() if name not in os.environ}
    if values["bag"]:
        if reason := why_not_played(Path(values["bag"])):
            raise DataError(
                f"bag:='{values['bag']}' {reason}, so that 'ros2 bag play' cannot play it; replay:= instead of bag:= "
                "plays all that docs/bags.md and docs/folders.md name"
            )
        find_executable("ros2bag", None, "apt install ros-<distro>-ros2bag, or play it with replay:= instead of bag:=")
        command = ["ros2", "bag", "play", values["bag"], "--rate", f"{values['bag_rate']:g}"]
        command += ["--loop"] * values["bag_loop"] + ["--clock"] * sim_time.get("use_sim_time", False)
        actions.append(ExecuteProcess(cmd=command, output="screen", additional_env=environment))
    if values["rviz"]:
        try:
            find_executable("rviz2", "rviz2", "apt install ros-<distro>-rviz2")
        except FusionPerceptionError as error:
            logger.warning(f"going on without rviz: {error}")
        else:
            actions.append(
                Node(
                    package="rviz2",
                    executable="rviz2",
                    namespace=values["namespace"],
                    arguments=["-d", str(CONFIG / "fusion.rviz")],
                    parameters=[sim_time] if sim_time else [],
                    additional_env=environment,
                )
            )
    return actions


def _republishers(values: dict[str, Any], common: dict[str, Any], logger: Any) -> list[Any]:
    """Make what sends the camera images a second time, as JPEG, if asked for."""
    if not values["republish_compressed"]:
        return []
    for program, package in (("republish", "image_transport"), (None, "compressed_image_transport")):
        try:
            find_executable(package, program, f"apt install ros-<distro>-{package.replace('_', '-')}")
        except FusionPerceptionError as error:
            logger.warning(f"going on without compressed camera images: {error}")
            return []
    quiet = {name: value for name, value in common.items() if name not in ("package", "prefix", "remappings")}
    return [
        Node(
            package="image_transport",
            executable="republish",
            name=f"republish_{sensor}",
            arguments=["raw", "compressed"],  # until Iron; later releases read the parameters
            parameters=[republish_parameters(values[f"{sensor}_topic"], values["namespace"])],
            remappings=[
                ("in", values[f"{sensor}_topic"]),
                ("out", values[f"{sensor}_topic"]),
                ("out/compressed", f"{values[f'{sensor}_topic']}/compressed"),
            ],
            **quiet,
        )
        for sensor in ("thermal", "rgb")
    ]
