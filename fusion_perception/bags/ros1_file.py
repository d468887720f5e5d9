# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One bag of ROS 1, by its index where that can be trusted, else by a look at all of it; cut and damaged ones too."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from fusion_perception.bags.ros1_records import (
    BAG_HEADER,
    CHUNK,
    CHUNK_INFO,
    CONNECTION,
    MESSAGE,
    Chunk,
    Record,
    chunk_of,
    connection_of,
    inner_records,
    read_content,
    record_at,
    unpack_chunk,
    walk,
)
from fusion_perception.bags.storage import (
    ROS1,
    ROS1_MAGIC,
    StoredMessage,
    StoredTopic,
    merge_by_time,
    most_at_once,
)
from fusion_perception.errors import DataError
from fusion_perception.text import printable

_VERSION = b"2.0"
_NOTED = 20  # damaged places that are told one by one
_NO_INDEX = "it has no index (the recorder was killed, or the file is cut off): read as far as it goes"
_COUNT = struct.Struct("<II")


class Ros1File:
    """A bag of ROS 1 in format 2.0; see ``Storage``.

    Args:
        path: the file.

    Raises:
        DataError: it is none, of another format or encrypted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: list[str] = []
        self.ordered = True
        self._connections: dict[int, tuple[str, str]] = {}
        self._chunks: list[Chunk] = []
        self._counts: Counter[int] = Counter()
        with path.open("rb") as file:
            self._size = file.seek(0, 2)
            start = self._check_magic(file)
            header = record_at(file, start)
            if header is not None and header.kind == BAG_HEADER:
                if encryptor := header.fields.get(b"encryptor"):
                    name = printable(encryptor.decode(errors="replace"), 60)
                    raise DataError(f"{path} is encrypted by {name}; decrypt it by 'rosbag decrypt' of ROS 1")
                start = header.end
            else:
                header = None
            if header is None or not self._read_index(file, header):
                self._scan(file, start)
        self._chunks.sort(key=lambda chunk: chunk.offset)
        spans = [chunk for chunk in self._chunks if chunk.connections]
        self.start_ns = min((chunk.start_ns for chunk in spans), default=0)
        self.end_ns = max((chunk.end_ns for chunk in spans), default=0)
        self.topics = self._stored_topics()

    def messages(self, topics: Collection[str], open_bytes: int) -> Iterator[StoredMessage]:
        """Yield the messages of some topics: in the order of their times, if no more has to be open for that."""
        wanted = {number for number, (topic, _) in self._connections.items() if topic in topics}
        chunks = [chunk for chunk in self._chunks if chunk.connections & wanted]
        with self.path.open("rb") as file:
            self.ordered = most_at_once((c.start_ns, c.end_ns, c.size) for c in chunks) <= open_bytes
            if not self.ordered:
                for chunk in chunks:
                    yield from self._chunk_messages(file, chunk, wanted)
                return
            sources: list[tuple[int, Callable[[], Iterator[StoredMessage]]]] = [
                (chunk.start_ns, partial(self._chunk_messages, file, chunk, wanted)) for chunk in chunks
            ]
            yield from merge_by_time(sources)

    # Finding out what is in it ---------------------------------------------------------------------------------

    def _check_magic(self, file: BinaryIO) -> int:
        """Return where the records begin."""
        file.seek(0)
        line = file.read(len(ROS1_MAGIC) + 16).partition(b"\n")[0]
        version = line[len(ROS1_MAGIC) :]
        if not line.startswith(ROS1_MAGIC) or version != _VERSION:
            raise DataError(
                f"{self.path} is a bag of ROS 1 in format '{printable(version.decode(errors='replace'), 16)}'; "
                "allowed: 2.0, as rosbag has written it since 2010: make one of it by 'rosbag migrate' of ROS 1"
            )
        return len(line) + 1

    def _read_index(self, file: BinaryIO, header: Record) -> bool:
        """Read the index at the end; False where there is none, or it does not fit the file."""
        try:
            start, chunks, connections = (header.number(name) for name in (b"index_pos", b"chunk_count", b"conn_count"))
            if not header.end <= start <= self._size:
                return False
            infos = 0
            for record in walk(file, start):
                if record.kind == CONNECTION:
                    self._note_connection(file, record)
                elif record.kind == CHUNK_INFO:
                    infos += 1
                    self._note_chunk(file, record)
        except DataError:
            infos = -1
        if infos != chunks or len(self._connections) != connections or (chunks and not self._chunks):
            self._connections.clear()
            self._chunks.clear()
            self._counts.clear()
            self.damage.clear()
            return False
        return True

    def _note_connection(self, file: BinaryIO, record: Record) -> None:
        number, topic, kind = connection_of(file, record)
        self._connections.setdefault(number, (topic, kind))

    def _note_chunk(self, file: BinaryIO, info: Record) -> None:
        """Take in a chunk of the index, if it is where the index says."""
        content = read_content(file, info)
        counts = list(_COUNT.iter_unpack(content[: len(content) // _COUNT.size * _COUNT.size]))
        place = info.number(b"chunk_pos")
        record = record_at(file, place)
        if record is None or record.kind != CHUNK or record.end > self._size or not record.length:
            self._note(f"a chunk is not where the index says, at byte {place}: its messages are left out")
            return
        self._counts.update(dict(counts))
        self._chunks.append(
            replace(
                chunk_of(record, self._size),
                start_ns=info.time_ns(b"start_time"),
                end_ns=info.time_ns(b"end_time"),
                connections=frozenset(number for number, count in counts if count),
            )
        )

    def _scan(self, file: BinaryIO, start: int) -> None:
        """Look through the whole file, because it has no index that can be trusted."""
        self.damage.append(_NO_INDEX)
        end = start
        for record in walk(file, start):
            end = record.end
            try:
                if record.kind == CONNECTION:
                    self._note_connection(file, record)
                elif record.kind == CHUNK:
                    chunk = chunk_of(record, self._size)
                    end = chunk.offset + chunk.length
                    self._look_into(file, chunk)
                    if chunk.cut:
                        break
            except DataError as error:
                self._note(f"{error}, at byte {record.offset}")
        if end != self._size:
            self.damage.append("it ends in the middle of a record, or its records make no sense from some place on")

    def _look_into(self, file: BinaryIO, chunk: Chunk) -> None:
        unpacked = unpack_chunk(file, chunk)
        inside = BytesIO(unpacked)
        counts: Counter[int] = Counter()
        times: list[int] = []
        for record in inner_records(unpacked):
            if record.kind == CONNECTION:
                self._note_connection(inside, record)
            elif record.kind == MESSAGE:
                counts[record.number(b"conn")] += 1
                times.append(record.time_ns(b"time"))
        if counts:
            self._counts.update(counts)
            self._chunks.append(
                replace(
                    chunk,
                    size=len(unpacked),
                    start_ns=min(times),
                    end_ns=max(times),
                    connections=frozenset(counts),
                )
            )

    def _stored_topics(self) -> tuple[StoredTopic, ...]:
        """Return the topics; several connections may have the same one."""
        found: dict[str, StoredTopic] = {}
        for number, (topic, kind) in sorted(self._connections.items()):
            before = found.get(topic, StoredTopic(topic, kind, 0, ROS1))
            found[topic] = replace(before, messages=before.messages + self._counts[number])
        return tuple(found.values())

    def _note(self, sentence: str) -> None:
        if len(self.damage) < _NOTED:
            self.damage.append(sentence)
        elif len(self.damage) == _NOTED:
            self.damage.append("and so on")

    # Reading ---------------------------------------------------------------------------------------------------

    def _chunk_messages(self, file: BinaryIO, chunk: Chunk, wanted: Collection[int]) -> Iterator[StoredMessage]:
        """Yield the messages of a chunk in the order of their times, none outside of what the chunk claims."""
        found: list[tuple[int, int, int, int]] = []
        try:
            unpacked = unpack_chunk(file, chunk)
            for record in inner_records(unpacked):
                if record.kind == MESSAGE and (number := record.number(b"conn")) in wanted:
                    # What lies about its time must not keep the chunk open longer than was reckoned with.
                    time_ns = min(max(record.time_ns(b"time"), chunk.start_ns), chunk.end_ns)
                    found.append((time_ns, record.offset, record.end, number))
        except DataError as error:
            self._note(f"{error}, at byte {chunk.offset}: messages of its chunk are left out")
        for time_ns, start, end, number in sorted(found):
            topic, kind = self._connections[number]
            yield StoredMessage(time_ns, topic, kind, unpacked[start:end], ROS1)
