# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The arguments of the launch files: of one rig, and what several rigs have in common. Needs neither ROS nor launch."""

from __future__ import annotations

from pathlib import Path

from fusion_perception.ros import launch_arguments as read
from fusion_perception.ros.launch_arguments import Argument

TO_FILE = "empty leaves it to params_file"


def fusion_arguments(params_file: Path) -> list[Argument]:
    """Return the arguments of ``fusion.launch.py``.

    Args:
        params_file: default of the argument of that name.
    """
    return [
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
        Argument("params_file", str(params_file), "Parameters of the nodes.", read.existing_file),
        Argument(
            "calibration",
            "",
            "File that 'fusion-perception calibrate' wrote; its parameters go before those of params_file; "
            "empty: none.",
            read.optional(read.parameter_file),
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
            "Build the model's TensorRT or TensorRT-RTX plans for this robot, say what was built, and end (status 0, "
            "or 1 and the reason): true or false.",
            read.switch,
        ),
        Argument("respawn", "false", "Start fusion_node again whenever it ends: true or false.", read.switch),
        Argument("respawn_delay", "2.0", "Seconds before it is started again.", read.number(0)),
        Argument(
            "shutdown",
            "auto",
            "What ends with fusion_node: 'auto' what this file has started (so a launch of nothing else ends); 'true' "
            "the whole launch, whatever includes this file; 'false' nothing.",
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
        Argument(
            "republish_compressed",
            "false",
            "Send the raw camera images as JPEG too, on /compressed beside each, for viewers over a network "
            "(image_transport does it, while somebody listens; the results have their own): true or false.",
            read.switch,
        ),
        Argument("rviz", "false", "Show the results in rviz2: true or false.", read.switch),
    ]
