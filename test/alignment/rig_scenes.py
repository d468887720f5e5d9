# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes that a thermal and an RGB camera see alike, but in other greys: rectangles and discs of any brightness."""

import cv2
import numpy as np


def scene(shape, rng):
    """Return (H, W) thermal and (H, W, 3) RGB uint8 images of one scene, seen from one place."""
    height, width = shape
    thermal, rgb = np.full(shape, 90, np.uint8), np.full((height, width, 3), 120, np.uint8)
    for _ in range(45):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        hot, colour = int(rng.integers(30, 220)), [int(v) for v in rng.integers(20, 240, 3)]
        if rng.random() < 0.5:
            corner = x + int(rng.integers(5, width // 5)), y + int(rng.integers(5, height // 4))
            cv2.rectangle(thermal, (x, y), corner, hot, -1)
            cv2.rectangle(rgb, (x, y), corner, colour, -1)
        else:
            radius = int(rng.integers(2, height // 8))
            cv2.circle(thermal, (x, y), radius, hot, -1)
            cv2.circle(rgb, (x, y), radius, colour, -1)
    return _noisy(thermal, rng), _noisy(rgb, rng)


def rig(number, matrix=None, shape=(120, 160), seed=0):
    """Return pairs of a rig whose thermal camera a homography from thermal to RGB pixels lays onto the RGB camera."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(number):
        thermal, rgb = scene(shape, rng)
        if matrix is not None:
            thermal = cv2.warpPerspective(thermal, np.linalg.inv(matrix), shape[::-1])
        pairs.append((thermal, rgb))
    return pairs


def similarity(scale=1.0, roll=0.0, shift=(0.0, 0.0), shape=(120, 160)):
    """Return a homography that scales and turns (degrees) about the middle, and shifts (x, y)."""
    matrix = np.vstack([cv2.getRotationMatrix2D(((shape[1] - 1) / 2, (shape[0] - 1) / 2), roll, scale), (0, 0, 1)])
    matrix[:2, 2] += shift
    return matrix


def _noisy(image, rng):
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
