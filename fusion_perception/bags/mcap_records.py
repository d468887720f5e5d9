# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Walks over the records of an mcap file or chunk; it stops where they make no sense any more."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

from fusion_perception.bags import bag_limits
from fusion_perception.errors import DataError

FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, CHUNK_INDEX, STATISTICS, DATA_END = 2, 3, 4, 5, 6, 8, 11, 15
"""Kinds of records that matter here."""

MESSAGE_HEADER = struct.Struct("<HIQQ")
"""Channel, number, time of recording, time of publication."""

HEAD = struct.Struct("<BQ")
"""Kind and length, before every record."""

_CHUNK_HEADER = struct.Struct("<QQQII")  # start, end, size unpacked, checksum, length of the compression's name
_LARGEST_SCHEMA = 16_000_000  # of schemas, channels, indexes: all that is read whole


class Record(NamedTuple):
    """Where a record is: ``offset`` is that of its content."""

    kind: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        """Offset of what follows."""
        return self.offset + self.length


@dataclass(frozen=True)
class Chunk:
    """Where a chunk is, and what its header says.

    Attributes:
        offset: of its content.
        length: of its content.
        start_ns: time of its first message.
        end_ns: time of its last message.
        size: bytes that it unpacks to.
        channels: those that have messages in it; empty where that is not known.
        cut: the file ends inside it.
    """

    offset: int
    length: int
    start_ns: int
    end_ns: int
    size: int
    channels: frozenset[int] = frozenset()
    cut: bool = False


def walk(file: BinaryIO, start: int, end: int) -> Iterator[Record]:
    """Yield the records between two offsets; the last one may reach beyond the end. Nothing of them is read."""
    position = start
    while position + HEAD.size <= end:
        file.seek(position)
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or not head[0]:
            return
        kind, length = HEAD.unpack(head)
        record = Record(kind, position + HEAD.size, length)
        yield record
        position = record.end


def read_record(file: BinaryIO, record: Record, kind: Any) -> Any:
    """Read a small record.

    Args:
        file: the mcap file.
        record: where it is.
        kind: its class in ``mcap.records``.

    Raises:
        DataError: it is too large, or makes no sense.
    """
    from mcap.data_stream import ReadDataStream

    if record.length > _LARGEST_SCHEMA:
        raise DataError(f"a record of kind {record.kind} has {record.length} bytes; allowed: {_LARGEST_SCHEMA}")
    file.seek(record.offset)
    content = file.read(record.length)
    try:
        return kind.read(ReadDataStream(BytesIO(content)))
    except Exception as error:  # the library raises what its parser stumbled over
        raise DataError(f"a record of kind {record.kind} makes no sense ({type(error).__name__}: {error})") from error


def chunk_at(file: BinaryIO, record: Record, file_size: int) -> Chunk:
    """Read the header of a chunk.

    Raises:
        DataError: it is too short.
    """
    file.seek(record.offset)
    header = file.read(_CHUNK_HEADER.size)
    if record.length < _CHUNK_HEADER.size + 8 or len(header) < _CHUNK_HEADER.size:
        raise DataError("a chunk is shorter than its header")
    start, end, size, _, _ = _CHUNK_HEADER.unpack(header)
    return Chunk(record.offset, record.length, start, end, size, cut=record.end > file_size)


def unpack_chunk(file: BinaryIO, chunk: Chunk) -> bytes:
    """Return the records of a chunk, unpacked and checked; of a chunk that is cut off, what is there.

    Raises:
        DataError: it is too large or damaged.
    """
    bag_limits.check_size(chunk.size, "a chunk")
    if chunk.length > bag_limits.MOST_BYTES:
        raise DataError(f"a chunk has {chunk.length} bytes; allowed: at most {bag_limits.MOST_BYTES}")
    file.seek(chunk.offset)
    content = file.read(chunk.length)
    try:
        _, _, size, checksum, named = _CHUNK_HEADER.unpack_from(content)
        name_end = _CHUNK_HEADER.size + named
        compression = content[_CHUNK_HEADER.size : name_end].decode()
        (packed_size,) = struct.unpack_from("<Q", content, name_end)
    except (struct.error, UnicodeDecodeError) as error:
        raise DataError(f"the header of a chunk makes no sense ({error})") from error
    packed = content[name_end + 8 : name_end + 8 + packed_size]
    if len(packed) < packed_size and not chunk.cut:
        raise DataError("a chunk is shorter than its header says")
    bag_limits.check_size(size, "a chunk")
    if not compression:
        if len(packed) > size:
            raise DataError(f"a chunk has {len(packed)} bytes instead of {size}")
        unpacked = packed
    else:
        maker = bag_limits.decompressor(compression)
        try:
            unpacked = bag_limits.unpack(packed, size, maker, cut=chunk.cut)
        except DataError as error:
            raise DataError(f"a chunk is damaged: {error}") from error
        except Exception as error:  # the libraries of zstd and lz4 have errors of their own
            raise DataError(f"a chunk is damaged ({error})") from error
    if chunk.cut:
        return unpacked
    if len(unpacked) != size or (checksum and crc32(unpacked) != checksum):
        raise DataError("a chunk does not agree with its checksum")
    return unpacked


def inner_records(unpacked: bytes) -> Iterator[Record]:
    """Yield the whole records of an unpacked chunk."""
    for record in walk(BytesIO(unpacked), 0, len(unpacked)):
        if record.end <= len(unpacked):
            yield record
