# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal and RGB pairs from a rosbag2 bag (mcap or sqlite), without a ROS installation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError, ImageError, require
from fusion_perception.ros.conversion import rgb_from_message, thermal_from_message
from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.types import Frame, FramePair

_MAX_WAIT_NS = 2_000_000_000  # of bag time: recorders write late streams late
_IMAGE_TYPE = "sensor_msgs/msg/Image"
_THERMAL_NAME = re.compile(r"(^|[/_])(thermal|ir|lwir|infrared|infra|boson|lepton|flir|seek|optris)\d*([/_]|$)", re.I)
_OWN_NAME = re.compile(r"(^|/)fusion/")  # results of an earlier run in the same bag


def is_bag(path: Path) -> bool:
    """Whether a path looks like a rosbag2 bag: a folder with metadata.yaml, or an mcap or db3 file."""
    if path.is_dir():
        return (path / "metadata.yaml").is_file()
    return path.is_file() and path.suffix in {".mcap", ".db3"}


class BagSource:
    """The image pairs of a bag, matched by their stamps.

    Args:
        path: bag folder, or an mcap or db3 file.
        thermal_topic: topic of the thermal images; empty takes the one whose name says so.
        rgb_topic: topic of the RGB images; empty takes the other one.

    Raises:
        DataError: not a bag, or the two topics cannot be told.
        BackendError: ``rosbags`` is not installed.
    """

    def __init__(self, path: Path, thermal_topic: str = "", rgb_topic: str = "") -> None:
        self._path = path
        self._anyreader = require("rosbags.highlevel", "reading bags").AnyReader
        with self._open() as reader:
            topics = sorted({item.topic for item in reader.connections if item.msgtype == _IMAGE_TYPE})
        self.thermal_topic, self.rgb_topic = choose_topics(topics, thermal_topic, rgb_topic, str(path))

    def __iter__(self) -> Iterator[FramePair]:
        matcher = PairMatcher(SyncSettings(window=120, max_wait_ns=_MAX_WAIT_NS, allow_missing=False))
        with self._open() as reader:
            wanted = [item for item in reader.connections if item.topic in {self.thermal_topic, self.rgb_topic}]
            for connection, time_ns, raw in reader.messages(connections=wanted):
                sensor = "thermal" if connection.topic == self.thermal_topic else "rgb"
                try:
                    message = reader.deserialize(raw, connection.msgtype)
                    frame = _frame(message, sensor)
                except ImageError as error:
                    raise DataError(f"{self._path}, topic {connection.topic}: {error}") from error
                except Exception as error:  # rosbags raises what its parser stumbled over
                    raise DataError(
                        f"{self._path}, topic {connection.topic}: a message cannot be read ({error}); check the bag "
                        "with 'ros2 bag info'"
                    ) from error
                yield from matcher.add(sensor, frame, time_ns)
        yield from matcher.finish()

    def _open(self) -> Any:
        from rosbags.typesys import Stores, get_typestore

        try:
            # The default types serve bags that do not carry their message definitions.
            reader = self._anyreader([self._path], default_typestore=get_typestore(Stores.ROS2_JAZZY))
            return _Opened(reader, self._path)
        except Exception as error:
            raise DataError(f"{self._path} cannot be opened as a bag ({error})") from error


class _Opened:
    """Context manager that turns whatever the bag reader raises on opening into a DataError."""

    def __init__(self, reader: Any, path: Path) -> None:
        self._reader = reader
        self._path = path

    def __enter__(self) -> Any:
        try:
            self._reader.open()
        except Exception as error:
            raise DataError(f"{self._path} cannot be opened as a bag ({error})") from error
        return self._reader

    def __exit__(self, *_: object) -> None:
        self._reader.close()


def choose_topics(topics: list[str], thermal: str, rgb: str, source: str) -> tuple[str, str]:
    """Tell the thermal from the RGB topic.

    Args:
        topics: image topics of the bag.
        thermal: the user's choice, or empty.
        rgb: the user's choice, or empty.
        source: name of the bag for messages.

    Raises:
        DataError: a chosen topic does not exist, or the choice is not clear.
    """
    for chosen in (thermal, rgb):
        if chosen and chosen not in topics:
            raise DataError(f"{source} has no image topic '{chosen}'; it has: {', '.join(topics) or 'none'}")
    candidates = [topic for topic in topics if not _OWN_NAME.search(topic)]
    hot = [thermal] if thermal else [topic for topic in candidates if _THERMAL_NAME.search(topic) and topic != rgb]
    cold = [rgb] if rgb else [topic for topic in candidates if topic not in hot]
    if len(hot) != 1 or len(cold) != 1:
        raise DataError(
            f"{source}: cannot tell the thermal from the RGB topic among: {', '.join(topics) or 'no image topics'}; "
            "set bag_thermal_topic and bag_rgb_topic"
        )
    return hot[0], cold[0]


def _frame(message: Any, sensor: str) -> Frame:
    stamp = message.header.stamp
    image = thermal_from_message(message) if sensor == "thermal" else rgb_from_message(message)
    return Frame(image, stamp.sec * 1_000_000_000 + stamp.nanosec, message.header.frame_id)
