# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Stand-ins with the fields of ROS messages, so that conversion is tested without ROS."""

import array
from types import SimpleNamespace

import numpy as np


def header(stamp_ns=0, frame_id="camera"):
    stamp = SimpleNamespace(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return SimpleNamespace(stamp=stamp, frame_id=frame_id)


def image_message(image, encoding, padding=0, big_endian=False, **changes):
    """A sensor_msgs/Image with the given pixels; ``padding`` bytes follow every row."""
    image = np.asarray(image)
    if big_endian:
        image = image.astype(image.dtype.newbyteorder(">"))
    rows = np.ascontiguousarray(image).view(np.uint8).reshape(image.shape[0], -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=123)
    fields = {
        "header": header(),
        "height": image.shape[0],
        "width": image.shape[1],
        "encoding": encoding,
        "is_bigendian": int(big_endian),
        "step": rows.shape[1],
        "data": array.array("B", rows.tobytes()),
    }
    return SimpleNamespace(**{**fields, **changes})
