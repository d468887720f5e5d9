# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the pixels of a rendered frame were in the frame before it, from geometry instead of optical flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.streets import SyntheticFrame

SAME_DEPTH = 0.03
"""Relative difference in depth up to which two pixels show the same surface."""


@dataclass(frozen=True)
class KnownMotion:
    """Correspondence of two frames.

    Attributes:
        x: (H, W) float32 column in the frame before.
        y: (H, W) float32 row in the frame before.
        valid: (H, W) bool, pixels of which the counterpart is known and visible.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    valid: NDArray[np.bool_]


def true_motion(before: SyntheticFrame, now: SyntheticFrame) -> KnownMotion:
    """Project every surface point of a rendered frame into the frame before it.

    Pinhole cameras that look along z: a point at pixel (u, v) and depth z lies at X = x + (u - cx) z / f,
    Y = y - (v - cy) z / f, Z = z0 + z. Valid are pixels whose counterpart has the depth that this predicts
    (within 3 %) and the same true class: nothing hides it, and what drove off by itself is left out.

    Args:
        before: the earlier frame.
        now: the later frame of the same scene.

    Raises:
        ImageError: frames without camera and depth, or of different sizes.
    """
    a, b = now.camera, before.camera
    if a is None or b is None or now.depth is None or before.depth is None:
        raise ImageError("true motion needs the camera and the depth of both frames; render them with SyntheticScene")
    if now.depth.shape != before.depth.shape:
        raise ImageError(f"the frames must have one size; got {now.depth.shape} and {before.depth.shape}")
    rows, columns = np.indices(now.depth.shape, dtype=np.float32)
    depth = now.depth
    ahead = depth + np.float32(a.z - b.z)
    ratio = b.focal / np.maximum(ahead, 0.05)
    x = b.cx + (a.x - b.x + (columns - a.cx) * depth / a.focal) * ratio
    y = b.cy - (a.y - b.y - (rows - a.cy) * depth / a.focal) * ratio
    x, y = x.astype(np.float32), y.astype(np.float32)
    height, width = depth.shape
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    u = np.clip(np.rint(x), 0, width - 1).astype(np.intp)
    v = np.clip(np.rint(y), 0, height - 1).astype(np.intp)
    same = (np.abs(before.depth[v, u] - ahead) <= SAME_DEPTH * ahead) & (before.labels[v, u] == now.labels)
    return KnownMotion(x, y, inside & same)
