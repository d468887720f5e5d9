# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks of what boxes say: sure in the middle of a box and outside of all of them, unknown in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.class_names import DOUBTFUL
from fusion_perception.labels import IGNORE, LabelSet

CORE = 0.5
"""Sides of the rectangle that counts as the class, as shares of those of its box.

On the consensus masks of the MSRS training list 97.7 % of its pixels are a person in boxes of persons, 88.1 % a bike,
97.8 % a car (``python -m tools.box_cores DATA``); with 0.6 it were 94.9, 87.0 and 97.5. An ellipse with 0.6 of the
sides is about as right and as large (97.4, 88.1, 97.8), but a rectangle is what pasting recognises as a box that was
made smaller.
"""

RIM = 1.1
"""Sides of what is unknown around it: 1.4 % of the pixels of persons lie beyond, 4.9 % of bikes (boxes: 2.0, 8.2 %)."""


def labels_from_boxes(boxes: Sequence[Box], labels: LabelSet, height: int, width: int) -> NDArray[np.uint8]:
    """Return a mask of what boxes say.

    Outside of all boxes it is 0, "none of the annotated classes"; the middle of a box is its class; the rest of it, a
    little more around it, and the whole of a ``DOUBTFUL`` box are unknown. Where the middle of a box lies in a box of
    another class it is the class of the nearer one if that is certain: if it ends lower in the image and is smaller.
    Else it is unknown.

    Args:
        boxes: in pixels.
        labels: has their classes.
        height: of the image in pixels.
        width: of the image in pixels.

    Returns:
        (H, W) uint8 ids, 255 unknown.
    """
    mask = np.zeros((height, width), np.uint8)
    for box in boxes:
        mask[box.resized(RIM).window(height, width)] = IGNORE
    for box in boxes:
        if box.label == DOUBTFUL:
            continue
        rows, columns = pixels_in(box.resized(CORE), height, width)
        sure = np.ones((rows.stop - rows.start, columns.stop - columns.start), bool)
        for other in boxes:
            if other.label != box.label and not _in_front(box, other):
                hidden = (
                    slice(max(s.start - own.start, 0), max(s.stop - own.start, 0))
                    for s, own in zip(other.window(height, width), (rows, columns), strict=True)
                )
                sure[tuple(hidden)] = False
        mask[rows, columns][sure] = labels.id_of(box.label)
    return mask


def pixels_in(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """Return the (rows, columns) of the pixels whose middle lies in a box; may be empty."""

    def span(low: float, high: float, size: int) -> slice:
        first = min(max(int(np.ceil(low - 0.5)), 0), size)
        return slice(first, max(first, min(int(np.floor(high - 0.5)) + 1, size)))

    return span(box.y0, box.y1, height), span(box.x0, box.x1, width)


def _in_front(box: Box, other: Box) -> bool:
    """Return whether a box's object certainly hides the other's where both are."""
    mine, theirs = ((b.y1, -(b.x1 - b.x0) * (b.y1 - b.y0)) for b in (box, other))
    return mine[0] >= theirs[0] and mine[1] >= theirs[1] and mine != theirs
