# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Road, pavements and verges: one plane, textured once and mapped into perspective every frame."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, scale_in_place, smoothstep
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.ground_texture import HALF, GroundGrid, paint_surface, sun_visibility
from fusion_perception.lab.streets.layout import KERB_HEIGHT
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.noise import value_noise
from fusion_perception.lab.streets.setting import Setting

FAR = 150.0
_LEVELS = 7


class Ground:
    """The ground plane of one street."""

    def __init__(self, setting: Setting, rng: np.random.Generator) -> None:
        self._layout, self._lighting = setting.layout, setting.lighting
        self._grid = grid = GroundGrid(setting.detail)
        self.sun = sun_visibility(setting, grid, rng)
        surface = paint_surface(setting, grid, rng)
        lit = np.empty((*grid.shape, 4), np.float32)
        lit[..., :3] = surface[..., :3] * self._light()
        lit[..., 3] = surface[..., 3] + setting.climate.sun_gain * (self.sun - 0.3)
        self._pyramid = self._levels(lit)
        own_light = self._lighting.headlight.any()
        self._albedo = self._levels(np.ascontiguousarray(surface[..., :3].mean(axis=2))) if own_light else []
        grain = 0.75 * value_noise(rng, 512, 512, 1.6, 1.6) + 0.45 * value_noise(rng, 512, 512, 4, 4)
        self._grain = np.clip(1 + 0.15 * grain, 0.4, 1.7).astype(np.float32)

    @staticmethod
    def _levels(texture: Floats) -> list[Floats]:
        """Return a texture at falling resolution: along the road half of it at each level, across at every other."""
        levels = [texture]
        for k in range(1, _LEVELS):
            rows, cols = levels[-1].shape[:2]
            size = (cols if k % 2 else cols // 2, max(rows // 2, 2))
            levels.append(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA))
        return levels

    def _light(self) -> Floats:
        """Return the irradiance (rows, cols, 3) of the ground, without the own headlights."""
        lighting = self._lighting
        light = lighting.ambient + (self.sun * max(float(lighting.to_sun[1]), 0.0))[..., None] * lighting.sun
        if len(lighting.lamps):
            share = lighting.lamp_light(self._grid.x[:, ::4], self._grid.z[::4])
            share = cv2.resize(share, self._grid.shape[::-1], interpolation=cv2.INTER_LINEAR)
            light = light + share[..., None] * lighting.lamp
        return np.asarray(light, np.float32)

    def sun_at(self, x: float, z: float) -> float:
        """Share of direct sun at a point of the world, averaged over most of a metre."""
        grid = self._grid
        x0, x1 = (int(np.clip((x + shift + HALF) * grid.per_x, 0, grid.shape[1] - 1)) for shift in (-0.4, 0.4))
        row, reach = int((z % PERIOD) * grid.per_z), max(int(0.35 * grid.per_z), 1)
        step = max(int(0.17 * grid.per_x), 1)
        return float(self.sun[max(row - reach, 0) : row + reach + 1 : 2, x0 : x1 + 1 : step].mean())

    def sun_line(self, x: float, z: Floats) -> Floats:
        """Share of direct sun along x = const at the places z of the world."""
        grid = self._grid
        col = int(np.clip((x + HALF) * grid.per_x, 0, grid.shape[1] - 1))
        return np.asarray(self.sun[((z % PERIOD) * grid.per_z).astype(int) % grid.shape[0], col], np.float32)

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
        footprint = z**2 / (camera.focal * camera.y) * self._grid.per_z
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
        scale_in_place(target[start:], np.asarray(1 + (grain - 1) * fade, np.float32), heat_too=False)
