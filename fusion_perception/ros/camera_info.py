# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo for images of another size than the camera's."""

from __future__ import annotations

from typing import Any


def scaled_camera_info(info: Any, size: tuple[int, ...]) -> Any:
    """Fit a ``sensor_msgs/CameraInfo`` to an image size, in place.

    The intrinsics in K and P and the region of interest scale with the image; distortion does not.

    Args:
        info: the calibration; one without a size (uncalibrated) only gets the new size.
        size: (height, width) of the image it shall describe.

    Returns:
        The same message.
    """
    height, width = size[:2]
    if info.height and info.width and (info.height, info.width) != (height, width):
        sy, sx = height / info.height, width / info.width
        # K = [fx 0 cx; 0 fy cy; 0 0 1] and P = [fx' 0 cx' Tx; 0 fy' cy' Ty; 0 0 1 0], both row by row.
        for index, scale in ((0, sx), (2, sx), (4, sy), (5, sy)):
            info.k[index] *= scale
        for index, scale in ((0, sx), (2, sx), (3, sx), (5, sy), (6, sy), (7, sy)):
            info.p[index] *= scale
        roi = info.roi
        roi.x_offset, roi.width = round(roi.x_offset * sx), round(roi.width * sx)
        roi.y_offset, roi.height = round(roi.y_offset * sy), round(roi.height * sy)
    info.height, info.width = height, width
    return info
