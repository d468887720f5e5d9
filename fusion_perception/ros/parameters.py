# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of ``fusion_node``, from which they are declared, checked and documented.

Nothing here imports ROS, so that documentation and tests can read the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusion_perception.engine import BACKENDS
from fusion_perception.engine.metadata import METHODS
from fusion_perception.health import FAULTS
from fusion_perception.preprocess import GAIN_MODES, IDENTITY
from fusion_perception.preprocess.fill_missing import FILL_SHARE
from fusion_perception.ros.camera_topics import TRANSPORTS
from fusion_perception.ros.parameter_spec import ON_CONFIGURE, ParameterSpec
from fusion_perception.sync import OFFSET_LIMIT_NS, WAIT_LIMIT_NS

_MILLISECOND = 1e6  # ns


FUSION_PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        "model", "realtime", "Name of a shipped model, or path of an ONNX model file or plan.", applies=ON_CONFIGURE
    ),
    ParameterSpec("backend", "auto", "What runs the model.", choices=BACKENDS, applies=ON_CONFIGURE),
    ParameterSpec(
        "engine.threads", 0, "CPU threads of one inference; 0 lets the backend choose.", (0, 256), applies=ON_CONFIGURE
    ),
    ParameterSpec("engine.device_id", 0, "Number of the GPU.", (0, 63), applies=ON_CONFIGURE),
    ParameterSpec(
        "engine.cuda_graph",
        False,
        "Record the run as a CUDA graph with backend 'onnxruntime-cuda', and replay it; TensorRT and torch always do.",
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "engine.build",
        False,
        "Build a missing TensorRT plan, which takes minutes, with backend 'tensorrt'; 'auto' never does "
        "(see 'fusion-perception build'). Plans of 'tensorrt-rtx' take about a second and are built unasked.",
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "engine.compile",
        True,
        "With backend 'torch-cuda' compile the networks in the background, which makes them faster once that is done; "
        "false runs them as they are.",
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "engine.allow_fallback",
        True,
        "Run on the CPU, with a warning, when the GPU asked for cannot be used; false makes that an error "
        "(with 'auto' only where there is a CUDA device, or TensorRT or an ONNX Runtime with CUDA is installed).",
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "autostart", True, "Configure and activate at start; false leaves that to a lifecycle manager.", read_only=True
    ),
    ParameterSpec(
        "build_only",
        False,
        "Build the TensorRT or TensorRT-RTX plans of the model, say what was built, and end: with status 0, or with 1 "
        "and the reason.",
        read_only=True,
    ),
    ParameterSpec(
        "lazy",
        True,
        "Run the engine only while somebody listens to a result; false runs it always.",
    ),
    ParameterSpec(
        "sync.tolerance_ms",
        0.0,
        "Largest stamp difference of a pair in milliseconds; 0 follows the cameras' periods.",
        (0.0, 10000.0),
    ),
    ParameterSpec("sync.window", 30, "Frames of each camera that may wait for a partner.", (2, 1000)),
    ParameterSpec(
        "sync.max_wait_ms",
        500.0,
        "How long in milliseconds a frame may wait for a partner that arrives later.",
        (1.0, WAIT_LIMIT_NS / _MILLISECOND),
    ),
    ParameterSpec(
        "sync.thermal_offset_ms",
        0.0,
        "Added to thermal stamps before pairing, in milliseconds, for a constant delay that is known.",
        (-OFFSET_LIMIT_NS / _MILLISECOND, OFFSET_LIMIT_NS / _MILLISECOND),
    ),
    ParameterSpec(
        "sync.allow_missing", True, "Give results from one camera alone while the other one is silent or unfit."
    ),
    ParameterSpec(
        "sync.missing_after_ms",
        1000.0,
        "Silence, or time with bad stamps, in milliseconds after which a camera counts as down.",
        (10.0, 1e6),
    ),
    ParameterSpec(
        "image_transport",
        "raw",
        "How the images of both cameras come; a topic that ends in /compressed or /compressedDepth needs no setting.",
        choices=TRANSPORTS,
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "health.missing_when",
        "frozen, black",
        f"With which faults of its pictures a camera counts as missing: any of {', '.join(FAULTS)}, or nothing.",
    ),
    ParameterSpec(
        "health.after_ms",
        700.0,
        "How long in milliseconds a fault of the pictures lasts before it is told.",
        (100.0, 60000.0),
    ),
    ParameterSpec(
        "thermal.gain",
        "percentile",
        "How 16-bit and float thermal images become 8 bit: follow the scene, or keep a fixed range.",
        choices=GAIN_MODES,
    ),
    ParameterSpec("thermal.low_percentile", 0.5, "Percent of pixels below black (percentile gain).", (0.0, 100.0)),
    ParameterSpec("thermal.high_percentile", 99.5, "Percent of pixels below white (percentile gain).", (0.0, 100.0)),
    ParameterSpec(
        "thermal.smoothing",
        0.9,
        "Share of the last frame's range that stays; 0 follows at once, as a jump of the level always is.",
        (0.0, 0.999),
    ),
    ParameterSpec(
        "thermal.range_min", 0.0, "Raw value shown as black (fixed gain), in the camera's unit.", (-1e9, 1e9)
    ),
    ParameterSpec(
        "thermal.range_max", 65535.0, "Raw value shown as white (fixed gain), in the camera's unit.", (-1e9, 1e9)
    ),
    ParameterSpec(
        "thermal.fill_share",
        FILL_SHARE,
        "Share of a float thermal image that may be NaN or infinite and is filled from its neighbours; "
        "an image with more is skipped.",
        (0.0, 0.5),
    ),
    ParameterSpec(
        "registration.homography",
        IDENTITY,
        "Nine numbers, row by row: thermal pixel to RGB pixel; the identity stretches one view onto the other.",
    ),
    ParameterSpec(
        "registration.mode",
        "homography",
        "What lays thermal onto RGB: registration.homography, or the CameraInfo of both cameras with their extrinsics.",
        choices=("homography", "camera_info"),
    ),
    ParameterSpec(
        "registration.distance_m",
        20.0,
        "Distance in metres at which both views meet (camera_info); what is nearer or farther is seen beside itself.",
        (0.05, 100000.0),
    ),
    ParameterSpec(
        "registration.extrinsics",
        (0.0,) * 6,
        "Pose of the thermal camera in the RGB camera's optical frame: x, y, z in m, roll, pitch, yaw in rad "
        "(camera_info).",
    ),
    ParameterSpec(
        "registration.extrinsics_from",
        "parameters",
        "Where that pose comes from: registration.extrinsics, or static transforms between the frames of both "
        "CameraInfo.",
        choices=("parameters", "tf"),
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "registration.watch_period_s",
        5.0,
        "Seconds between two looks at whether thermal still lies on RGB; 0 never looks.",
        (0.0, 3600.0),
    ),
    ParameterSpec(
        "registration.drift_share",
        0.015,
        "Displacement from which on the alignment counts as lost, as a part of the RGB image's width.",
        (0.0, 0.2),
    ),
    ParameterSpec(
        "attribution.enabled", True, "Compute the attribution while somebody listens to it; false never does."
    ),
    ParameterSpec(
        "attribution.max_rate", 0.0, "Most attributions a second, to spare the device; 0 sets no limit.", (0.0, 1000.0)
    ),
    ParameterSpec(
        "attribution.method",
        "auto",
        "How the model's attribution is made; the model file decides, and another method than asked for is an error.",
        choices=("auto", *METHODS),
        applies=ON_CONFIGURE,
    ),
    ParameterSpec(
        "contribution.period_s",
        1.0,
        "Seconds between two looks at what each sensor contributes, which cost an attribution (of Shapley values); "
        "0 looks only at those that somebody listens to.",
        (0.0, 3600.0),
    ),
    ParameterSpec(
        "contribution.least_share",
        0.05,
        "Part of the evidence for the objects (or the whole picture, if there are none) below which a sensor is told.",
        (0.0, 0.5),
    ),
    ParameterSpec(
        "contribution.hold_s",
        3.0,
        "How long in seconds a sensor contributes nothing before it is told.",
        (0.0, 3600.0),
    ),
    ParameterSpec("overlay.alpha", 0.5, "Opacity of the class colours in the overlay.", (0.0, 1.0)),
    ParameterSpec("compressed.jpeg_quality", 90, "Quality of the results that are sent as JPEG.", (1, 100)),
    ParameterSpec("hardware_id", "", "Name of the rig in the diagnostics; empty gives fusion_perception."),
    ParameterSpec(
        "diagnostics.period_s", 1.0, "Seconds between two diagnostics messages.", (0.05, 60.0), applies=ON_CONFIGURE
    ),
)
"""Parameters of ``fusion_node``."""


def not_yet_applied(configured: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of ``fusion_node`` that were set but wait for the next configuring: name -> what to do.

    Args:
        configured: values that the node was configured with; empty while it is not configured.
        values: values now.
    """
    advice = "it is read on configure, so deactivate, clean up, configure and activate the node to let it take effect"
    changed = (item.name for item in FUSION_PARAMETERS if item.applies == ON_CONFIGURE and item.name in configured)
    return {name: advice for name in changed if values[name] != configured[name]}
