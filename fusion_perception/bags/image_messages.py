# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which messages of a bag are images, and how they are deserialized, without ROS."""

from __future__ import annotations

import functools
from typing import Any

from fusion_perception.bags import bag_limits
from fusion_perception.bags.storage import ZSTD_MAGIC
from fusion_perception.errors import DataError, ImageError, require

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
VIDEO = "ffmpeg_image_transport_msgs/msg/FFMPEGPacket"
"""Type of the packets of ffmpeg_image_transport."""

CAMERA_INFO = "sensor_msgs/msg/CameraInfo"

IMAGE_TYPES = frozenset({IMAGE, COMPRESSED, VIDEO})
"""Types of messages that images are made of."""

UNREAD_TYPES = {"theora_image_transport/msg/Packet": "Theora", "foxglove_msgs/msg/CompressedVideo": "Foxglove's video"}
"""Types of messages with images that are not read: what they are called."""

TRANSPORTS = ("compressed", "ffmpeg", "compressedDepth")
"""Last parts of the names of topics that repeat the images of another one; those that come first are preferred."""

# The fields of a packet; its definition is not among the types that rosbags knows.
_VIDEO_FIELDS = """std_msgs/Header header
int32 width
int32 height
string encoding
uint64 pts
uint8 flags
bool is_bigendian
uint8[] data
"""


@functools.cache
def typestore() -> Any:
    """Return the types of messages. Those that a bag brings along are not used: code would be made of them.

    Raises:
        BackendError: the package ``rosbags`` is not installed.
    """
    types = require("rosbags.typesys", "reading bags")
    store = types.get_typestore(types.Stores.ROS2_JAZZY)
    store.register(types.get_types_from_msg(_VIDEO_FIELDS, VIDEO))
    return store


def deserialize(data: bytes, message_type: str) -> Any:
    """Return a message of its bytes, compressed or not; its arrays may be views of them.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        if data.startswith(ZSTD_MAGIC):  # a bag whose messages are compressed one by one; no CDR begins like this
            data = bag_limits.unpack(data, bag_limits.MOST_BYTES, bag_limits.decompressor("zstd"))
        return typestore().deserialize_cdr(data, message_type)
    except DataError as error:
        raise ImageError(str(error)) from error
    except Exception as error:  # rosbags raises what its parser stumbled over
        raise ImageError(f"it cannot be read ({type(error).__name__}: {error})") from error


def stamp_ns(message: Any) -> int:
    """Return the stamp of a message with a header; 0 is an empty one."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
