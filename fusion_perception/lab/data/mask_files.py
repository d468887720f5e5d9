# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks on disk: the ids as they were written, also where a viewer would show colours."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import decode_image, read_bytes

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE = 0, 3  # colour types of PNG


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Return (H, W) uint8 ids: of a palette the indices, of grey images with few bits the numbers that are stored.

    Raises:
        DataError: the file cannot be read, or holds colours or ids above 255.
    """
    data = read_bytes(path)
    depth = 8
    header = data[12:29]
    if data.startswith(_SIGNATURE) and header[:4] == b"IHDR" and len(header) == 17 and header[13] in {_GREY, _PALETTE}:
        depth = header[12]
        data = _as_grey(data)
    image = decode_image(path, data, cv2.IMREAD_UNCHANGED)
    if depth < 8 and image.dtype == np.uint8:  # the decoder stretches few bits to 0..255
        image = image // (255 // ((1 << depth) - 1))
    return _ids(path, image)


def _ids(path: Path, image: NDArray[Any]) -> NDArray[np.uint8]:
    if image.ndim == 3 and (image[..., :3] == image[..., :1]).all():  # grey that was written as colours
        image = image[..., 0]
    if image.ndim == 3:
        raise DataError(
            f"{path}: {image.dtype} of shape {image.shape}, colours; label images are uint8 with one channel of ids. "
            "If it shows the masks to people, name the folder with the ids; else write the ids of its colours"
        )
    if image.dtype == np.uint16 and not (image > 255).any():
        return np.asarray(image, np.uint8)
    if image.dtype != np.uint8:
        raise DataError(
            f"{path}: {image.dtype} of shape {image.shape}; label images are uint8 with one channel of ids (0 to 255)"
        )
    return np.asarray(image)


def _as_grey(data: bytes) -> bytes:
    """Return a PNG whose indices or grey values are grey values: without its palette and what is clear of it."""
    out = [_SIGNATURE]
    place = len(_SIGNATURE)
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind = data[place + 4 : place + 8]
        chunk = data[place : place + length + 12]
        if kind == b"IHDR":
            body = kind + chunk[8:17] + bytes([_GREY]) + chunk[18:21]
            chunk = struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body))
        if kind not in {b"PLTE", b"tRNS", b"gAMA", b"sBIT", b"bKGD", b"hIST"}:
            out.append(chunk)
        place += length + 12
    return b"".join(out)
