# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Draws polygons, lines and discs with soft edges into a patch of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, scale_in_place
from fusion_perception.lab.streets.canvas import Canvas

_SHIFT = 4
_MAX_PIXELS = 260_000
_LIMIT = 30_000.0


class Patch:
    """A supersampled drawing area over part of a canvas.

    Shapes are drawn as numbers of a colour table, back to front; ``finish`` looks the colours up, shrinks the
    area to picture resolution and blends it in. So edges are anti-aliased and shading costs one look-up.

    Args:
        canvas: what to draw on.
        points: (N, 2) pixels that the drawing must cover.
        margin: extra border in pixels.
        detail: finest supersampling; large areas get less.
    """

    def __init__(self, canvas: Canvas, points: Floats, margin: float = 2.0, detail: int = 3) -> None:
        low = np.floor(points.min(axis=0) - margin)
        high = np.ceil(points.max(axis=0) + margin)
        self.left, self.top = int(max(low[0], 0)), int(max(low[1], 0))
        self.right = int(min(high[0], canvas.width))
        self.bottom = int(min(high[1], canvas.height))
        self.empty = self.left >= self.right or self.top >= self.bottom
        self._canvas = canvas
        if self.empty:
            return
        area = (self.right - self.left) * (self.bottom - self.top)
        self.factor = detail
        while self.factor > 1 and area * self.factor**2 > _MAX_PIXELS:
            self.factor -= 1
        self._index = np.zeros(
            ((self.bottom - self.top) * self.factor, (self.right - self.left) * self.factor), np.int16
        )
        self._colours: list[Floats] = [np.zeros((1, 4), np.float32)]
        self._used = 1

    def colours(self, table: Floats) -> int:
        """Append (N, 4) radiance and temperature entries; return the number of the first one."""
        first = self._used
        self._colours.append(np.asarray(table, np.float32))
        self._used += len(table)
        return first

    def _fixed(self, points: Floats) -> np.ndarray:
        shifted = (np.asarray(points, np.float32) - (self.left, self.top)) * self.factor - 0.5
        return np.rint(np.clip(shifted, -_LIMIT, _LIMIT) * (1 << _SHIFT)).astype(np.int32)

    def polygons(self, points: Floats, first: int, order: np.ndarray | None = None) -> None:
        """Fill convex polygons.

        Args:
            points: (N, K, 2) pixels.
            first: colour number of polygon 0; polygon i has ``first + i``.
            order: drawing order, default as given.
        """
        fixed = self._fixed(points)
        for k in range(len(fixed)) if order is None else order.tolist():
            cv2.fillConvexPoly(self._index, fixed[k], first + int(k), cv2.LINE_8, _SHIFT)

    def line(self, points: Floats, colour: int, width: float) -> None:
        """Draw a polyline of (N, 2) pixels; width in pixels."""
        thickness = max(1, round(width * self.factor))
        cv2.polylines(self._index, [self._fixed(points)], False, colour, thickness, cv2.LINE_8, _SHIFT)

    def disc(self, centre: Floats, radius: float, colour: int) -> None:
        """Fill a circle; centre and radius in pixels."""
        fixed = self._fixed(np.asarray(centre, np.float32)[None])[0]
        size = round(max(radius * self.factor, 0.5) * (1 << _SHIFT))
        cv2.circle(self._index, (int(fixed[0]), int(fixed[1])), size, colour, -1, cv2.LINE_8, _SHIFT)

    def finish(self, depth: float, label: int = 0, instance: int = 0, smooth: float = 0.0) -> None:
        """Blend the drawing into the canvas.

        Args:
            depth: distance in m.
            label: class id.
            instance: number of the boxed object, or 0.
            smooth: blur of the shading in pixels, inside of the drawing's outline.
        """
        # Number 0 is black: what is not drawn on adds nothing, so the colours are multiplied by coverage already.
        light = np.take(np.vstack(self._colours), self._index, axis=0, mode="clip")
        alpha = (self._index > 0).astype(np.float32)
        if self.factor > 1:
            size = (self.right - self.left, self.bottom - self.top)
            light = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
            alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        if smooth > 0.35:
            # Dividing by the blurred coverage keeps colours from leaking out of the outline.
            light = cv2.GaussianBlur(light, (0, 0), smooth)
            scale_in_place(light, alpha / np.maximum(cv2.GaussianBlur(alpha, (0, 0), smooth), 1e-3))
        self._canvas.blend(self.top, self.left, light, alpha, depth, label, instance)
