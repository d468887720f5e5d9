# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of a float thermal image that have no value, NaN or infinite, get one from their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.preprocess.neighbours import neighbours

FILL_SHARE = 0.05
"""Share of an image that is filled at most, unless the caller says another one."""


def fill_missing(image: NDArray[np.float32], largest_share: float = FILL_SHARE) -> tuple[NDArray[np.float32], int]:
    """Return an image whose values are all finite, and how many had to be filled.

    A pixel gets the mean of those of its eight neighbours that have a value; where none has, of the pixels two, four
    and more away in the same directions.

    Args:
        image: (H, W) float32; it is not changed.
        largest_share: share of pixels, 0..1, up to which an image is filled.

    Raises:
        ImageError: more of it is missing; the message starts with the number.
    """
    known = np.isfinite(image)
    missing = image.size - int(np.count_nonzero(known))
    if missing == 0:
        return image, 0
    if missing > largest_share * image.size or missing == image.size:
        raise ImageError(
            f"{missing} of {image.size} values NaN or infinite; accepted: up to {100 * largest_share:g} %, which are "
            "filled from their neighbours (thermal.fill_share), so let the driver fill dead pixels"
        )
    filled = image.copy()
    places = np.argwhere(~known)
    distance = 1
    while len(places):
        rows, columns = neighbours(places, image.shape, distance)
        has_value = known[rows, columns]
        number = has_value.sum(axis=1)
        total = np.where(has_value, image[rows, columns], 0).sum(axis=1, dtype=np.float64)
        found = number > 0
        filled[tuple(places[found].T)] = total[found] / number[found]
        places = places[~found]
        distance *= 2
        if distance > 2 * max(image.shape):  # nothing in any of the eight directions
            filled[tuple(places.T)] = np.median(image[known])
            break
    return filled, missing
