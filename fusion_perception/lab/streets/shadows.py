# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Shadows that moving things cast on the ground, and light that cars throw on it."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32, smoothstep
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.lighting import Lighting


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
    """Light the road that the headlights of a car at (x, z) reach; direction -1 = towards the cameras."""
    reach = 16.0
    near, far = max(min(z, z + direction * reach), NEAR), min(max(z, z + direction * reach), 120.0)
    if far - near < 0.2:
        return
    corners = np.array([[x - 3, 0, far], [x + 3, 0, far], [x - 3, 0, near], [x + 3, 0, near]])
    points = camera.project(corners)
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    left, top = int(max(low[0], 0)), int(max(low[1], 0))
    right, bottom = int(min(high[0], canvas.width)), int(min(high[1], canvas.height))
    if right - left < 1 or bottom - top < 1:
        return
    rows = np.arange(top, bottom, dtype=np.float32) + 0.5
    ground_z = camera.focal * camera.y / np.maximum(rows - camera.cy, 0.3)
    ground_x = (np.arange(left, right, dtype=np.float32) + 0.5 - camera.cx) * (ground_z / camera.focal)[:, None]
    ahead = np.maximum((ground_z - z) * direction, 0.0)
    across = (ground_x + camera.x - x) / (0.75 + 0.09 * ahead)[:, None]
    # The low beam meets the road two to six metres ahead and fades from there.
    along = smoothstep(0.6, 3.5, ahead) * (5.0 / (5.0 + ahead)) ** 2.2 * smoothstep(reach, 0.5 * reach, ahead)
    pool = np.exp(-(across**2)) * along[:, None] * strength
    canvas.light[top:bottom, left:right, :3] += pool[..., None] * f32(0.100, 0.097, 0.088)
