# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of ``replay_node``; nothing here imports ROS."""

from __future__ import annotations

from fusion_perception.demo.replay.frozen_camera import SENSORS
from fusion_perception.ros.parameter_spec import ParameterSpec

REPLAY_PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        "source",
        "synthetic",
        "'synthetic', a folder of pairs (docs/folders.md), or a bag (of ROS 2 or ROS 1, folder or file).",
        read_only=True,
    ),
    ParameterSpec("rate", 10.0, "Pairs a second.", (0.01, 1000.0), read_only=True),
    ParameterSpec("frames", 0, "Pairs to publish; 0 plays the whole source.", (0, 2**31 - 1), read_only=True),
    ParameterSpec("loop", False, "Start again at the end of the source.", read_only=True),
    ParameterSpec(
        "thermal_offset_ms",
        0.0,
        "How much later than RGB the thermal camera exposes, in ms.",
        (-1e4, 1e4),
        read_only=True,
    ),
    ParameterSpec(
        "jitter_ms", 0.0, "Standard deviation of each camera's exposure time in ms.", (0.0, 1e3), read_only=True
    ),
    ParameterSpec(
        "drop_probability", 0.0, "Probability that a frame of either camera is lost.", (0.0, 1.0), read_only=True
    ),
    ParameterSpec(
        "freeze",
        "none",
        "Camera whose picture stands still for a while, under new stamps.",
        choices=("none", *SENSORS),
        read_only=True,
    ),
    ParameterSpec("freeze_from", 0, "Number of the pair whose picture stays.", (0, 2**31 - 1), read_only=True),
    ParameterSpec("freeze_pairs", 0, "Pairs that show it; 0: all that come.", (0, 2**31 - 1), read_only=True),
    ParameterSpec("seed", 0, "Seed of jitter, drops and synthetic scenes.", (0, 2**31 - 1), read_only=True),
    ParameterSpec(
        "wait_for_subscribers",
        0,
        "Subscribers that both topics need before the first frame; 0 starts at once.",
        (0, 100),
        read_only=True,
    ),
    ParameterSpec(
        "wait_timeout_s",
        60.0,
        "Longest wait for subscribers in seconds, from when the source is ready.",
        (0.0, 1e4),
        read_only=True,
    ),
    ParameterSpec(
        "look_ahead", 100, "Most pairs decoded in advance, so that playing is even.", (1, 10000), read_only=True
    ),
    ParameterSpec(
        "look_ahead_mb",
        512,
        "Most megabytes of pixels decoded in advance, however many pairs that is; at least one pair.",
        (1, 1_000_000),
        read_only=True,
    ),
    ParameterSpec(
        "split",
        "",
        "Of a folder: a split, or text file with the names to play; empty plays all, of split folders the test one.",
        read_only=True,
    ),
    ParameterSpec(
        "bag_thermal_topic",
        "",
        "Thermal topic of a bag; empty finds it by look and name, 'none' leaves that camera out.",
        read_only=True,
    ),
    ParameterSpec(
        "bag_rgb_topic",
        "",
        "RGB topic of a bag; empty finds it by look and name, 'none' leaves that camera out.",
        read_only=True,
    ),
    ParameterSpec(
        "bag_thermal_offset_ms",
        "auto",
        "Milliseconds added to thermal stamps of a bag, as text ('-120'); 'auto' finds out whether the clocks differ.",
        read_only=True,
    ),
    ParameterSpec("rgb_frame_id", "rgb_optical_frame", "frame_id of the RGB images.", read_only=True),
    ParameterSpec("thermal_frame_id", "thermal_optical_frame", "frame_id of the thermal images.", read_only=True),
)
"""Parameters of ``replay_node``."""
