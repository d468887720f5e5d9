# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One mcap file, by its index where that can be trusted, else by a look at all of it; cut and damaged files too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from fusion_perception.bags.mcap_records import (
    CHANNEL,
    CHUNK,
    CHUNK_INDEX,
    DATA_END,
    FOOTER,
    HEAD,
    MESSAGE,
    MESSAGE_HEADER,
    SCHEMA,
    STATISTICS,
    Chunk,
    Record,
    chunk_at,
    inner_records,
    read_record,
    unpack_chunk,
    walk,
)
from fusion_perception.bags.storage import MCAP_MAGIC, StoredMessage, StoredTopic, merge_by_time, most_at_once
from fusion_perception.errors import DataError, require

_FOOTER_SIZE = HEAD.size + 20 + len(MCAP_MAGIC)
_NOTED = 20  # damaged places that are told one by one
_NO_INDEX = "it has no index (the recorder was killed, or the file is cut off): read as far as it goes"
_SERIALIZATIONS = {"cdr", ""}


class McapFile:
    """An mcap file; see ``Storage``.

    Args:
        path: the file.

    Raises:
        DataError: it is no mcap file, or nothing of it can be read.
        BackendError: the package ``mcap`` is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._records = require("mcap.records", "reading mcap files")
        self.path = path
        self.damage: list[str] = []
        self.ordered = True
        self._noted = 0
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, Any] = {}
        self._chunks: list[Chunk] = []
        self._loose = False  # messages outside of chunks: they are read in the order of the file
        self._no_chunks = False  # the file is whole, and was written without chunks
        self._counts: Counter[int] = Counter()
        self._start_ns: int | None = None
        self._end_ns = 0
        with path.open("rb") as file:
            self._size = file.seek(0, 2)
            file.seek(0)
            if file.read(len(MCAP_MAGIC)) != MCAP_MAGIC:
                raise DataError(f"{path} is no mcap file: it does not begin like one")
            if not self._read_summary(file):
                self._scan(file)
        self.start_ns, self.end_ns = self._start_ns or 0, self._end_ns
        self.topics = tuple(self._stored_topic(number) for number in sorted(self._channels))

    def messages(self, topics: Collection[str], open_bytes: int) -> Iterator[StoredMessage]:
        """Yield the messages of some topics: in the order of their times, if no more has to be open for that."""
        wanted = {number for number, channel in self._channels.items() if channel.topic in topics}
        chunks = [chunk for chunk in self._chunks if not chunk.channels or chunk.channels & wanted]
        with self.path.open("rb") as file:
            too_much = most_at_once((c.start_ns, c.end_ns, c.size) for c in chunks) > open_bytes
            if self._loose or too_much:
                self.ordered = not too_much
                yield from self._in_file_order(file, wanted)
                return
            sources: list[tuple[int, Callable[[], Iterator[StoredMessage]]]] = [
                (chunk.start_ns, partial(self._chunk_messages, file, chunk, wanted)) for chunk in chunks
            ]
            yield from merge_by_time(sources)

    # Finding out what is in it ---------------------------------------------------------------------------------

    def _read_summary(self, file: BinaryIO) -> bool:
        """Read the index at the end; False where there is none, or it does not fit the file."""
        file.seek(max(0, self._size - _FOOTER_SIZE))
        tail = file.read()
        if len(tail) < _FOOTER_SIZE or not tail.endswith(MCAP_MAGIC) or HEAD.unpack_from(tail) != (FOOTER, 20):
            return False
        start = int.from_bytes(tail[HEAD.size : HEAD.size + 8], "little")
        if not len(MCAP_MAGIC) < start < self._size:
            return False
        statistics = None
        try:
            for record in walk(file, start, self._size):
                if record.kind in {SCHEMA, CHANNEL}:
                    self._note_definition(file, record)
                elif record.kind == CHUNK_INDEX:
                    self._chunks.append(self._indexed_chunk(read_record(file, record, self._records.ChunkIndex)))
                elif record.kind == STATISTICS:
                    statistics = read_record(file, record, self._records.Statistics)
                elif record.kind == FOOTER:
                    break
        except DataError:
            statistics = None
        if statistics is None or (statistics.message_count and not (self._channels and self._chunks)):
            self._no_chunks = statistics is not None and not statistics.chunk_count
            self._forget()
            return False
        self._counts.update(statistics.channel_message_counts)
        self._start_ns, self._end_ns = statistics.message_start_time, statistics.message_end_time
        return True

    def _indexed_chunk(self, index: Any) -> Chunk:
        start, length = index.chunk_start_offset, index.chunk_length
        if not len(MCAP_MAGIC) <= start <= start + length <= self._size:
            raise DataError("the index names a chunk that is not there")
        return Chunk(
            start + HEAD.size,
            length - HEAD.size,
            index.message_start_time,
            index.message_end_time,
            index.uncompressed_size,
            frozenset(index.message_index_offsets),
        )

    def _scan(self, file: BinaryIO) -> None:
        """Look through the whole file, because it has no index that can be trusted."""
        if not self._no_chunks:
            self.damage.append(
                "it has no index (the recorder was killed, or the file is cut off): read as far as it goes"
            )
        ended = False
        for record in walk(file, len(MCAP_MAGIC), self._size):
            if record.kind in {DATA_END, FOOTER}:
                ended = True
                break
            if record.end > self._size and record.kind != CHUNK:
                break
            try:
                self._scan_record(file, record)
            except DataError as error:
                self._note(f"{error}, at byte {record.offset}")
        if not ended:
            self.damage.append("it ends in the middle of a record, or its records make no sense from some place on")

    def _scan_record(self, file: BinaryIO, record: Record) -> None:
        if record.kind in {SCHEMA, CHANNEL}:
            self._note_definition(file, record)
        elif record.kind == MESSAGE:
            self._loose = True
            file.seek(record.offset)
            self._count(file.read(MESSAGE_HEADER.size))
        elif record.kind == CHUNK:
            chunk = chunk_at(file, record, self._size)
            unpacked = unpack_chunk(file, chunk)
            inside = BytesIO(unpacked)
            before = self._counts.copy()
            for inner in inner_records(unpacked):
                if inner.kind in {SCHEMA, CHANNEL}:
                    self._note_definition(inside, inner)
                elif inner.kind == MESSAGE:
                    self._count(unpacked[inner.offset : inner.offset + MESSAGE_HEADER.size])
            channels = frozenset(self._counts - before)
            if channels:
                self._chunks.append(
                    Chunk(chunk.offset, chunk.length, chunk.start_ns, chunk.end_ns, chunk.size, channels, chunk.cut)
                )

    def _note_definition(self, file: BinaryIO, record: Record) -> None:
        if record.kind == SCHEMA:
            schema = read_record(file, record, self._records.Schema)
            self._schemas[schema.id] = schema.name
        else:
            channel = read_record(file, record, self._records.Channel)
            self._channels.setdefault(channel.id, channel)

    def _count(self, header: bytes) -> None:
        if len(header) == MESSAGE_HEADER.size:
            channel, _, time_ns, _ = MESSAGE_HEADER.unpack(header)
            self._counts[channel] += 1
            self._start_ns = time_ns if self._start_ns is None else min(self._start_ns, time_ns)
            self._end_ns = max(self._end_ns, time_ns)

    def _stored_topic(self, number: int) -> StoredTopic:
        channel = self._channels[number]
        serialization = "cdr" if channel.message_encoding in _SERIALIZATIONS else channel.message_encoding
        return StoredTopic(
            channel.topic, self._schemas.get(channel.schema_id, ""), self._counts.get(number, 0), serialization
        )

    def _forget(self) -> None:
        self._schemas.clear()
        self._channels.clear()
        self._chunks.clear()

    def _note(self, sentence: str) -> None:
        self._noted += 1
        if self._noted <= _NOTED:
            self.damage.append(sentence)
        elif self._noted == _NOTED + 1:
            self.damage.append("and so on")

    # Reading ---------------------------------------------------------------------------------------------------

    def _in_file_order(self, file: BinaryIO, wanted: Collection[int]) -> Iterator[StoredMessage]:
        for record in walk(file, len(MCAP_MAGIC), self._size):
            if record.kind in {DATA_END, FOOTER} or (record.end > self._size and record.kind != CHUNK):
                return
            if record.kind == CHUNK:
                try:
                    chunk = chunk_at(file, record, self._size)
                except DataError:
                    continue
                yield from self._chunk_messages(file, chunk, wanted)
            elif record.kind == MESSAGE:
                file.seek(record.offset)
                header = file.read(MESSAGE_HEADER.size)
                if record.length >= MESSAGE_HEADER.size and MESSAGE_HEADER.unpack(header)[0] in wanted:
                    yield self._message(header, file.read(record.length - MESSAGE_HEADER.size))

    def _chunk_messages(self, file: BinaryIO, chunk: Chunk, wanted: Collection[int]) -> Iterator[StoredMessage]:
        """Yield the messages of a chunk in the order of their times, none outside of what the chunk claims."""
        try:
            unpacked = unpack_chunk(file, chunk)
        except DataError as error:
            self._note(f"{error}, at byte {chunk.offset}: its messages are left out")
            return
        found: list[tuple[int, int, Record]] = []
        for record in inner_records(unpacked):
            if record.kind == MESSAGE and record.length >= MESSAGE_HEADER.size:
                channel, _, time_ns, _ = MESSAGE_HEADER.unpack_from(unpacked, record.offset)
                if channel in wanted:
                    # What lies about its time must not keep the chunk open longer than was reckoned with.
                    found.append((min(max(time_ns, chunk.start_ns), chunk.end_ns), record.offset, record))
        for time_ns, _, record in sorted(found):
            start = record.offset + MESSAGE_HEADER.size
            message = self._message(unpacked[record.offset : start], unpacked[start : record.end])
            yield message._replace(time_ns=time_ns)

    def _message(self, header: bytes, data: bytes) -> StoredMessage:
        number, _, time_ns, _ = MESSAGE_HEADER.unpack(header)
        channel = self._channels[number]
        return StoredMessage(time_ns, channel.topic, self._schemas.get(channel.schema_id, ""), data)
