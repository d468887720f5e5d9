# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Shadows that moving things cast on the ground, and light that cars throw on it."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.data.synthetic.arrays import Floats, f32
from fusion_perception.data.synthetic.camera import NEAR, Camera
from fusion_perception.data.synthetic.canvas import Canvas
from fusion_perception.data.synthetic.lighting import Lighting


def _ground_mask(
    canvas: Canvas, camera: Camera, outline: np.ndarray, softness: float
) -> tuple[tuple[slice, slice], Floats] | None:
    """Return a soft mask of a convex outline (N, 2) of x and z on the ground, and where it lies."""
    points = np.stack([outline[:, 0], np.zeros(len(outline)), np.maximum(outline[:, 1], NEAR)], axis=1)
    pixels = camera.project(points)
    hull = cv2.convexHull(pixels)[:, 0]
    blur = float(np.clip(softness * camera.scale_at(float(np.median(points[:, 2]))), 0.6, 14))
    low = np.floor(hull.min(axis=0) - 2 * blur)
    high = np.ceil(hull.max(axis=0) + 2 * blur)
    left, top = int(max(low[0], 0)), int(max(low[1], 0))
    right, bottom = int(min(high[0], canvas.width)), int(min(high[1], canvas.height))
    if right - left < 1 or bottom - top < 1:
        return None
    mask = np.zeros((bottom - top, right - left), np.uint8)
    fixed = np.rint(np.clip(hull - (left + 0.5, top + 0.5), -20_000, 20_000) * 16).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, 4)
    # On the ground a blur is wide across and flat along the view.
    soft = cv2.GaussianBlur(mask, (0, 0), blur, sigmaY=max(0.45 * blur, 0.5)).astype(np.float32) / 255
    return (slice(top, bottom), slice(left, right)), soft


def contact(
    canvas: Canvas, camera: Camera, outline: np.ndarray, strength: float, softness: float, warmth: float = 0.0
) -> None:
    """Darken the ground below an object; ``warmth`` degrees reach the ground there."""
    found = _ground_mask(canvas, camera, outline, softness)
    if found is not None:
        where, mask = found
        canvas.light[where][..., :3] *= (1 - strength * mask)[..., None]
        canvas.light[where][..., 3] += warmth * mask


def cast(
    canvas: Canvas, camera: Camera, lighting: Lighting, foot: np.ndarray, height: float, sun: float, softness: float
) -> None:
    """Cast the sun's shadow of a prism over the ground outline ``foot`` (N, 2)."""
    up = float(lighting.to_sun[1])
    if sun < 0.05 or up < 0.05 or lighting.sun.max() < 0.1:
        return
    slope = -np.array([lighting.to_sun[0], lighting.to_sun[2]]) / up * height
    found = _ground_mask(canvas, camera, np.vstack([foot, foot + slope]), softness)
    if found is None:
        return
    where, mask = found
    full = lighting.ambient + lighting.sun * (up * sun)
    share = lighting.ambient / full
    canvas.light[where][..., :3] *= 1 - mask[..., None] * (1 - share) * sun
    canvas.light[where][..., 3] -= 0.5 * mask * sun


def headlight_pool(canvas: Canvas, camera: Camera, x: float, z: float, direction: float, strength: float) -> None:
    """Light the road in front of an oncoming car (direction -1) or a car ahead (+1)."""
    for reach, width, share in ((14.0, 1.9, 0.35), (8.0, 1.3, 0.65)):
        near, far = z + direction * 1.0, z + direction * reach
        outline = np.array([[x - 0.6, near], [x + 0.6, near], [x + width, far], [x - width, far]])
        if outline[:, 1].max() < NEAR:
            continue
        found = _ground_mask(canvas, camera, outline, 0.5)
        if found is not None:
            where, mask = found
            canvas.light[where][..., :3] += (mask * share * strength)[..., None] * f32(0.1, 0.098, 0.09)
