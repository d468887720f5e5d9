# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo for images of another size than the camera's, and as a camera to calculate with."""

from __future__ import annotations

from typing import Any

from fusion_perception.preprocess.camera_model import CameraModel

_LARGEST = 2**32 - 1  # that a size or an offset of the message can be


def scaled_camera_info(info: Any, size: tuple[int, ...]) -> Any:
    """Fit a ``sensor_msgs/CameraInfo`` to an image size, in place.

    Size, K and P of the message describe the full sensor; its image is the region of interest, if one is set,
    divided by the binning. A calibration whose image has the given size stays as it is. For any other size the
    image was resized after the camera, and the whole sensor is scaled alike: size, region of interest, K and P;
    binning and distortion stay. If a size or an offset does not fit into the message then, what the camera says of
    its sensor is nonsense: only the size is filled in, and K is 0, which means uncalibrated.

    Args:
        info: the calibration; one without a size (uncalibrated) only gets the new size.
        size: (height, width) of the image it shall describe.

    Returns:
        The same message.
    """
    height, width = size[:2]
    roi, bin_y, bin_x = info.roi, max(info.binning_y, 1), max(info.binning_x, 1)
    cropped = bool(roi.height and roi.width)
    area = roi if cropped else info
    expected = area.height // bin_y, area.width // bin_x
    if expected == (height, width):
        return info
    sy, sx = (height / expected[0], width / expected[1]) if all(expected) else (1.0, 1.0)
    sensor = round(info.height * sy), round(info.width * sx)
    offset = round(roi.y_offset * sy), round(roi.x_offset * sx)
    image = height * bin_y, width * bin_x
    if max(*sensor, *offset, *image) > _LARGEST:
        return _uncalibrated(info, size)
    if all(expected):
        # K = [fx 0 cx; 0 fy cy; 0 0 1] and P = [fx' 0 cx' Tx; 0 fy' cy' Ty; 0 0 1 0], both row by row.
        for index, scale in ((0, sx), (2, sx), (4, sy), (5, sy)):
            info.k[index] *= scale
        for index, scale in ((0, sx), (2, sx), (3, sx), (5, sy), (6, sy), (7, sy)):
            info.p[index] *= scale
        roi.y_offset, roi.x_offset = offset
        info.height, info.width = sensor
    area.height, area.width = image
    return info


def _uncalibrated(info: Any, size: tuple[int, ...]) -> Any:
    info.height, info.width = size[:2]
    info.binning_y = info.binning_x = 0
    roi = info.roi
    roi.y_offset = roi.x_offset = roi.height = roi.width = 0
    info.k[:] = [0.0] * 9
    info.p[:] = [0.0] * 12
    return info


def camera_model(info: Any, *, rectified: bool = False) -> CameraModel:
    """Return the camera that a ``sensor_msgs/CameraInfo`` describes, with its region of interest and binning.

    Args:
        info: the calibration.
        rectified: its images are rectified already: P holds then, and no distortion.

    Raises:
        ValueError: it is uncalibrated, or its numbers are those of no camera.
    """
    k = [float(value) for value in info.k]
    if rectified:
        p = [float(value) for value in info.p]
        k = [*p[0:3], *p[4:7], *p[8:11]]
    if not k[0]:
        raise ValueError("it is uncalibrated: " + ("P" if rectified else "K") + " is 0")
    roi, bin_y, bin_x = info.roi, max(info.binning_y, 1), max(info.binning_x, 1)
    area = roi if roi.height and roi.width else info
    # Pixel areas are aligned: the first binned pixel covers the first bin_x ones of the sensor.
    k[0], k[2] = k[0] / bin_x, (k[2] - roi.x_offset + 0.5) / bin_x - 0.5
    k[4], k[5] = k[4] / bin_y, (k[5] - roi.y_offset + 0.5) / bin_y - 0.5
    k[1] /= bin_x
    distortion = () if rectified else tuple(float(value) for value in info.d)
    return CameraModel(
        (area.height // bin_y, area.width // bin_x),
        tuple(k),
        distortion,
        str(info.distortion_model) if distortion else "",
    )
