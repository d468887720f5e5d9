# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the ground looks like from above: asphalt, paving and grass, and the shade that lies on them."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32, smoothstep
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.noise import fractal_noise, value_noise
from fusion_perception.lab.streets.setting import Setting

HALF = 20.0
"""The texture reaches this many metres to either side."""


class GroundGrid:
    """The texels of the ground.

    Attributes:
        per_x: texels per metre across the road.
        per_z: texels per metre along the road; fewer, for the ground is seen at a grazing angle.
        x: (1, columns) place of the texels in m.
        z: (rows, 1) place of the texels in m.
        shape: rows and columns.
    """

    def __init__(self, detail: float) -> None:
        self.shape = (round(PERIOD * 12 * detail), round(2 * HALF * 24 * detail))
        self.per_z, self.per_x = self.shape[0] / PERIOD, self.shape[1] / (2 * HALF)
        self.x: Floats = ((np.arange(self.shape[1], dtype=np.float32) + 0.5) / self.per_x - HALF)[None, :]
        self.z: Floats = ((np.arange(self.shape[0], dtype=np.float32) + 0.5) / self.per_z)[:, None]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return the (N, 2) int32 columns and rows of points (N, 2) of x and z."""
        scaled = (points + np.array([HALF, 0.0])) * np.array([self.per_x, self.per_z])
        return np.asarray(np.rint(scaled), np.int32)


def paint_surface(setting: Setting, grid: GroundGrid, rng: np.random.Generator) -> Floats:
    """Return (rows, columns, 4) albedo and temperature in the shade."""
    layout, climate = setting.layout, setting.climate
    shape, per = grid.shape, grid.per_x
    left, right = layout.edges
    broad = fractal_noise(rng, *shape, 2.9 * per, 4, 0.6, aspect=1.5)
    fine = value_noise(rng, *shape, 1.0, 0.06 * per)
    road = (0.115 + 0.009 * broad + 0.006 * fine)[..., None] * f32(0.98, 1.0, 1.03)
    # Wheel tracks are polished and a little brighter; the lane's middle is darker with oil.
    for centre in (0.0, -layout.parking * 3.3):
        for track in (-0.75, 0.75):
            road = road * (1 + 0.10 * np.exp(-(((grid.x - centre - track) / 0.25) ** 2)))[..., None]
        road = road * (1 - 0.12 * np.exp(-(((grid.x - centre) / 0.3) ** 2)))[..., None]
    road *= _patches(grid, rng)[..., None]
    slabs = 0.36 + 0.03 * broad + 0.012 * fine
    joint = np.minimum(np.abs((grid.x % 0.9) - 0.45), np.abs((grid.z % 0.9) - 0.45))
    slabs = slabs * np.where(joint > 0.41, 0.78, 1.0)
    slabs = (
        slabs
        * (1 + 0.06 * rng.standard_normal((int(PERIOD / 0.9) + 2, 64)).astype(np.float32))[
            (grid.z / 0.9).astype(int), (np.abs(grid.x) / 0.9).astype(int)
        ]
    )
    paving = slabs[..., None] * f32(1.02, 1.0, 0.95)
    grass = (0.085 + 0.022 * broad + 0.03 * fine)[..., None] * f32(0.82, 1.1, 0.42)
    outside = np.where(grid.x < 0, left - grid.x, grid.x - right)
    inner = (outside > 0)[..., None]
    verge = smoothstep(layout.pavement, layout.pavement + 0.15, outside + 0 * grid.z)[..., None]
    gutter = 1 - 0.25 * np.exp(-(((outside + 0.15) / 0.12) ** 2))[..., None]
    colour = np.where(inner, paving * (1 - verge) + grass * verge, road * gutter)
    heat = climate.road + 0.28 * broad + 0.12 * fine + 0.35 * (outside > 0) - 0.4 * verge[..., 0]
    heat = heat + 0.25 * np.exp(-((np.abs(np.abs(grid.x) - 0.75) / 0.3) ** 2))
    return np.dstack([np.clip(colour, 0.01, 1.0), heat]).astype(np.float32)


def _patches(grid: GroundGrid, rng: np.random.Generator) -> Floats:
    """Return darker rectangles where the road was mended, and cracks."""
    tone = np.ones(grid.shape, np.float32)
    for _ in range(14):
        x, z = float(rng.uniform(-8.5, 6.5)), float(rng.uniform(0, PERIOD - 6))
        corner = grid.pixels(np.array([[x, z], [x + rng.uniform(0.6, 2.5), z + rng.uniform(1, 6)]]))
        tone[corner[0, 1] : corner[1, 1], corner[0, 0] : corner[1, 0]] *= float(rng.uniform(0.72, 0.95))
    for _ in range(30):
        steps = np.cumsum(rng.normal((0.0, 0.06), (0.07, 0.09), (60, 2)), axis=0)
        start = np.array([rng.uniform(-8, 8), rng.uniform(0, PERIOD)])
        points = grid.pixels(steps + start)
        cv2.polylines(tone, [points.reshape(-1, 1, 2)], False, float(rng.uniform(0.6, 0.85)), 1, cv2.LINE_AA)
    return tone


def sun_visibility(setting: Setting, grid: GroundGrid, rng: np.random.Generator) -> Floats:
    """Return the share (rows, columns) of direct sun on the ground, 0 in the shade of houses and trees."""
    lighting, layout = setting.lighting, setting.layout
    sun = lighting.to_sun
    if lighting.sun.max() < 0.1 or sun[1] < 0.05:
        return np.zeros(grid.shape, np.float32)
    visible = np.ones(grid.shape, np.float32)
    crowns = np.zeros(grid.shape, np.float32)
    slope = -np.array([sun[0], sun[2]]) / sun[1]

    def fill(image: Floats, outline: np.ndarray, value: float) -> None:
        for turn in (-PERIOD, 0.0, PERIOD):
            hull = cv2.convexHull(grid.pixels(outline + np.array([0, turn])))
            cv2.fillConvexPoly(image, hull, value)

    for house in layout.buildings:
        x0, x1 = house.side * house.front, house.side * (house.front + 12)
        z0, z1 = house.z, house.z + house.length
        base = np.array([[x0, z0], [x0, z1], [x1, z1], [x1, z0]])
        fill(visible, np.vstack([base, base + slope * house.height]), 0.0)
    turns = np.linspace(0, 2 * np.pi, 20)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    for tree in layout.trees:
        foot = np.array([tree.x, tree.z])
        for high, radius in ((0.55, 0.26), (0.75, 0.22)):
            fill(crowns, foot + slope * tree.height * high + circle * radius * tree.height, 1.0)
        fill(crowns, np.vstack([foot + circle * 0.12, foot + slope * tree.height * 0.5 + circle * 0.12]), 1.0)
    dapple = fractal_noise(rng, *grid.shape, 0.8 * grid.per_x, 3, 0.7, aspect=grid.per_z / grid.per_x)
    shade = cv2.GaussianBlur(crowns, (0, 0), 0.13 * grid.per_x) * (0.75 + 0.3 * dapple)
    return np.asarray(cv2.GaussianBlur(visible, (0, 0), 0.1 * grid.per_x) * np.clip(1 - shade, 0, 1), np.float32)
