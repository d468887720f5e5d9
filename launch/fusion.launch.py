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

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.ros import launch_arguments as read
from fusion_perception.ros.launch_arguments import Argument
from fusion_perception.ros.launch_packages import find_executable
from fusion_perception.ros.launch_prefix import signals_held_back
from fusion_perception.ros.transport import use_image_transport
from launch import LaunchContext, LaunchDescription

PACKAGE = "fusion_perception"
FILE = Path(__file__).resolve()
CONFIG = FILE.parents[1] / "config"
TO_FILE = "empty leaves it to params_file"

ARGUMENTS = [
    Argument("rgb_topic", "rgb/image_raw", "Topic of the RGB images.", read.topic),
    Argument(
        "rgb_info_topic",
        "",
        "Topic of the RGB camera's calibration; empty: camera_info beside rgb_topic.",
        read.optional(read.topic),
    ),
    Argument("thermal_topic", "thermal/image_raw", "Topic of the thermal images.", read.topic),
    Argument(
        "thermal_info_topic",
        "",
        "Topic of the thermal camera's calibration; empty: camera_info beside thermal_topic.",
        read.optional(read.topic),
    ),
    Argument(
        "image_transport",
        "",
        f"What both cameras send: raw, compressed or compressedDepth; {TO_FILE}.",
        read.optional(read.one_of("raw", "compressed", "compressedDepth")),
    ),
    Argument("namespace", "", "Namespace of all nodes and relative topics.", read.namespace),
    Argument("params_file", str(CONFIG / "params.yaml"), "Parameters of the nodes.", read.existing_file),
    Argument(
        "calibration",
        "",
        "File that 'fusion-perception calibrate' wrote; its parameters go before those of params_file; empty: none.",
        read.optional(read.existing_file),
    ),
    Argument("model", "", f"Name of a shipped model or path of a model file; {TO_FILE}."),
    Argument("backend", "", f"What runs the model; {TO_FILE}."),
    Argument("hardware_id", "", f"Name of the camera rig in /diagnostics; {TO_FILE}."),
    Argument(
        "autostart",
        "",
        f"Configure and activate at once; false waits for lifecycle transitions; {TO_FILE}.",
        read.optional(read.switch),
    ),
    Argument(
        "use_sim_time",
        "",
        f"Take time from /clock, which a bag started here then publishes; {TO_FILE}.",
        read.optional(read.switch),
    ),
    Argument(
        "log_level",
        "info",
        "Least severity that is logged: debug, info, warn, error or fatal.",
        read.log_level,
    ),
    Argument(
        "build_only",
        "false",
        "Build the model's TensorRT or TensorRT-RTX plans for this robot, say what was built, and end (status 0, or 1 "
        "and the reason): true or false.",
        read.switch,
    ),
    Argument("respawn", "false", "Start fusion_node again whenever it ends: true or false.", read.switch),
    Argument("respawn_delay", "2.0", "Seconds before it is started again.", read.number(0)),
    Argument(
        "shutdown",
        "auto",
        "What ends with fusion_node: 'auto' what this file has started (so a launch of nothing else ends); 'true' the "
        "whole launch, whatever includes this file; 'false' nothing.",
        read.auto_or_switch,
    ),
    Argument("bag", "", "Bag to play with 'ros2 bag play'; empty plays none.", read.optional(read.existing_path)),
    Argument("bag_rate", "1.0", "Speed of the bag.", read.number(0.01)),
    Argument("bag_loop", "false", "Start the bag again at its end: true or false.", read.switch),
    Argument(
        "replay",
        "",
        "Source of replay_node: 'synthetic', a folder with vi/ and ir/, a bag; empty starts none.",
        read.optional(read.source),
    ),
    Argument("replay_rate", "10.0", "Pairs a second of replay_node.", read.number(0.01, 1000)),
    Argument("rviz", "false", "Show the results in rviz2: true or false.", read.switch),
]


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
    # The package's own nodes select the profile by themselves.
    profile: dict[str, str] = dict(os.environ)
    use_image_transport(profile)
    environment = {name: value for name, value in profile.items() if name not in os.environ}
    if values["bag"]:
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
