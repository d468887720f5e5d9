# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Files with a JSON description and a checksum in front of bytes that must not be trusted blindly.

Layout: magic (8 bytes), SHA-256 of all that follows (32), length of the description (4, little
endian), description (UTF-8 JSON), body. Nothing of the body is used before the checksum agrees.
The checksum finds damage and foreign files; it is no signature. Whoever may write the file decides
what it holds, so keep the folder as private as the program itself.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusion_perception.documents.strict_json import DocumentError, read_object, write_object
from fusion_perception.engine.model_file import read_bytes
from fusion_perception.errors import DataError, ModelError
from fusion_perception.files.atomic_file import cannot_write, write_bytes

PLAN_MAX_BYTES = 2 << 30
"""Largest sealed file accepted."""

_MAX_HEADER = 4 << 20
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Sealed:
    """A description and the bytes it describes."""

    header: dict[str, Any]
    body: memoryview


def write_sealed(path: Path, magic: bytes, header: dict[str, Any], body: bytes | memoryview) -> None:
    """Write the file atomically: readers see the old file or the whole new one, never a part.

    Raises:
        ModelError: the folder cannot be written, or the description says what a reader would refuse.
    """
    try:
        text = write_object(header).encode()
    except DocumentError as error:
        raise ModelError(f"{path} cannot be written: its description says what is not allowed: {error}") from error
    length = _LENGTH.pack(len(text))
    digest = hashlib.sha256(length + text)
    digest.update(body)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_bytes(path, magic, digest.digest(), length, text, body)
    except OSError as error:
        raise ModelError(str(cannot_write(path, error))) from error
    except DataError as error:
        raise ModelError(str(error)) from error


def read_sealed(path: Path, magic: bytes, *, what: str, again: str) -> Sealed:
    """Read a file and check it against its checksum.

    Args:
        path: the file.
        magic: first eight bytes expected.
        what: its kind in messages, for example ``"TensorRT plan"``.
        again: the next step in messages.

    Raises:
        ModelError: missing, empty, of another kind, cut short or damaged.
    """
    data = memoryview(read_bytes(path, PLAN_MAX_BYTES))
    if bytes(data[: len(magic)]) != magic:
        raise ModelError(f"{path} is no {what} of this package; {again}")
    digest_end = len(magic) + hashlib.sha256().digest_size
    header_start = digest_end + _LENGTH.size
    if len(data) < header_start:
        raise ModelError(f"{path} is cut short after {len(data)} bytes; {again}")
    if hashlib.sha256(data[digest_end:]).digest() != data[len(magic) : digest_end]:
        raise ModelError(f"{path} is damaged or cut short: its checksum does not agree; {again}")
    (length,) = _LENGTH.unpack(data[digest_end:header_start])
    if length > min(_MAX_HEADER, len(data) - header_start):
        raise ModelError(f"{path} has a description of {length} bytes, more than it can hold; {again}")
    try:
        header = read_object(bytes(data[header_start : header_start + length]), _MAX_HEADER)
    except DocumentError as error:
        raise ModelError(f"{path} has a description that cannot be used: {error}; {again}") from error
    return Sealed(header, data[header_start + length :])
