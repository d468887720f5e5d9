# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal and RGB pairs from a rosbag2 bag (mcap or sqlite), without a ROS installation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fusion_perception.demo.replay.bag_limits import limit_decompression
from fusion_perception.demo.replay.pair_buffer import frame_bytes
from fusion_perception.errors import DataError, ImageError, require
from fusion_perception.ros.conversion import is_compressed, rgb_from_message, thermal_from_message
from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.types import Frame, FramePair

_MAX_WAIT_NS = 2_000_000_000  # of bag time: recorders write late streams late
_WINDOW, _WINDOW_BYTES = 120, 512_000_000  # frames of each camera that wait for a partner, and bytes of both cameras
_HOPELESS = 20  # images in a row from the first on that cannot be used: no other one will be better
_IMAGE_TYPES = {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"}
_THERMAL_NAME = re.compile(r"(^|[/_])(thermal|ir|lwir|infrared|infra|boson|lepton|flir|seek|optris)\d*([/_]|$)", re.I)
_OWN_NAME = re.compile(r"(^|/)fusion/")  # results of an earlier run in the same bag


def is_bag(path: Path) -> bool:
    """Whether a path looks like a rosbag2 bag: a folder with metadata.yaml, or an mcap or db3 file."""
    if path.is_dir():
        return (path / "metadata.yaml").is_file()
    return path.is_file() and path.suffix in {".mcap", ".db3"}


class BagSource:
    """The image pairs of a bag, matched by their stamps.

    A message that cannot be used is left out and told; only a topic without a single usable image ends it. Where a
    camera left its stamps empty, the times at which the recorder got the images stand for the stamps of both.

    Args:
        path: bag folder, or an mcap or db3 file.
        thermal_topic: topic of the thermal images; empty takes the one whose name says so.
        rgb_topic: topic of the RGB images; empty takes the other one.
        warn: gets a sentence about what is wrong with the bag, while it is read.

    Raises:
        DataError: not a bag, or the two topics cannot be told.
        BackendError: ``rosbags`` is not installed.
    """

    def __init__(
        self, path: Path, thermal_topic: str = "", rgb_topic: str = "", warn: Callable[[str], object] = print
    ) -> None:
        self._path = path
        self._warn = warn
        self._anyreader = require("rosbags.highlevel", "reading bags").AnyReader
        limit_decompression()
        with self._open() as reader:
            topics = sorted({item.topic for item in reader.connections if item.msgtype in _IMAGE_TYPES})
        self.thermal_topic, self.rgb_topic = choose_topics(topics, thermal_topic, rgb_topic, str(path))

    def __iter__(self) -> Iterator[FramePair]:
        sensors = {self.thermal_topic: "thermal", self.rgb_topic: "rgb"}
        with self._open() as reader:
            topics = {sensor: _Topic(f"{self._path}, topic {topic}", sensor) for topic, sensor in sensors.items()}
            wanted = [item for item in reader.connections if item.topic in sensors]
            first = {topic: self._first(reader, [item for item in wanted if item.topic == topic]) for topic in sensors}
            by_receipt = self._lack_stamps(first)
            window = _window(max((_pixels(message) for message in first.values()), default=0))
            settings = SyncSettings(window=window, max_wait_ns=_MAX_WAIT_NS, allow_missing=False)
            matcher = PairMatcher(settings)
            for connection, time_ns, raw in self._messages(reader, wanted):
                topic = topics[sensors[connection.topic]]
                frame = topic.read(reader, connection.msgtype, raw, time_ns if by_receipt else None)
                if frame is None:
                    continue
                if _window(frame_bytes(frame)) < matcher.settings.window:  # images have become larger
                    matcher.apply(replace(settings, window=_window(frame_bytes(frame))))
                yield from matcher.add(topic.sensor, frame, time_ns)
        yield from matcher.finish()
        for topic in topics.values():
            if trouble := topic.trouble():
                self._warn(trouble)

    def _first(self, reader: Any, connections: Sequence[Any]) -> Any:
        """Return the first message of a topic; None when there is none, or it cannot be read."""
        for connection, _, raw in self._messages(reader, connections):
            try:
                return reader.deserialize(raw, connection.msgtype)
            except Exception:  # it will be told when its turn comes
                return None
        return None

    def _lack_stamps(self, first: Mapping[str, Any]) -> bool:
        """Whether a camera leaves its stamps empty, by its first image; says so."""
        for topic, message in first.items():
            if message is not None and not (message.header.stamp.sec or message.header.stamp.nanosec):
                self._warn(
                    f"{self._path}, topic {topic}: the images have no stamp; the times at which they were recorded "
                    "stand for the stamps of both cameras"
                )
                return True
        return False

    def _messages(self, reader: Any, connections: Sequence[Any]) -> Iterator[tuple[Any, int, bytes]]:
        """Yield the messages of some topics in the order of their times.

        Raises:
            DataError: the bag cannot be read on.
        """
        try:
            yield from reader.messages(connections=connections)
        except Exception as error:  # rosbags raises what its parser stumbled over
            raise DataError(f"{self._path} cannot be read on ({error}); check the bag with 'ros2 bag info'") from error

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
    candidates = [topic for topic in topics if not _OWN_NAME.search(topic) and not _is_copy(topic, topics)]
    hot = [thermal] if thermal else [topic for topic in candidates if _THERMAL_NAME.search(topic) and topic != rgb]
    cold = [rgb] if rgb else [topic for topic in candidates if topic not in hot]
    if len(hot) != 1 or len(cold) != 1:
        raise DataError(
            f"{source}: cannot tell the thermal from the RGB topic among: {', '.join(topics) or 'no image topics'}; "
            "set bag_thermal_topic and bag_rgb_topic"
        )
    return hot[0], cold[0]


def _is_copy(topic: str, topics: Sequence[str]) -> bool:
    """Whether a topic has the images of another one, compressed; raw ones are preferred, then ``/compressed``."""
    base, _, transport = topic.rpartition("/")
    better = {"compressed": [base], "compressedDepth": [base, f"{base}/compressed"]}.get(transport, [])
    return any(other in topics for other in better)


class _Topic:
    """Reads the images of one camera, and remembers what was wrong with some.

    Args:
        name: bag and topic, for messages.
        sensor: ``"thermal"`` or ``"rgb"``.
    """

    def __init__(self, name: str, sensor: str) -> None:
        self.sensor = sensor
        self._name = name
        self._good = self._bad = 0
        self._reason = ""

    def read(self, reader: Any, message_type: str, raw: bytes, received_ns: int | None) -> Frame | None:
        """Return the frame of a serialized image, or None when it cannot be used.

        Args:
            reader: of rosbags.
            message_type: type of the message.
            raw: the message.
            received_ns: what stands for the stamp, or None for the image's own.

        Raises:
            DataError: so many in a row cannot be used that none will.
        """
        try:
            message = reader.deserialize(raw, message_type)
            image = thermal_from_message(message) if self.sensor == "thermal" else rgb_from_message(message)
            stamp = message.header.stamp
            stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec if received_ns is None else received_ns
            if not stamp_ns:
                raise ImageError("its stamp is empty")
        except ImageError as error:
            self._reason = self._reason or str(error)
        except Exception as error:  # rosbags raises what its parser stumbled over
            self._reason = self._reason or f"it cannot be read ({type(error).__name__}: {error})"
        else:
            self._good += 1
            return Frame(image, stamp_ns, message.header.frame_id)
        self._bad += 1
        if not self._good and self._bad >= _HOPELESS:
            self._give_up()
        return None

    def trouble(self) -> str:
        """Return a sentence about the images that were left out; empty when all were used.

        Raises:
            DataError: none could be used.
        """
        if self._bad and not self._good:
            self._give_up()
        if not self._bad:
            return ""
        return f"{self._name}: left out {self._bad} of {self._good + self._bad} images; the first: {self._reason}"

    def _give_up(self) -> None:
        raise DataError(f"{self._name}: none of {self._bad} images can be used; the first: {self._reason}")


def _pixels(message: Any) -> int:
    """Return how many bytes an image takes, at most, when it is decoded; 0 for none."""
    if message is None:
        return 0
    if is_compressed(message):
        try:
            return int(rgb_from_message(message).size)
        except ImageError:  # it will be told when its turn comes
            return 0
    return max(3 * int(message.height) * int(message.width), len(message.data))


def _window(frame_bytes: int) -> int:
    """Return how many frames of each camera may wait for a partner."""
    return max(2, min(_WINDOW, _WINDOW_BYTES // (2 * max(1, frame_bytes))))
