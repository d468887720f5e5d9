# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pinhole camera that looks along the road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.streets.arrays import Floats

NEAR = 0.8
"""Nothing nearer than this many metres is drawn."""


@dataclass(frozen=True)
class Camera:
    """Position and optics at one moment. World axes: x right, y up, z along the road, in metres.

    Attributes:
        height: image height in pixels.
        width: image width in pixels.
        focal: focal length in pixels.
        cx: column of the vanishing point; yaw moves it.
        cy: row of the horizon; pitch moves it.
        x: lateral position in m.
        y: height above the road in m.
        z: way driven in m.
    """

    height: int
    width: int
    focal: float
    cx: float
    cy: float
    x: float
    y: float
    z: float

    def project(self, points: NDArray[np.floating]) -> Floats:
        """Project (N, 3) points, z relative to the camera, to (N, 2) pixels (column, row)."""
        points = np.asarray(points, np.float32)
        scale = self.focal / np.maximum(points[:, 2], 0.05)
        columns = self.cx + (points[:, 0] - self.x) * scale
        rows = self.cy - (points[:, 1] - self.y) * scale
        return np.stack([columns, rows], axis=1).astype(np.float32)

    def scale_at(self, z: float) -> float:
        """Pixels per metre at distance z."""
        return self.focal / max(z, NEAR)
