# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Writes bags: mcap files that ROS 2, rviz2 and Foxglove read, and the metadata.yaml beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.bag_files import METADATA
from fusion_perception.bags.image_messages import COMPRESSED, IMAGE, typestore
from fusion_perception.errors import ImageError, require
from fusion_perception.files.atomic_file import write_text

_VERSION = 8  # of metadata.yaml: the oldest layout that says all there is to say; every ROS 2 from Humble on reads it
_CHUNK_BYTES = 1 << 20

# Who comes late still gets these: else 'ros2 bag play' would offer them to nobody who asks for that.
_FOREVER = "{sec: 9223372036, nsec: 854775807}"
_LATCHED = {
    "/tf_static": "- history: 3\n  depth: 0\n  reliability: 1\n  durability: 1\n"
    f"  deadline: {_FOREVER}\n  lifespan: {_FOREVER}\n  liveliness: 1\n"
    f"  liveliness_lease_duration: {_FOREVER}\n  avoid_ros_namespace_conventions: false\n"
}


@dataclass(frozen=True)
class FileSummary:
    """What was written to one file.

    Attributes:
        name: of the file.
        start_ns: time of the first message; 0 when there is none.
        end_ns: time of the last message.
        counts: messages of each topic.
    """

    name: str
    start_ns: int
    end_ns: int
    counts: dict[str, int]


class McapWriter:
    """Writes messages into an mcap file, in chunks that are compressed by lz4.

    The same messages give the same bytes.

    Args:
        path: the file.
        topics: topic -> type of its messages, in the order in which they get their numbers.
        remarks: texts that the file carries along.

    Raises:
        BackendError: a package that writes bags is not installed.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, topics: Mapping[str, str], remarks: Mapping[str, str] | None = None) -> None:
        writer = require("mcap.writer", "writing bags")
        store = typestore()
        self._path = path
        self._counts: Counter[str] = Counter()
        self._start_ns: int | None = None
        self._end_ns = 0
        self._file: BinaryIO = path.open("wb")
        try:
            self._writer: Any = writer.Writer(
                self._file, chunk_size=_CHUNK_BYTES, compression=writer.CompressionType.LZ4
            )
            self._writer.start(profile="ros2", library="fusion_perception")
            schemas = {
                kind: self._writer.register_schema(
                    kind, "ros2msg", store.generate_msgdef(kind, ros_version=2)[0].encode()
                )
                for kind in dict.fromkeys(topics.values())
            }
            self._channels = {
                topic: self._writer.register_channel(
                    topic, "cdr", schemas[kind], {"offered_qos_profiles": _LATCHED.get(topic, "")}
                )
                for topic, kind in topics.items()
            }
            if remarks:
                self._writer.add_metadata("fusion_perception", dict(remarks))
        except BaseException:
            self._file.close()
            raise

    def write(self, topic: str, time_ns: int, data: bytes) -> None:
        """Write a serialized message.

        Args:
            topic: one of those given at the start.
            time_ns: its time in the bag.
            data: the message.
        """
        self._writer.add_message(self._channels[topic], time_ns, data, time_ns, self._counts[topic])
        self._counts[topic] += 1
        self._start_ns = time_ns if self._start_ns is None else min(self._start_ns, time_ns)
        self._end_ns = max(self._end_ns, time_ns)

    def summary(self) -> FileSummary:
        """Return what was written so far."""
        counts = {topic: self._counts[topic] for topic in self._channels}
        return FileSummary(self._path.name, self._start_ns or 0, self._end_ns, counts)

    def close(self) -> None:
        """Complete the file."""
        try:
            self._writer.finish()
        finally:
            self._file.close()

    def __enter__(self) -> McapWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file, or leave it as it is when the block failed."""
        if kind is None:
            self.close()
        else:
            self._file.close()


