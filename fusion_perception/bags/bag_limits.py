# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bounds on what a bag may make of our memory: a few kilobytes can stand for gigabytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fusion_perception.errors import DataError

MOST_BYTES = 256_000_000
"""Bytes that one chunk or message may have, packed or unpacked. An RGB image of 64 megapixels takes 192 MB; recorders
write chunks of a few megabytes, larger only where one message is."""

OPEN_BYTES = 512_000_000
"""Bytes of chunks that may be open at a time, because their times overlap."""


def check_size(size: int, what: str) -> None:
    """Refuse a size.

    Raises:
        DataError: it is above ``MOST_BYTES``.
    """
    if size > MOST_BYTES:
        raise DataError(
            f"{what} unpacks to {size / 1e6:.0f} MB; allowed: at most {MOST_BYTES / 1e6:.0f} MB, so write the bag with "
            "smaller chunks"
        )


def unpack(data: bytes, most: int, decompressor: Callable[[], Any], *, cut: bool = False) -> bytes:
    """Unpack compressed data, and stop where it grows beyond a size.

    Args:
        data: one or more frames, one after the other.
        most: bytes it may unpack to.
        decompressor: makes an object with ``decompress(data, max_length)``, ``eof`` and ``unused_data``.
        cut: it may end early; what is there is unpacked.

    Raises:
        DataError: it is larger, or ends too early.
    """
    parts, left = [], most
    while data:
        frame = decompressor()
        part = frame.decompress(data, max_length=left + 1)
        left -= len(part)
        if left < 0:
            raise DataError(f"it unpacks to more than {most} bytes, which it should not")
        parts.append(part)
        if not frame.eof:
            if cut:
                break
            raise DataError("its compressed data ends too early")
        data = frame.unused_data or b""
    return b"".join(parts)


def decompressor(compression: str) -> Callable[[], Any]:
    """Return what makes decompressors for ``unpack``.

    Args:
        compression: ``"zstd"`` or ``"lz4"``.

    Raises:
        DataError: there is none of that name.
    """
    if compression == "zstd":
        return _zstd().ZstdDecompressor  # type: ignore[no-any-return]
    if compression == "lz4":
        from lz4.frame import LZ4FrameDecompressor

        return LZ4FrameDecompressor  # type: ignore[no-any-return]
    raise DataError(f"its compression is '{compression}'; allowed: zstd, lz4")


def open_zstd(path: Any, mode: str = "rb") -> Any:
    """Open a file that is compressed by zstd, to read or write (``"wb"``) its content."""
    return _zstd().open(path, mode)


def _zstd() -> Any:
    """Return the module of zstd: Python's own from 3.14 on, its forerunner before, which rosbags needs as well."""
    try:
        from compression import zstd
    except ImportError:
        from backports import zstd
    return zstd
