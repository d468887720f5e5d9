# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Array types of the renderer."""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 wherever it matters for speed; scalars of Python may widen small ones."""
U8: TypeAlias = NDArray[np.uint8]


def f32(*values: float) -> Floats:
    """Return a float32 vector."""
    return np.array(values, np.float32)


def scale_in_place(light: Floats, factor: Floats, heat_too: bool = True) -> None:
    """Multiply (h, w, 4) float32 pixels by (h, w) float32 factors; several times faster than broadcasting.

    Args:
        light: radiance and temperature; may be a view of rows and columns of a picture.
        factor: one factor per pixel.
        heat_too: whether the temperature in the last channel is multiplied as well.
    """
    last = factor if heat_too else np.ones_like(factor)
    cv2.multiply(light, cv2.merge((factor, factor, factor, last)), dst=light)


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
