# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Rounded limbs: tapered capsules with soft outlines and cylindrical shading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets.arrays import Floats
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas

_TOGETHER = 60_000
"""Figures of fewer pixels times limbs than this are computed in one go; larger ones limb by limb."""


@dataclass(frozen=True)
class Capsules:
    """Limbs of one figure; z relative to the camera.

    Attributes:
        ends: (N, 2, 3) end points in m.
        radii: (N, 2) radii at the end points in m.
        albedo: (N, 3) diffuse reflectance.
        heat: (N,) temperature in the middle of the limb.
        rim: (N,) by how many degrees its outline is cooler.
        nearer: (N,) metres by which a limb is drawn nearer than it is.
    """

    ends: Floats
    radii: Floats
    albedo: Floats
    heat: Floats
    rim: Floats
    nearer: Floats


@dataclass(frozen=True)
class FigureLight:
    """Light on a figure.

    Attributes:
        around: (3,) undirected light.
        sun: (3,) light of the sun, zero in the shade.
        to_sun: (3,) direction of the sun.
        fabric: (S, S) noise for folds, attached to the limbs.
    """

    around: Floats
    sun: Floats
    to_sun: Floats
    fabric: Floats


def draw_capsules(
    canvas: Canvas, camera: Camera, figure: Capsules, light: FigureLight, label: int, instance: int
) -> None:
    """Paint the limbs of a figure, farthest first."""
    depth = figure.ends[..., 2].mean(axis=1)
    if depth.min() < NEAR:
        return
    pixels = camera.project(figure.ends.reshape(-1, 3)).reshape(-1, 2, 2)
    radii = np.maximum(figure.radii * (camera.focal / figure.ends[..., 2]), 0.35).astype(np.float32)
    reach = radii.max(axis=1)[:, None] + 1.5
    low = np.floor(pixels.min(axis=1) - reach).astype(int)
    high = np.ceil(pixels.max(axis=1) + reach).astype(int)
    left, top = np.maximum(low.min(axis=0), 0)
    right, bottom = np.minimum(high.max(axis=0), (canvas.width, canvas.height))
    if left >= right or top >= bottom:
        return
    order = np.argsort(-(depth - figure.nearer))
    shape = (int(bottom - top), int(right - left))
    if shape[0] * shape[1] * len(order) <= _TOGETHER:
        colour, cover = _limbs(figure, light, order, pixels, radii, (left, top), shape)
        # Over-compositing of all limbs at once: each shows through what lies in front of it.
        clear = np.cumprod((1 - cover)[::-1], axis=0)[::-1]
        seen = cover.copy()
        seen[:-1] *= clear[1:]
        total, alpha = np.einsum("nhw,nhwc->hwc", seen, colour), 1 - clear[0]
    else:
        total = np.zeros((*shape, 4), np.float32)
        alpha = np.zeros(shape, np.float32)
        for k in order:
            x0, y0 = np.maximum(low[k], (left, top))
            x1, y1 = np.minimum(high[k], (right, bottom))
            if x0 >= x1 or y0 >= y1:
                continue
            part = (slice(int(y0 - top), int(y1 - top)), slice(int(x0 - left), int(x1 - left)))
            colour, cover = _limbs(figure, light, np.array([k]), pixels, radii, (x0, y0), (int(y1 - y0), int(x1 - x0)))
            clear = 1 - cover[0]
            total[part] = total[part] * clear[..., None] + colour[0] * cover[0][..., None]
            alpha[part] = 1 - (1 - alpha[part]) * clear
    canvas.blend(int(top), int(left), total, alpha, float(depth.mean()), label, instance)


def _limbs(
    figure: Capsules,
    light: FigureLight,
    which: np.ndarray,
    pixels: Floats,
    radii: Floats,
    corner: tuple[int, int],
    shape: tuple[int, int],
) -> tuple[Floats, Floats]:
    """Return (N, h, w, 4) radiance and temperature and (N, h, w) coverage of some limbs."""
    ends, radii = pixels[which], radii[which]
    x = np.arange(shape[1], dtype=np.float32)[None, None, :] + (corner[0] + 0.5 - ends[:, 0, 0])[:, None, None]
    y = np.arange(shape[0], dtype=np.float32)[None, :, None] + (corner[1] + 0.5 - ends[:, 0, 1])[:, None, None]
    axis = ends[:, 1] - ends[:, 0]
    square = np.maximum((axis * axis).sum(axis=1), 1e-6)
    ax, ay = axis[:, 0, None, None], axis[:, 1, None, None]
    along = np.clip(x * (ax / square[:, None, None]) + y * (ay / square[:, None, None]), 0, 1)
    radius = radii[:, 0, None, None] + (radii[:, 1] - radii[:, 0])[:, None, None] * along
    inverse = 1 / radius
    # A surface normal as on a cylinder: sideways from the axis, the rest towards the viewer.
    nx, ny = (x - along * ax) * inverse, (along * ay - y) * inverse
    off = nx * nx + ny * ny
    cover = np.clip((1 - np.sqrt(off)) * radius + 0.5, 0, 1)
    front = np.sqrt(np.clip(1 - off, 0, 1))
    size = light.fabric.shape[0]
    grain = np.sqrt(square) * 26.0 / np.maximum(radii.mean(axis=1), 4.0)
    rows = ((along * grain[:, None, None]).astype(np.int32) + (37 * which)[:, None, None]) % size
    cols = (((nx + 1) * 24).astype(np.int32) + (53 * which)[:, None, None]) % size
    folds = light.fabric[rows, cols]
    sun_x, sun_y, sun_z = (float(v) for v in light.to_sun)
    diffuse = np.clip(nx * sun_x + ny * sun_y - front * sun_z, 0, 1)
    shade = (0.5 + 0.2 * ny + 0.34 * front) * (1 + 0.14 * folds)
    colour = np.empty((*cover.shape, 4), np.float32)
    albedo, rim = figure.albedo[which], figure.rim[which][:, None, None]
    for c in range(3):
        colour[..., c] = albedo[:, c, None, None] * (float(light.around[c]) * shade + float(light.sun[c]) * diffuse)
    colour[..., 3] = figure.heat[which][:, None, None] - rim * (1 - front) + 0.2 * rim * folds
    return colour, cover.astype(np.float32)
