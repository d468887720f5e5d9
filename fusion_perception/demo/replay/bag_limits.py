# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A bound on what a compressed part of a bag may unpack to: a few kilobytes can stand for gigabytes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from fusion_perception.errors import DataError

MOST_BYTES = 256_000_000
"""Bytes that one chunk or message may unpack to. An RGB image of 64 megapixels takes 192 MB; recorders write
chunks of a few megabytes, larger only where one message is."""


def unpack(data: bytes, most: int, decompressor: Callable[[], Any]) -> bytes:
    """Unpack compressed data, and stop where it grows beyond a size.

    Args:
        data: one or more frames, one after the other.
        most: bytes it may unpack to.
        decompressor: makes an object with ``decompress(data, max_length)``, ``eof`` and ``unused_data``.

    Raises:
        DataError: it is larger, or ends too early.
    """
    parts, left = [], most
    while data:
        frame = decompressor()
        part = frame.decompress(data, max_length=left + 1)
        left -= len(part)
        if left < 0:
            raise DataError(f"a compressed part of it unpacks to more than {most} bytes, which it should not")
        if not frame.eof:
            raise DataError("a compressed part of it ends too early")
        parts.append(part)
        data = frame.unused_data or b""
    return b"".join(parts)


def limit_decompression() -> None:
    """Make rosbags refuse chunks and messages that unpack to more than ``MOST_BYTES``, before they do.

    Its own functions unpack everything and compare the size afterwards. Releases that are built differently are
    left as they are.
    """
    from lz4.frame import LZ4FrameDecompressor
    from rosbags.rosbag2 import reader, storage_mcap

    library = getattr(storage_mcap, "zstd", None)
    decompressors = getattr(storage_mcap, "DECOMPRESSORS", None)
    if library is None or not isinstance(decompressors, dict):
        return

    def chunk(decompressor: Callable[[], Any]) -> Callable[[bytes, int], bytes]:
        def bounded(data: bytes, size: int) -> bytes:
            if size > MOST_BYTES:
                raise DataError(
                    f"a chunk of it unpacks to {size / 1e6:.0f} MB; allowed: at most {MOST_BYTES / 1e6:.0f} MB, so "
                    "write the bag with smaller chunks"
                )
            return unpack(data, size, decompressor)

        return bounded

    def message(data: bytes) -> bytes:
        return unpack(data, MOST_BYTES, library.ZstdDecompressor)

    decompressors.update(zstd=chunk(library.ZstdDecompressor), lz4=chunk(LZ4FrameDecompressor))
    if hasattr(reader, "zstd"):  # messages that are compressed one by one
        vars(reader)["zstd"] = SimpleNamespace(decompress=message, open=library.open)
