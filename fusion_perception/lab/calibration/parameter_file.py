# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What was found in the forms that ROS takes: parameters of the node, and the calibration of a camera."""

from __future__ import annotations

from collections.abc import Sequence

DIGITS = 10
"""Digits behind the point; the last two numbers act on pixels, so that this is far below a pixel for any camera."""


def numbers(values: Sequence[float]) -> str:
    """Return numbers as a list in which every number has a decimal point, as ROS and YAML want it."""
    return "[" + ", ".join(_number(value) for value in values) + "]"


def parameter_file(homography: Sequence[float], remarks: Sequence[str] = ()) -> str:
    """Return a file of parameters of fusion_node, in any namespace.

    Args:
        homography: nine numbers, row by row.
        remarks: lines of comment.
    """
    head = "".join(f"# {remark}\n" for remark in remarks)
    return (
        f"{head}/**/fusion_node:\n  ros__parameters:\n    registration.mode: homography\n"
        f"    registration.homography: {numbers(homography)}\n"
    )


def board_parameter_file(extrinsics: Sequence[float], distance_m: float, remarks: Sequence[str] = ()) -> str:
    """Return a file of parameters of fusion_node that takes the CameraInfo of both cameras.

    Args:
        extrinsics: x, y, z in m and roll, pitch, yaw in rad of the thermal camera in the RGB camera's optical frame.
        distance_m: at which both views meet.
        remarks: lines of comment.
    """
    head = "".join(f"# {remark}\n" for remark in remarks)
    return (
        f"{head}/**/fusion_node:\n  ros__parameters:\n    registration.mode: camera_info\n"
        f"    registration.distance_m: {_number(distance_m)}\n"
        f"    registration.extrinsics: {numbers(extrinsics)}\n    registration.extrinsics_from: parameters\n"
    )


def camera_file(
    name: str, size: tuple[int, int], matrix: Sequence[float], distortion: Sequence[float], model: str = "plumb_bob"
) -> str:
    """Return the calibration of a camera in the form that camera drivers read (camera_calibration_parsers).

    Args:
        name: of the camera.
        size: (height, width) in pixels.
        matrix: nine numbers of K, row by row.
        distortion: coefficients.
        model: of the distortion.
    """
    k = [float(value) for value in matrix]
    projection = [*k[0:3], 0.0, *k[3:6], 0.0, *k[6:9], 0.0]
    blocks = (
        ("camera_matrix", 3, 3, k),
        ("distortion_coefficients", 1, len(distortion), distortion),
        ("rectification_matrix", 3, 3, (1, 0, 0, 0, 1, 0, 0, 0, 1)),
        ("projection_matrix", 3, 4, projection),
    )
    text = f"image_width: {size[1]}\nimage_height: {size[0]}\ncamera_name: {name}\ndistortion_model: {model}\n"
    for title, rows, columns, values in blocks:
        text += f"{title}:\n  rows: {rows}\n  cols: {columns}\n  data: {numbers(values)}\n"
    return text


def _number(value: float) -> str:
    whole, _, part = f"{value:.{DIGITS}f}".partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"
