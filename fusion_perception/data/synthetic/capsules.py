# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Rounded limbs: tapered capsules with soft outlines and cylindrical shading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.data.synthetic.arrays import Floats
from fusion_perception.data.synthetic.camera import NEAR, Camera
from fusion_perception.data.synthetic.canvas import Canvas


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


def draw_capsules(
    canvas: Canvas,
    camera: Camera,
    figure: Capsules,
    around: Floats,
    sun: Floats,
    to_sun: Floats,
    fabric: Floats,
    label: int,
    instance: int,
) -> None:
    """Paint the limbs, farthest first.

    Args:
        canvas: what to paint on.
        camera: the camera.
        figure: the limbs.
        around: (3,) undirected light.
        sun: (3,) light of the sun, zero in the shade.
        to_sun: (3,) direction of the sun.
        fabric: (S, S) noise for folds, attached to the limbs.
        label: class id.
        instance: number of the boxed object.
    """
    depth = figure.ends[..., 2].mean(axis=1)
    if depth.min() < NEAR:
        return
    pixels = camera.project(figure.ends.reshape(-1, 3)).reshape(-1, 2, 2)
    radii = np.maximum(figure.radii * (camera.focal / figure.ends[..., 2]), 0.35)
    for k in np.argsort(-(depth - figure.nearer)):
        _draw_one(
            canvas,
            pixels[k],
            radii[k],
            figure.albedo[k],
            float(figure.heat[k]),
            float(figure.rim[k]),
            around,
            sun,
            to_sun,
            fabric,
            int(k),
            float(depth.mean()),
            label,
            instance,
        )


def _draw_one(
    canvas: Canvas,
    ends: Floats,
    radii: Floats,
    albedo: Floats,
    heat: float,
    rim: float,
    around: Floats,
    sun: Floats,
    to_sun: Floats,
    fabric: Floats,
    number: int,
    depth: float,
    label: int,
    instance: int,
) -> None:
    reach = float(radii.max()) + 1.5
    left, top = (max(int(np.floor(v)), 0) for v in ends.min(axis=0) - reach)
    right = min(int(np.ceil(ends[:, 0].max() + reach)), canvas.width)
    bottom = min(int(np.ceil(ends[:, 1].max() + reach)), canvas.height)
    if left >= right or top >= bottom:
        return
    x = np.arange(left, right, dtype=np.float32)[None, :] + (0.5 - ends[0, 0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + (0.5 - ends[0, 1])
    axis = ends[1] - ends[0]
    square = max(float(axis @ axis), 1e-6)
    along = np.clip((x * axis[0] + y * axis[1]) / square, 0, 1)
    radius = radii[0] + (radii[1] - radii[0]) * along
    dx, dy = x - along * axis[0], y - along * axis[1]
    distance = np.sqrt(dx * dx + dy * dy)
    alpha = np.clip(radius - distance + 0.5, 0, 1)
    # A surface normal as on a cylinder: sideways from the axis, the rest towards the viewer.
    inverse = 1 / np.maximum(radius, 1e-3)
    nx, ny = dx * inverse, -dy * inverse
    front = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
    size = fabric.shape[0]
    grain = 26.0 / max(float(radii.mean()), 4.0)
    rows = ((along * np.sqrt(square) * grain).astype(np.int32) + 37 * number) % size
    cols = (((nx + 1) * 24).astype(np.int32) + 53 * number) % size
    folds = fabric[rows, cols]
    diffuse = np.clip(nx * to_sun[0] + ny * to_sun[1] - front * to_sun[2], 0, 1)
    shade = (0.5 + 0.2 * ny + 0.34 * front) * (1 + 0.14 * folds)
    light = np.empty((*alpha.shape, 4), np.float32)
    for c in range(3):
        light[..., c] = albedo[c] * (around[c] * shade + sun[c] * diffuse)
    light[..., 3] = heat - rim * (1 - front) + 0.22 * rim * folds
    light *= alpha[..., None]
    canvas.blend(top, left, light, alpha.astype(np.float32), depth, label, instance)
