# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks are read as the ids that were written, however the file stores them."""

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.mask_files import read_labels
from test.lab.data.released import png

IDS = np.arange(16, dtype=np.uint8).reshape(2, 8) // 2


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
