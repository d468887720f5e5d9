# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Upright planes along the street: painted once, warped into perspective every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, scale_in_place
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.layout import Building
from fusion_perception.lab.streets.lighting import PERIOD

PER_METRE = 18
"""Texels per metre of a wall painted at detail 1."""
_NEAR = 1.5


@dataclass(frozen=True)
class Wall:
    """A painted wall.

    Attributes:
        levels: (h, w, 4) radiance and temperature, each level half as wide as the one before.
        per_metre: rows per metre.
    """

    levels: tuple[Floats, ...]
    per_metre: float

    @classmethod
    def of(cls, texture: Floats, per_metre: float) -> Wall:
        """Return a wall with all levels of a texture."""
        levels = [texture]
        while levels[-1].shape[1] > 16 and len(levels) < 5:
            size = (levels[-1].shape[1] // 2, levels[-1].shape[0])
            levels.append(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA))
        return cls(tuple(levels), per_metre)


def draw_rows(canvas: Canvas, camera: Camera, blocks: Sequence[tuple[Building, Wall, Wall]], thickness: float) -> None:
    """Paint blocks (each with its street face and its end face), farthest first.

    Args:
        canvas: what to paint on.
        camera: the camera.
        blocks: place, street face and the end that faces the cameras.
        thickness: how far the end face reaches away from the street in m.
    """
    visible = []
    for block, front, end in blocks:
        start = (block.z - camera.z + 30.0) % PERIOD - 30.0
        if start + block.length > _NEAR + 0.5:
            visible.append((start, block, front, end))
    for start, block, front, end in sorted(visible, key=lambda item: -item[0]):
        x = block.side * block.front
        if start > _NEAR:
            outer = x + block.side * thickness
            _warp(canvas, camera, end, (x, start), (outer, start), block.height)
        z0 = max(start, _NEAR)
        share = (z0 - start) / block.length
        _warp(canvas, camera, front, (x, z0), (x, start + block.length), block.height, share)


def _warp(
    canvas: Canvas,
    camera: Camera,
    wall: Wall,
    a: tuple[float, float],
    b: tuple[float, float],
    height: float,
    from_share: float = 0.0,
) -> None:
    """Map the wall between ground points a and b (x, z) into the picture."""
    corners = np.array([[a[0], height, a[1]], [b[0], height, b[1]], [b[0], 0, b[1]], [a[0], 0, a[1]]], np.float32)
    points = camera.project(corners)
    left, right = max(int(np.floor(points[:, 0].min())), 0), min(int(np.ceil(points[:, 0].max())) + 1, canvas.width)
    top, bottom = (
        max(int(np.floor(points[:, 1].min())), 0),
        min(int(np.ceil(points[:, 1].max())) + 1, canvas.height),
    )
    if right - left < 1 or bottom - top < 1:
        return
    span = float(np.abs(points[0, 0] - points[1, 0]))
    texels = wall.levels[0].shape[1] * (1 - from_share)
    level = int(np.clip(np.log2(max(texels / max(span, 1.0), 1.0)), 0, len(wall.levels) - 1))
    source = wall.levels[level]
    rows, cols = source.shape[:2]
    shrink = float(np.clip(camera.focal / max(a[1], b[1], 1.0) / wall.per_metre, 0.05, 1.0))
    if shrink < 0.7:
        rows = max(int(source.shape[0] * shrink * 1.2), 4)
        source = cv2.resize(source, (cols, rows), interpolation=cv2.INTER_AREA)
    frame = np.array([[from_share * cols, 0], [cols, 0], [cols, rows], [from_share * cols, rows]])
    matrix = cv2.getPerspectiveTransform(
        (frame - 0.5).astype(np.float32), (points - 0.5 - (left, top)).astype(np.float32)
    )
    size = (right - left, bottom - top)
    light = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size[1], size[0]), np.uint8)
    fixed = np.rint(np.clip(points - 0.5 - (left, top), -20_000, 20_000) * 16).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, 4)
    alpha = mask.astype(np.float32) / 255
    if abs(a[1] - b[1]) < 0.1:
        depth: float | Floats = a[1]
    else:
        cols_seen = np.arange(left, right, dtype=np.float32) + 0.5
        way = camera.focal * (a[0] - camera.x) / np.where(np.abs(cols_seen - camera.cx) < 1, 1.0, cols_seen - camera.cx)
        depth = np.broadcast_to(np.clip(way, a[1], b[1])[None], alpha.shape).astype(np.float32)
    scale_in_place(light, alpha)
    canvas.blend(top, left, light, alpha, depth)
