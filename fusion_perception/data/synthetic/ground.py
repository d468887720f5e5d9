# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Road, pavements and verges: one plane, textured once and mapped into perspective every frame."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.data.synthetic.arrays import Floats, f32, smoothstep
from fusion_perception.data.synthetic.camera import Camera
from fusion_perception.data.synthetic.canvas import Canvas
from fusion_perception.data.synthetic.climate import Climate
from fusion_perception.data.synthetic.layout import KERB_HEIGHT, Layout
from fusion_perception.data.synthetic.lighting import PERIOD, Lighting
from fusion_perception.data.synthetic.noise import fractal_noise, value_noise

HALF = 20.0
"""The texture reaches this many metres to either side."""
PER_X = 24
"""Texture columns per metre."""
PER_Z = 12
"""Texture rows per metre along the road."""
FAR = 150.0
_LEVELS = 7


class Ground:
    """The ground plane of one street."""

    def __init__(self, layout: Layout, lighting: Lighting, climate: Climate, rng: np.random.Generator) -> None:
        self._layout, self._lighting, self._climate = layout, lighting, climate
        rows, cols = int(PERIOD * PER_Z), int(2 * HALF * PER_X)
        self.x: Floats = ((np.arange(cols, dtype=np.float32) + 0.5) / PER_X - HALF)[None, :]
        self.z: Floats = ((np.arange(rows, dtype=np.float32) + 0.5) / PER_Z)[:, None]
        self.sun = self._sun_visibility(rng)
        light = self._light()
        surface = self._surface(rng)
        lit = np.empty((rows, cols, 4), np.float32)
        lit[..., :3] = surface[..., :3] * light
        lit[..., 3] = surface[..., 3] + climate.sun_gain * (self.sun - 0.3)
        # The wrap of the last row onto the first needs no border: remap wraps around.
        self._pyramid = [lit]
        for _ in range(_LEVELS - 1):
            above = self._pyramid[-1]
            size = (above.shape[1] if len(self._pyramid) % 2 else above.shape[1] // 2, max(above.shape[0] // 2, 2))
            self._pyramid.append(cv2.resize(above, size, interpolation=cv2.INTER_AREA))
        albedo = self._pyramid_of_albedo(surface) if lighting.headlight.any() else []
        self._albedo = albedo
        grain = 0.75 * value_noise(rng, 512, 512, 1.6, 1.6) + 0.45 * value_noise(rng, 512, 512, 4, 4)
        self._grain = np.clip(1 + 0.15 * grain, 0.4, 1.7).astype(np.float32)

    @staticmethod
    def _pyramid_of_albedo(surface: Floats) -> list[Floats]:
        levels = [np.ascontiguousarray(surface[..., :3].mean(axis=2))]
        for _ in range(_LEVELS - 1):
            above = levels[-1]
            size = (above.shape[1] if len(levels) % 2 else above.shape[1] // 2, max(above.shape[0] // 2, 2))
            levels.append(cv2.resize(above, size, interpolation=cv2.INTER_AREA))
        return levels

    def _surface(self, rng: np.random.Generator) -> Floats:
        """Return albedo and temperature of the ground by day, without light."""
        layout, climate = self._layout, self._climate
        shape = (self.z.shape[0], self.x.shape[1])
        left, right = layout.edges
        broad = fractal_noise(rng, *shape, 70, 4, 0.6, aspect=0.5 * PER_Z / PER_X * 6)
        fine = value_noise(rng, *shape, 1.0, 1.5)
        road = (0.115 + 0.009 * broad + 0.006 * fine)[..., None] * f32(0.98, 1.0, 1.03)
        # Wheel tracks are polished and a little brighter; the lane's middle is darker with oil.
        for centre in (0.0, -layout.parking * 3.3):
            for track in (-0.75, 0.75):
                road = road * (1 + 0.10 * np.exp(-(((self.x - centre - track) / 0.25) ** 2)))[..., None]
            road = road * (1 - 0.12 * np.exp(-(((self.x - centre) / 0.3) ** 2)))[..., None]
        road *= self._patches(rng, shape)[..., None]
        slabs = 0.36 + 0.03 * broad + 0.012 * fine
        joint = np.minimum(np.abs((self.x % 0.9) - 0.45), np.abs((self.z % 0.9) - 0.45))
        slabs = slabs * np.where(joint > 0.41, 0.78, 1.0)
        slabs = (
            slabs
            * (1 + 0.06 * rng.standard_normal((int(PERIOD / 0.9) + 2, 64)).astype(np.float32))[
                (self.z / 0.9).astype(int), (np.abs(self.x) / 0.9).astype(int)
            ]
        )
        paving = slabs[..., None] * f32(1.02, 1.0, 0.95)
        grass = (0.085 + 0.022 * broad + 0.03 * fine)[..., None] * f32(0.82, 1.1, 0.42)
        outside = np.where(self.x < 0, left - self.x, self.x - right)
        inner = (outside > 0)[..., None]
        verge = smoothstep(layout.pavement, layout.pavement + 0.15, outside + 0 * self.z)[..., None]
        gutter = 1 - 0.25 * np.exp(-(((outside + 0.15) / 0.12) ** 2))[..., None]
        colour = np.where(inner, paving * (1 - verge) + grass * verge, road * gutter)
        heat = climate.road + 0.28 * broad + 0.12 * fine + 0.35 * (outside > 0) - 0.4 * verge[..., 0]
        heat = heat + 0.25 * np.exp(-((np.abs(np.abs(self.x) - 0.75) / 0.3) ** 2))
        return np.dstack([np.clip(colour, 0.01, 1.0), heat]).astype(np.float32)

    @staticmethod
    def _patches(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        """Return darker rectangles where the road was mended, and cracks."""
        tone = np.ones(shape, np.float32)
        for _ in range(14):
            z, x = int(rng.uniform(0, shape[0] - 80)), int(rng.uniform(0.28, 0.66) * shape[1])
            tone[z : z + int(rng.uniform(12, 70)), x : x + int(rng.uniform(14, 60))] *= float(rng.uniform(0.72, 0.95))
        for _ in range(30):
            steps = np.cumsum(rng.normal((0.8, 0.0), 1.2, (60, 2)), axis=0)
            start = (rng.uniform(0.25, 0.7) * shape[1], rng.uniform(0, shape[0]))
            points = np.rint(steps[:, ::-1] * (1.4, 0.9) + start).astype(np.int32)
            cv2.polylines(tone, [points.reshape(-1, 1, 2)], False, float(rng.uniform(0.6, 0.85)), 1, cv2.LINE_AA)
        return tone

    def _sun_visibility(self, rng: np.random.Generator) -> Floats:
        """Return the share of direct sun on the ground, 0 in the shade of houses and trees."""
        shape = (self.z.shape[0], self.x.shape[1])
        sun = self._lighting.to_sun
        if self._lighting.sun.max() < 0.1 or sun[1] < 0.05:
            return np.zeros(shape, np.float32)
        visible = np.ones(shape, np.uint8)
        slope = -np.array([sun[0], sun[2]]) / sun[1]

        def fill(x: np.ndarray, z: np.ndarray) -> None:
            for turn in (-PERIOD, 0.0, PERIOD):
                points = np.stack([(x + HALF) * PER_X, (z + turn) * PER_Z], axis=1)
                hull = cv2.convexHull(np.rint(points).astype(np.int32))
                cv2.fillConvexPoly(visible, hull, 0)

        for house in self._layout.buildings:
            x0, x1 = house.side * house.front, house.side * (house.front + 12)
            base = np.array([[x0, house.z], [x0, house.z + house.length], [x1, house.z + house.length], [x1, house.z]])
            corners = np.vstack([base, base + slope * house.height])
            fill(corners[:, 0], corners[:, 1])
        result = cv2.GaussianBlur(visible.astype(np.float32), (0, 0), 2.5)
        crowns = np.zeros(shape, np.float32)
        turns = np.linspace(0, 2 * np.pi, 20)
        for tree in self._layout.trees:
            for high, radius in ((0.55, 0.26), (0.75, 0.22)):
                cx, cz = np.array([tree.x, tree.z]) + slope * tree.height * high
                x, z = cx + np.cos(turns) * radius * tree.height, cz + np.sin(turns) * radius * tree.height
                for turn in (-PERIOD, 0.0, PERIOD):
                    points = np.stack([(x + HALF) * PER_X, (z + turn) * PER_Z], axis=1)
                    cv2.fillConvexPoly(crowns, np.rint(points).astype(np.int32), 1.0)
            foot = np.array([[tree.x, tree.z], np.array([tree.x, tree.z]) + slope * tree.height * 0.5])
            foot = np.rint((foot + np.array([HALF, 0])) * (PER_X, PER_Z)).astype(np.int32)
            cv2.line(crowns, foot[0].tolist(), foot[1].tolist(), 1.0, 4)
        dapple = fractal_noise(rng, *shape, 20, 3, 0.7, aspect=PER_Z / PER_X)
        shade = cv2.GaussianBlur(crowns, (0, 0), 3.0) * (0.75 + 0.3 * dapple)
        return np.asarray(result * np.clip(1 - shade, 0, 1), np.float32)

    def _light(self) -> Floats:
        """Return the irradiance (rows, cols, 3) of the ground, without the own headlights."""
        lighting = self._lighting
        light = lighting.ambient + (self.sun * max(float(lighting.to_sun[1]), 0.0))[..., None] * lighting.sun
        if len(lighting.lamps):
            share = lighting.lamp_light(self.x[:, ::4], self.z[::4])
            share = cv2.resize(share, (self.x.shape[1], self.z.shape[0]), interpolation=cv2.INTER_LINEAR)
            light = light + share[..., None] * lighting.lamp
        return np.asarray(light, np.float32)

    def sun_at(self, x: float, z: float) -> float:
        """Share of direct sun at a point of the world, averaged over about a metre."""
        row, col = int((z % PERIOD) * PER_Z), int(np.clip((x + HALF) * PER_X, 12, 2 * HALF * PER_X - 13))
        return float(self.sun[max(row - 4, 0) : row + 5 : 2, col - 10 : col + 11 : 4].mean())

    def sun_line(self, x: float, z: Floats) -> Floats:
        """Share of direct sun along x = const at the places z of the world."""
        col = int(np.clip((x + HALF) * PER_X, 0, 2 * HALF * PER_X - 1))
        return np.asarray(self.sun[((z % PERIOD) * PER_Z).astype(int) % len(self.sun), col], np.float32)

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Paint everything below the horizon."""
        top = max(0, int(np.ceil(camera.cy + camera.focal * camera.y / FAR)))
        if top >= canvas.height:
            return
        rows = np.arange(top, canvas.height, dtype=np.float32) + 0.5
        cols = np.arange(canvas.width, dtype=np.float32) + 0.5
        z = camera.focal * camera.y / (rows - camera.cy)
        x = (cols - camera.cx)[None, :] * (z / camera.focal)[:, None] + camera.x
        z_map = np.repeat(z[:, None], canvas.width, axis=1)
        # The pavement is a step higher: the same pixel sees a nearer point.
        raise_by = 1 - KERB_HEIGHT / camera.y
        x_high = (x - camera.x) * raise_by + camera.x
        high = (x_high > self._layout.edges[1]) | (x_high < self._layout.edges[0])
        np.copyto(x, x_high, where=high)
        z_map[high] *= raise_by
        footprint = z**2 / (camera.focal * camera.y) * PER_Z
        level = np.clip(np.log2(np.maximum(footprint, 1)), 0, _LEVELS - 1).astype(int)
        target = canvas.light[top:]
        for k in np.unique(level):
            lines = level == k
            source = self._pyramid[k]
            span = slice(int(np.flatnonzero(lines)[0]), int(np.flatnonzero(lines)[-1]) + 1)
            map_x = (np.clip(x[span], -HALF, HALF) + HALF) * (source.shape[1] / (2 * HALF)) - 0.5
            map_z = ((z_map[span] + camera.z) % PERIOD) * (source.shape[0] / PERIOD) - 0.5
            target[span] = cv2.remap(source, map_x, map_z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            if self._albedo:
                albedo = cv2.remap(self._albedo[k], map_x, map_z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
                beam = self._lighting.beam(x[span], z_map[span]) * albedo
                target[span, :, :3] += beam[..., None] * self._lighting.headlight
        self._add_grain(target, x, z_map, z, camera)
        canvas.depth[top:] = z_map

    def _add_grain(self, target: Floats, x: Floats, z_map: Floats, z: Floats, camera: Camera) -> None:
        """Modulate the near ground with the grain of the asphalt."""
        near = z < 16.0
        if not near.any():
            return
        start = int(np.flatnonzero(near)[0])
        per_metre = 64.0
        map_x = (x[start:] * per_metre) % 512
        map_z = ((z_map[start:] + camera.z) * per_metre) % 512
        grain = cv2.remap(self._grain, map_x, map_z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        fade = smoothstep(16.0, 5.0, z[start:])[:, None]
        target[start:, :, :3] *= (1 + (grain - 1) * fade)[..., None]
