# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Start fusion_node and, if asked for, something that feeds it and rviz2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable, Shutdown
from launch_ros.actions import Node

from fusion_perception.ros.transport import use_image_transport
from launch import LaunchContext, LaunchDescription

PACKAGE = "fusion_perception"
CONFIG = Path(__file__).resolve().parents[1] / "config"
SWITCH = ["true", "false"]

ARGUMENTS: list[tuple[str, str, str, list[str] | None]] = [
    ("rgb_topic", "rgb/image_raw", "Topic of the RGB images.", None),
    ("rgb_info_topic", "rgb/camera_info", "Topic of the RGB camera's calibration.", None),
    ("thermal_topic", "thermal/image_raw", "Topic of the thermal images.", None),
    ("namespace", "", "Namespace of all nodes and relative topics.", None),
    ("params_file", str(CONFIG / "params.yaml"), "Parameters of the nodes.", None),
    ("model", "", "Name of a shipped model or path of a model file; empty leaves it to params_file.", None),
    ("backend", "", "What runs the model; empty leaves it to params_file.", None),
    ("autostart", "true", "Configure and activate at once; false waits for lifecycle transitions.", SWITCH),
    ("use_sim_time", "false", "Take time from /clock; a bag started here then publishes it.", SWITCH),
    ("log_level", "info", "Least severity that is logged.", ["debug", "info", "warn", "error", "fatal"]),
    ("bag", "", "Bag to play with 'ros2 bag play'; empty plays none.", None),
    ("bag_rate", "1.0", "Speed of the bag.", None),
    ("bag_loop", "false", "Start the bag again at its end.", SWITCH),
    ("replay", "", "Source of replay_node: 'synthetic', a folder with vi/ and ir/, a bag; empty starts none.", None),
    ("replay_rate", "10.0", "Pairs a second of replay_node.", None),
    ("rviz", "false", "Show the results in rviz2.", SWITCH),
]
"""Name, default, description and choices of every launch argument."""


def generate_launch_description() -> LaunchDescription:
    """Return the description; ``ros2 launch fusion_perception fusion.launch.py --show-args`` explains it."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description, choices=choices)
        for name, default, description, choices in ARGUMENTS
    ]
    return LaunchDescription([*declared, *_image_transport(), OpaqueFunction(function=_start)])


def _image_transport() -> list[SetEnvironmentVariable]:
    """Give every process started here, the bag player above all, the shared memory that images need."""
    environment = dict(os.environ)
    use_image_transport(environment)
    return [SetEnvironmentVariable(name, value) for name, value in environment.items() if name not in os.environ]


def _start(context: LaunchContext) -> list[Any]:
    """Make the actions, now that the arguments have values."""
    values: dict[str, str] = {name: context.launch_configurations[name] for name, *_ in ARGUMENTS}
    sim_time = values["use_sim_time"] == "true"
    common: dict[str, Any] = {
        "package": PACKAGE,
        "namespace": values["namespace"],
        "output": "screen",
        "emulate_tty": True,
        "remappings": [
            ("thermal/image_raw", values["thermal_topic"]),
            ("rgb/image_raw", values["rgb_topic"]),
            ("rgb/camera_info", values["rgb_info_topic"]),
        ],
        "ros_arguments": ["--log-level", values["log_level"]],
    }
    chosen: dict[str, Any] = {name: values[name] for name in ("model", "backend") if values[name]}
    chosen |= {"autostart": values["autostart"] == "true", "use_sim_time": sim_time}
    actions: list[Any] = [
        Node(
            executable="fusion_node",
            name="fusion_node",
            parameters=[values["params_file"], chosen],
            on_exit=Shutdown(reason="fusion_node has ended"),
            **common,
        )
    ]
    if values["replay"]:
        replayed = {"source": values["replay"], "rate": float(values["replay_rate"]), "loop": True}
        actions.append(
            Node(executable="replay_node", name="replay_node", parameters=[values["params_file"], replayed], **common)
        )
    if values["bag"]:
        command = ["ros2", "bag", "play", values["bag"], "--rate", values["bag_rate"]]
        command += ["--loop"] * (values["bag_loop"] == "true") + ["--clock"] * sim_time
        actions.append(ExecuteProcess(cmd=command, output="screen"))
    if values["rviz"] == "true":
        view = ["-d", str(CONFIG / "fusion.rviz")]
        actions.append(
            Node(
                package="rviz2",
                executable="rviz2",
                namespace=values["namespace"],
                arguments=view,
                parameters=[{"use_sim_time": sim_time}],
            )
        )
    return actions
