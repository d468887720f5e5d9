# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Walks over the records of a bag of ROS 1 or of one of its chunks; it stops where they make no sense any more."""

from __future__ import annotations

import struct
from bz2 import BZ2Decompressor
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NamedTuple

from fusion_perception.bags import bag_limits
from fusion_perception.errors import DataError

MESSAGE, BAG_HEADER, CHUNK, CHUNK_INFO, CONNECTION = 2, 3, 5, 6, 7
"""Kinds of records that matter here; 4 is the index behind each chunk."""

_LENGTH = struct.Struct("<I")
_TIME = struct.Struct("<II")
_RENAMED = {"tf/tfMessage": "tf2_msgs/msg/TFMessage"}
_LARGEST_HEADER = 1_000_000  # bytes; the longest part of one is the name of a topic
_LARGEST_CONTENT = 16_000_000  # of connections and chunk infos: all that is read whole


class Record(NamedTuple):
    """One record: its header, and where its data is."""

    kind: int
    fields: dict[bytes, bytes]
    offset: int
    length: int

    @property
    def end(self) -> int:
        """Offset of what follows."""
        return self.offset + self.length

    def number(self, name: bytes) -> int:
        """Return a whole number of the header.

        Raises:
            DataError: it is not there.
        """
        value = self.fields.get(name, b"")
        if not 0 < len(value) <= 8:
            raise DataError(f"a record of kind {self.kind} says nothing of '{name.decode()}'")
        return int.from_bytes(value, "little")

    def time_ns(self, name: bytes) -> int:
        """Return a time of the header.

        Raises:
            DataError: it is not there.
        """
        value = self.fields.get(name, b"")
        if len(value) != _TIME.size:
            raise DataError(f"a record of kind {self.kind} says nothing of '{name.decode()}'")
        seconds, nanoseconds = _TIME.unpack(value)
        return int(seconds) * 1_000_000_000 + int(nanoseconds)


@dataclass(frozen=True)
class Chunk:
    """Where the data of a chunk is, and what is known of it.

    Attributes:
        offset: of its data.
        length: of its data, packed.
        compression: ``none``, ``bz2`` or ``lz4``, if the file tells the truth.
        size: bytes that it unpacks to.
        start_ns: time of its first message.
        end_ns: time of its last message.
        connections: those that have messages in it.
        cut: the file ends inside it.
    """

    offset: int
    length: int
    compression: str
    size: int
    start_ns: int = 0
    end_ns: int = 0
    connections: frozenset[int] = frozenset()
    cut: bool = False


def record_at(file: BinaryIO, position: int) -> Record | None:
    """Return the record at an offset, whose data may reach beyond the end; None where there is none."""
    file.seek(position)
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    if size > _LARGEST_HEADER:
        return None
    content = file.read(size + _LENGTH.size)
    fields = _fields(content[:size])
    if len(content) < size + _LENGTH.size or fields is None or len(fields.get(b"op", b"")) != 1:
        return None
    (length,) = _LENGTH.unpack(content[size:])
    return Record(fields[b"op"][0], fields, position + 2 * _LENGTH.size + size, length)


def walk(file: BinaryIO, start: int) -> Iterator[Record]:
    """Yield the records from an offset on; the data of the last one may reach beyond the end."""
    position = start
    while (record := record_at(file, position)) is not None:
        yield record
        position = record.end


def read_content(file: BinaryIO, record: Record) -> bytes:
    """Read the data of a small record.

    Raises:
        DataError: it is too large, or not there whole.
    """
    if record.length > _LARGEST_CONTENT:
        raise DataError(f"a record of kind {record.kind} has {record.length} bytes; allowed: {_LARGEST_CONTENT}")
    file.seek(record.offset)
    content = file.read(record.length)
    if len(content) < record.length:
        raise DataError(f"a record of kind {record.kind} is cut off")
    return content


def connection_of(file: BinaryIO, record: Record) -> tuple[int, str, str]:
    """Return number, topic and type of a connection, as ROS 2 writes them.

    Raises:
        DataError: it makes no sense.
    """
    described = _fields(read_content(file, record))
    topic = record.fields.get(b"topic", b"").decode(errors="replace")
    kind = (described or {}).get(b"type", b"").decode(errors="replace")
    if not topic or not kind:
        raise DataError("a connection says neither topic nor type")
    return record.number(b"conn"), "/" + "/".join(filter(None, topic.split("/"))), _RENAMED.get(kind) or _ros2(kind)


def _ros2(kind: str) -> str:
    package, _, name = kind.rpartition("/")
    return f"{package}/msg/{name}" if package and "/" not in package else kind


def chunk_of(record: Record, file_size: int) -> Chunk:
    """Return the chunk that a record is.

    A recorder that is killed has not yet written how long its last chunk is: that one goes to the end of the file.

    Raises:
        DataError: its header makes no sense.
    """
    compression = record.fields.get(b"compression", b"").decode(errors="replace")
    length = record.length or file_size - record.offset
    cut = not record.length or record.end > file_size
    return Chunk(record.offset, length, compression, record.number(b"size"), cut=cut)


def unpack_chunk(file: BinaryIO, chunk: Chunk) -> bytes:
    """Return the records of a chunk, unpacked; of a chunk that is cut off, what is there.

    Raises:
        DataError: it is too large or damaged.
    """
    bag_limits.check_size(max(chunk.length, chunk.size), "a chunk")
    file.seek(chunk.offset)
    packed = file.read(chunk.length)
    if chunk.compression == "none":
        return packed
    maker = BZ2Decompressor if chunk.compression == "bz2" else bag_limits.decompressor(chunk.compression)
    most = bag_limits.MOST_BYTES if chunk.cut else chunk.size
    try:
        return bag_limits.unpack(packed, most, maker, cut=chunk.cut)
    except DataError as error:
        raise DataError(f"a chunk is damaged: {error}") from error
    except Exception as error:  # the libraries of bz2 and lz4 have errors of their own
        raise DataError(f"a chunk is damaged ({error})") from error


def inner_records(unpacked: bytes) -> Iterator[Record]:
    """Yield the whole records of an unpacked chunk."""
    for record in walk(BytesIO(unpacked), 0):
        if record.end <= len(unpacked):
            yield record


def _fields(header: bytes) -> dict[bytes, bytes] | None:
    """Return the fields of a header; None where it makes no sense."""
    found: dict[bytes, bytes] = {}
    position = 0
    while position < len(header):
        if position + _LENGTH.size > len(header):
            return None
        (size,) = _LENGTH.unpack_from(header, position)
        field = header[position + _LENGTH.size : position + _LENGTH.size + size]
        name, equals, value = field.partition(b"=")
        if len(field) < size or not equals:
            return None
        found[name] = value
        position += _LENGTH.size + size
    return found
