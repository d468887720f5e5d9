# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The diverging colour map of the attribution: blue for RGB, near-white for both, red for thermal."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=1)
def diverging_table() -> NDArray[np.uint8]:
    """Return the (256, 3) uint8 RGB table of ``heat_map``, read-only.

    Two straight lines in the Oklab space (Ottosson, 2020), from a blue and from a red of equal
    lightness to one near-white at 128: equal steps of share look like equal steps, and neither
    sensor looks stronger than the other.
    """
    ends = {"rgb": (0.50, 262.0, 0.19), "thermal": (0.50, 27.0, 0.19)}  # lightness, hue in degrees, chroma
    neutral = 0.965
    share = np.arange(256, dtype=np.float64)
    side = np.where(share < 128, (share - 128.0) / 128.0, (share - 128.0) / 127.0)
    distance = np.abs(side)
    hue = np.deg2rad(np.where(side < 0, ends["rgb"][1], ends["thermal"][1]))
    lightness = neutral + (ends["rgb"][0] - neutral) * distance
    chroma = ends["rgb"][2] * distance
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    table = _oklab_to_srgb(lab)
    table.setflags(write=False)
    return table


def _oklab_to_srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Convert (N, 3) Oklab to (N, 3) uint8 sRGB; formula: B. Ottosson, "A perceptual color space", 2020."""
    to_lms = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.2914855480],
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(((lab @ to_lms.T) ** 3) @ to_linear.T, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255.0 * srgb), np.uint8)
