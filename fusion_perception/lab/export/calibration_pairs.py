# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Image pairs of a graph's size, for calibration and for parity checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.data.open_sequence import open_sequence

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def calibration_pairs(
    source: str | Path, split: str | Path | None, count: int, height: int, width: int
) -> Iterator[Pair]:
    """Yield up to ``count`` pairs spread evenly over a sequence, resized to (height, width).

    Args:
        source: ``"synthetic"`` or a folder of pairs in a known layout.
        split: text file with the names to use, or None for all.
        count: how many pairs.
        height: of the graph's input in pixels.
        width: likewise.

    Raises:
        DataError: the source cannot be read, or has thermal images of more than 8 bits.
    """
    if count < 1:
        raise DataError(f"calibration needs at least 1 pair; got {count}")
    options = {"split": split} if split is not None else {}
    sequence = open_sequence(source, **options)
    for index in np.unique(np.linspace(0, len(sequence) - 1, count).round().astype(int)):
        item = sequence[int(index)]
        if item.thermal.dtype != np.uint8:
            raise DataError(
                f"{source}: thermal images of type {item.thermal.dtype}; calibration takes 8-bit images, "
                "convert them as the node does (parameter thermal.gain)"
            )
        size = (width, height)
        yield (
            np.ascontiguousarray(cv2.resize(item.thermal, size, interpolation=cv2.INTER_LINEAR)),
            np.ascontiguousarray(cv2.resize(item.rgb, size, interpolation=cv2.INTER_LINEAR)),
        )
