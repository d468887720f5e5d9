# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The picture being painted, back to front, in physical units."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, scale_in_place
from fusion_perception.lab.streets.config import Box

MIN_BOX_PIXELS = 12


class Canvas:
    """Radiance, temperature, depth and truth of every pixel.

    Attributes:
        light: (H, W, 4) float32; three channels of linear radiance (a white sheet in full
            sunlight is 1), then apparent temperature in degrees Celsius.
        depth: (H, W) float32 distance along the road in m.
        labels: (H, W) uint8 class ids.
        instances: (H, W) int32, 0 where no boxed object is visible.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.light: Floats = np.zeros((height, width, 4), np.float32)
        self.depth: Floats = np.full((height, width), 1e4, np.float32)
        self.labels = np.zeros((height, width), np.uint8)
        self.instances = np.zeros((height, width), np.int32)
        self._instance_labels: list[int] = []

    def new_instance(self, label: int) -> int:
        """Register an object that gets a box and return its number."""
        self._instance_labels.append(label)
        return len(self._instance_labels)

    def blend(
        self,
        top: int,
        left: int,
        light: Floats,
        alpha: Floats,
        depth: float | Floats,
        label: int = 0,
        instance: int = 0,
    ) -> None:
        """Put a patch over the picture.

        Args:
            top: row of the patch's first row; may lie outside of the picture.
            left: column of its first column.
            light: (h, w, 4) radiance and temperature, already multiplied by alpha.
            alpha: (h, w) coverage, 0..1.
            depth: distance in m, one value or (h, w).
            label: class id of the object.
            instance: number from ``new_instance``, or 0.
        """
        height, width = alpha.shape
        y0, x0 = max(top, 0), max(left, 0)
        y1, x1 = min(top + height, self.height), min(left + width, self.width)
        if y0 >= y1 or x0 >= x1:
            return
        inner = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        outer = (slice(y0, y1), slice(x0, x1))
        a = alpha[inner]
        target = self.light[outer]
        scale_in_place(target, np.asarray(1 - a, np.float32))
        cv2.add(target, np.asarray(light[inner], np.float32), dst=target)
        solid = a > 0.5
        distance = depth if np.isscalar(depth) else np.asarray(depth)[inner]
        np.copyto(self.depth[outer], distance, where=solid)
        np.copyto(self.labels[outer], np.uint8(label), where=solid)
        np.copyto(self.instances[outer], np.int32(instance), where=solid)

    def boxes(self) -> list[Box]:
        """Return the boxes of the objects of which some pixels can be seen."""
        found: list[Box] = []
        rows, cols = np.nonzero(self.instances)
        numbers = self.instances[rows, cols]
        order = np.argsort(numbers, kind="stable")
        numbers, rows, cols = numbers[order], rows[order], cols[order]
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        stops = np.append(starts[1:], len(numbers))[: len(starts)]
        for start, stop in zip(starts, stops, strict=True):
            if stop - start < MIN_BOX_PIXELS:
                continue
            r, c = rows[start:stop], cols[start:stop]
            label = self._instance_labels[int(numbers[start]) - 1]
            found.append(Box(label, int(c.min()), int(r.min()), int(c.max()) + 1, int(r.max()) + 1))
        return found
