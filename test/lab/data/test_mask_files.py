# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks are read as the ids that were written, however the file stores them."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.mask_files import read_labels

IDS = np.arange(16, dtype=np.uint8).reshape(2, 8) // 2


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(ids, depth, colour_type):
    """A PNG of one sample a pixel, by the book."""
    bits = ((ids[..., None] >> np.arange(depth)[::-1]) & 1).reshape(ids.shape[0], -1).astype(np.uint8)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    header = struct.pack(">IIBBBBB", ids.shape[1], ids.shape[0], depth, colour_type, 0, 0, 0)
    palette = _chunk(b"PLTE", bytes(k % 251 for k in range(3 << depth)))
    clear = _chunk(b"tRNS", b"\0\1")
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            palette + clear if colour_type == 3 else b"",
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )


@pytest.mark.parametrize("colour_type", [0, 3])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_indices_and_few_bits_are_ids(tmp_path, colour_type, depth):
    ids = IDS & ((1 << depth) - 1)
    path = tmp_path / "a.png"
    path.write_bytes(png(ids, depth, colour_type))
    np.testing.assert_array_equal(read_labels(path), ids)


@pytest.mark.parametrize("stored", [IDS, IDS.astype(np.uint16), np.repeat(IDS[..., None], 3, axis=2)])
def test_ids_that_were_written_with_more_room(tmp_path, stored):
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), stored)
    np.testing.assert_array_equal(read_labels(path), IDS)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (np.dstack([IDS, IDS + 1, IDS]), "colours; label images are uint8 with one channel of ids"),
        (IDS.astype(np.uint16) + 250, r"one channel of ids \(0 to 255\)"),
    ],
)
def test_what_holds_no_ids_is_named(tmp_path, stored, message):
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), stored)
    with pytest.raises(DataError, match=message):
        read_labels(path)


@pytest.mark.parametrize("length", [0, 10, 30, 45, 60])
def test_a_mask_that_is_cut_off_is_named(tmp_path, length):
    path = tmp_path / "a.png"
    path.write_bytes(png(IDS, 4, 3)[:length])
    with pytest.raises(DataError, match=r"a\.png"):
        read_labels(path)
