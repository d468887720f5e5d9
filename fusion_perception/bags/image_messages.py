# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which messages of a bag are images, and how they are deserialized, without ROS."""

from __future__ import annotations

import functools
from dataclasses import fields
from typing import Any

from fusion_perception.bags import bag_limits
from fusion_perception.bags.storage import CDR, ROS1, ZSTD_MAGIC, StoredMessage
from fusion_perception.errors import DataError, ImageError, require

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
VIDEO = "ffmpeg_image_transport_msgs/msg/FFMPEGPacket"
"""Type of the packets of ffmpeg_image_transport."""

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


@functools.cache
def ros1_typestore() -> Any:
    """Return the types of messages of ROS 1.

    Raises:
        BackendError: the package ``rosbags`` is not installed.
    """
    types = require("rosbags.typesys", "reading bags")
    store = types.get_typestore(types.Stores.ROS1_NOETIC)
    store.register(types.get_types_from_msg("geometry_msgs/TransformStamped[] transforms\n", "tf2_msgs/msg/TFMessage"))
    return store


def deserialize(data: bytes, message_type: str, serialization: str = CDR) -> Any:
    """Return a message of its bytes, compressed or not; its arrays may be views of them.

    Args:
        data: the bytes.
        message_type: as ROS 2 names it.
        serialization: ``CDR`` or ``ROS1``; a message of ROS 1 becomes one of ROS 2.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        if serialization == ROS1:
            return _as_ros2(ros1_typestore().deserialize_ros1(data, message_type))
        return typestore().deserialize_cdr(_unpacked(data), message_type)
    except DataError as error:
        raise ImageError(str(error)) from error
    except Exception as error:  # rosbags raises what its parser stumbled over
        raise ImageError(f"it cannot be read ({type(error).__name__}: {error})") from error


def message_of(stored: StoredMessage) -> Any:
    """Return a message of a bag.

    Raises:
        ImageError: it cannot be read.
    """
    return deserialize(stored.data, stored.message_type, stored.serialization)


def cdr_of(stored: StoredMessage) -> bytes:
    """Return a message of a bag as ROS 2 serializes it.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        if stored.serialization == CDR:
            return _unpacked(stored.data)
        message = message_of(stored)
        return bytes(typestore().serialize_cdr(message, stored.message_type))
    except ImageError:
        raise
    except Exception as error:  # rosbags and zstd raise what they stumbled over
        raise ImageError(f"it cannot be written ({type(error).__name__}: {error})") from error


def is_known(message_type: str, serialization: str = CDR) -> bool:
    """Whether messages of a type can be read, and written as messages of ROS 2."""
    known = message_type in typestore().types
    return known and (serialization != ROS1 or message_type in ros1_typestore().types)


def _unpacked(data: bytes) -> bytes:
    """Return the bytes of a message of a bag whose messages are compressed one by one; no CDR begins like these."""
    if not data.startswith(ZSTD_MAGIC):
        return data
    return bag_limits.unpack(data, bag_limits.MOST_BYTES, bag_limits.decompressor("zstd"))


def _as_ros2(value: Any) -> Any:
    """Return a message of ROS 1 as one of ROS 2: without ``seq``, with names of fields in small letters."""
    if isinstance(value, list):
        return [_as_ros2(item) for item in value]
    kind = getattr(value, "__msgtype__", None)
    if kind is None:
        return value
    target = typestore().types[kind]
    mine = {field.name.lower(): field.name for field in fields(value)}
    return target(*(_as_ros2(getattr(value, mine[field.name.lower()])) for field in fields(target)))


def stamp_ns(message: Any) -> int:
    """Return the stamp of a message with a header; 0 is an empty one."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
