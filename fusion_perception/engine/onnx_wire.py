# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Records of a protobuf message: a bounds-checked walk that accepts one spelling of each.

A parser that takes what another one reads differently is a hole in every check: a tag or a length may be written with
more bytes than it needs, a field that stands once may stand twice, groups and unknown fields may hide others. What
writes model files (``fusion_perception.lab.export``) does none of that, so all of it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Span = tuple[int, int]
"""First byte of a message and the one after its last."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types of protobuf that exist here; 3 and 4, groups, are refused."""


MAX_NAME = 1024
"""Longest name in a model, in bytes."""


class WireError(ValueError):
    """The bytes are not well-formed protobuf, or not an ONNX model; completes the sentence "the file ..."."""


class NotAcceptedError(WireError):
    """The model is well-formed and holds what this package's export never writes; completes "it holds ..."."""


@dataclass(frozen=True)
class Field:
    """A field that a message may have.

    Attributes:
        name: as in onnx.proto.
        wire: ``VARINT``, ``BYTES`` or ``FIXED32``.
        repeated: it may stand more than once.
    """

    name: str
    wire: int = BYTES
    repeated: bool = False


@dataclass(frozen=True)
class Message:
    """The fields that a message may have, and the names of some that it may not have.

    Attributes:
        what: for error messages, with its article.
        fields: number -> field.
        refused: number -> name of fields that exist in onnx.proto and are not accepted.
        most: records that it may have.
    """

    what: str
    fields: Mapping[int, Field]
    refused: Mapping[int, str]
    most: int = 256


@dataclass(frozen=True)
class Record:
    """One field of a message as it stands in the file.

    Attributes:
        number: number of the field.
        wire: wire type.
        value: of a varint, 0 to 2**64 - 1; 0 for others.
        start: byte of its tag.
        body: first byte after the tag and the length.
        end: first byte after it.
    """

    number: int
    wire: int
    value: int
    start: int
    body: int
    end: int

    @property
    def span(self) -> Span:
        """Where its content lies."""
        return self.body, self.end


def read_varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Return a number of at most 64 bits in its shortest spelling, and the byte after it."""
    value = shift = 0
    start = at
    while True:
        if at >= end:
            raise WireError(f"it ends in the middle of a number at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                raise WireError(f"it has no valid number at byte {start}")
            if byte == 0 and at - start > 1:
                raise WireError(f"it spells a number with more bytes than needed at byte {start}")
            return value, at
        shift += 7
        if shift > 63:
            raise WireError(f"it has no valid number at byte {start}")


def read_signed(value: int) -> int:
    """Return a 64-bit varint as the signed number that int32 and int64 fields mean."""
    return value - (1 << 64) if value >> 63 else value


def records(data: memoryview, span: Span) -> Iterator[Record]:
    """Yield the fields of a message in order; WireError where it is damaged."""
    at, end = span
    while at < end:
        start = at
        key, at = read_varint(data, at, end)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise WireError(f"it has an invalid record at byte {start}")
        value, body = 0, at
        if wire == VARINT:
            value, at = read_varint(data, at, end)
        elif wire == BYTES:
            length, body = read_varint(data, at, end)
            at = body + length
        elif wire in {FIXED64, FIXED32}:
            at += 8 if wire == FIXED64 else 4
        else:
            raise WireError(f"it has an unknown kind of record at byte {start}")
        if at > end:
            raise WireError(f"a record at byte {start} needs {at - end} bytes more than there are")
        yield Record(number, wire, value, start, body, at)


def read_message(data: memoryview, span: Span, message: Message) -> Iterator[tuple[str, Record]]:
    """Yield name and record of every field of a message, in the order of the file.

    Raises:
        WireError: it is damaged, or a field has another wire type than it should.
        NotAcceptedError: a field that is not in ``message``, or one that stands twice and may not.
    """
    seen = set()
    for count, record in enumerate(records(data, span)):
        if count >= message.most:
            raise NotAcceptedError(f"more than {message.most} records in {message.what}, at byte {record.start}")
        field = message.fields.get(record.number)
        if field is None:
            name = message.refused.get(record.number, "unknown")
            raise NotAcceptedError(
                f"the {name} field {record.number} in {message.what}, at byte {record.start}"
                if name == "unknown"
                else f"'{name}' in {message.what}, at byte {record.start}"
            )
        if record.wire != field.wire:
            raise WireError(f"it has '{field.name}' of the wrong kind in {message.what} at byte {record.start}")
        if not field.repeated:
            if record.number in seen:
                raise NotAcceptedError(f"'{field.name}' twice in {message.what}, at byte {record.start}")
            seen.add(record.number)
        yield field.name, record


def read_text(data: memoryview, record: Record, longest: int = 1 << 20) -> str:
    """Return the text of a record; WireError if it is no UTF-8 or longer than ``longest`` bytes."""
    if record.end - record.body > longest:
        raise WireError(f"it has a text of {record.end - record.body} bytes at byte {record.body}; allowed: {longest}")
    try:
        return bytes(data[record.body : record.end]).decode()
    except UnicodeDecodeError as error:
        raise WireError(f"it has damaged text at byte {record.body}") from error


def encode_varint(value: int) -> bytes:
    """Return the shortest spelling of a number from 0 on."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_field(number: int, body: bytes) -> bytes:
    """Return a record of bytes."""
    return encode_varint(number << 3 | BYTES) + encode_varint(len(body)) + body