def image_bytes(image: NDArray[Any], encoding: str, stamp_ns: int, frame_id: str) -> bytes:
    """Return a serialized ``sensor_msgs/Image``.

    Args:
        image: (H, W) or (H, W, C), of the type that the encoding says.
        encoding: for example ``rgb8``.
        stamp_ns: its stamp.
        frame_id: of the camera.
    """
    types = typestore().types
    image = np.ascontiguousarray(image)
    message = types[IMAGE](
        _header(stamp_ns, frame_id),
        image.shape[0],
        image.shape[1],
        encoding,
        0,
        image.strides[0],
        image.reshape(-1).view(np.uint8),
    )
    return bytes(typestore().serialize_cdr(message, IMAGE))


def compressed_bytes(image: NDArray[Any], stamp_ns: int, frame_id: str, *, quality: int = 90) -> bytes:
    """Return a serialized ``sensor_msgs/CompressedImage``: JPEG of (H, W, 3) RGB, PNG of anything else.

    Raises:
        ImageError: the image cannot be compressed.
    """
    import cv2

    if image.ndim == 3:
        done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        description = "rgb8; jpeg compressed bgr8"
    else:
        done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        name = "mono16" if image.dtype == np.uint16 else "mono8"
        description = f"{name}; png compressed {name}"
    if not done:
        raise ImageError(f"an image of shape {image.shape} and dtype {image.dtype} cannot be compressed")
    message = typestore().types[COMPRESSED](_header(stamp_ns, frame_id), description, data.reshape(-1))
    return bytes(typestore().serialize_cdr(message, COMPRESSED))


def write_metadata(folder: Path, topics: Mapping[str, str], files: Sequence[FileSummary]) -> None:
    """Write the metadata.yaml of a bag, so that ``ros2 bag`` plays its files one after the other.

    Args:
        folder: where the files are.
        topics: topic -> type of its messages.
        files: what was written, in order.

    Raises:
        DataError: it cannot be written.
    """
    store = typestore()
    spans = [item for item in files if sum(item.counts.values())]
    start = min((item.start_ns for item in spans), default=0)
    end = max((item.end_ns for item in spans), default=0)
    document = {
        "rosbag2_bagfile_information": {
            "version": _VERSION,
            "storage_identifier": "mcap",
            "duration": {"nanoseconds": end - start},
            "starting_time": {"nanoseconds_since_epoch": start},
            "message_count": sum(sum(item.counts.values()) for item in files),
            "topics_with_message_count": [
                {
                    "topic_metadata": {
                        "name": topic,
                        "type": kind,
                        "serialization_format": "cdr",
                        "offered_qos_profiles": _LATCHED.get(topic, ""),
                        "type_description_hash": store.hash_rihs01(kind),
                    },
                    "message_count": sum(item.counts.get(topic, 0) for item in files),
                }
                for topic, kind in topics.items()
            ],
            "compression_format": "",
            "compression_mode": "",
            "relative_file_paths": [item.name for item in files],
            "files": [
                {
                    "path": item.name,
                    "starting_time": {"nanoseconds_since_epoch": item.start_ns},
                    "duration": {"nanoseconds": item.end_ns - item.start_ns},
                    "message_count": sum(item.counts.values()),
                }
                for item in files
            ],
            "custom_data": None,
            "ros_distro": "",
        }
    }
    yaml: Any = require("ruamel.yaml", "writing bags").YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 4096  # no line breaks inside of values
    yaml.sort_base_mapping_type_on_output = False
    text = StringIO()
    yaml.dump(document, text)
    write_text(folder / METADATA, text.getvalue())


def topics_of(names: Iterable[str]) -> dict[str, str]:
    """Return the types of topics with images: those that end in ``/compressed`` are compressed."""
    return {name: COMPRESSED if name.endswith("/compressed") else IMAGE for name in names}


def _header(stamp_ns: int, frame_id: str) -> Any:
    types = typestore().types
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](seconds, nanoseconds), frame_id)
