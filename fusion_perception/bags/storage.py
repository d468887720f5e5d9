# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is in the files of a bag: topics and messages, whatever the files are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

MCAP_MAGIC, SQLITE_MAGIC = b"\x89MCAP0\r\n", b"SQLite format 3\0"
ZSTD_MAGIC, ROS1_MAGIC = b"\x28\xb5\x2f\xfd", b"#ROSBAG V"

CDR, ROS1 = "cdr", "ros1"
"""Serializations of messages: of ROS 2 and of ROS 1."""

SERIALIZATIONS = (CDR, ROS1)
"""Those that are read."""


@dataclass(frozen=True)
class StoredTopic:
    """One topic of a file.

    Attributes:
        name: for example ``/camera/image_raw``.
        message_type: for example ``sensor_msgs/msg/Image``.
        messages: how many there are, as the file says or as was counted.
        serialization: how messages are serialized: ``CDR``, ``ROS1``, or what is not read.
    """

    name: str
    message_type: str
    messages: int
    serialization: str = CDR


class StoredMessage(NamedTuple):
    """One message, as it was recorded.

    Attributes:
        time_ns: when the recorder got it.
        topic: its topic.
        message_type: its type.
        data: the serialized message.
        serialization: ``CDR`` or ``ROS1``.
    """

    time_ns: int
    topic: str
    message_type: str
    data: bytes
    serialization: str = CDR


class Storage(Protocol):
    """One file of a bag. It is opened whenever it is read, and keeps no handle open meanwhile.

    Attributes:
        path: the file.
        topics: what is in it.
        start_ns: time of the earliest message; 0 when there is none.
        end_ns: time of the latest message.
        damage: sentences about what cannot be read of it; they may become more while messages are read.
        ordered: False: the messages come in the order of the file, which may not be that of their times.
    """

    path: Path
    topics: tuple[StoredTopic, ...]
    start_ns: int
    end_ns: int
    damage: list[str]
    ordered: bool

    def messages(self, topics: Collection[str], open_bytes: int) -> Iterator[StoredMessage]:
        """Yield the messages of some topics, as far as they can be read.

        Args:
            topics: names of topics.
            open_bytes: most bytes that may be held at a time.
        """


def merge_by_time(sources: Iterable[tuple[int, Callable[[], Iterator[StoredMessage]]]]) -> Iterator[StoredMessage]:
    """Yield the messages of several sources in the order of their times.

    Args:
        sources: when each begins, and what opens it: that is called when its time has come, and not before.
    """
    waiting = sorted(enumerate(sources), key=lambda item: (item[1][0], item[0]), reverse=True)
    open_sources: list[tuple[int, int, StoredMessage, Iterator[StoredMessage]]] = []
    while waiting or open_sources:
        while waiting and (not open_sources or waiting[-1][1][0] <= open_sources[0][0]):
            number, (_, opened) = waiting.pop()
            messages = opened()
            first = next(messages, None)
            if first is not None:
                heapq.heappush(open_sources, (first.time_ns, number, first, messages))
        if open_sources:
            _, number, message, messages = open_sources[0]
            yield message
            following = next(messages, None)
            if following is None:
                heapq.heappop(open_sources)
            else:
                heapq.heapreplace(open_sources, (following.time_ns, number, following, messages))


def most_at_once(spans: Iterable[tuple[int, int, int]]) -> int:
    """Return the most that is open at one moment.

    Args:
        spans: start, end (included) and size of each.
    """
    events: list[tuple[int, int, int]] = []
    for start, end, size in spans:
        events += ((start, 0, size), (max(start, end), 1, -size))
    most = now = 0
    for _, _, change in sorted(events):
        now += change
        most = max(most, now)
    return most
