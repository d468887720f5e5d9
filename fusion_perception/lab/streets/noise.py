# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Value noise: the texture of everything that is not flat."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats


def value_noise(rng: np.random.Generator, height: int, width: int, cell_y: float, cell_x: float) -> Floats:
    """Return (height, width) smooth noise of mean about 0 and deviation about 1 that tiles in both directions.

    Args:
        rng: source of randomness.
        height: rows.
        width: columns.
        cell_y: distance of the random values in rows.
        cell_x: distance of the random values in columns.
    """
    rows = max(1, round(height / max(cell_y, 1.0)))
    cols = max(1, round(width / max(cell_x, 1.0)))
    grid = rng.standard_normal((rows, cols)).astype(np.float32)
    pad = 2
    grid = np.pad(grid, pad, mode="wrap")
    scale_y, scale_x = height / rows, width / cols
    full = cv2.resize(
        grid,
        (round(grid.shape[1] * scale_x), round(grid.shape[0] * scale_y)),
        interpolation=cv2.INTER_CUBIC,
    )
    y0, x0 = round(pad * scale_y), round(pad * scale_x)
    noise: Floats = full[y0 : y0 + height, x0 : x0 + width]
    return noise / max(float(noise.std()), 0.4)  # a texture of few cells may be nearly flat


def fractal_noise(
    rng: np.random.Generator,
    height: int,
    width: int,
    cell: float,
    octaves: int = 4,
    gain: float = 0.5,
    aspect: float = 1.0,
) -> Floats:
    """Return a sum of value noises, each half as coarse as the one before; mean 0, deviation about 1.

    Args:
        rng: source of randomness.
        height: rows.
        width: columns.
        cell: size of the coarsest blobs in columns.
        octaves: number of noises summed.
        gain: amplitude of a noise relative to the coarser one.
        aspect: height of the blobs relative to their width.
    """
    total = np.zeros((height, width), np.float32)
    amplitude, power = 1.0, 0.0
    for _ in range(octaves):
        total += amplitude * value_noise(rng, height, width, cell * aspect, cell)
        power += amplitude**2
        amplitude *= gain
        cell = max(cell / 2, 1.0)
    return total / np.float32(np.sqrt(power))
