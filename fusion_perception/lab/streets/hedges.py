# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Clipped hedges between pavement and houses."""

from __future__ import annotations

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.layout import Building
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.setting import Setting
from fusion_perception.lab.streets.walls import PER_METRE, Wall, draw_rows

_DEPTH = 0.8


class Hedges:
    """All hedges of one street."""

    def __init__(self, setting: Setting, rng: np.random.Generator) -> None:
        self._hedges: list[tuple[Building, Wall, Wall]] = []
        for hedge in setting.layout.hedges:
            leaves = f32(0.07, 0.12, 0.035) * float(rng.uniform(0.8, 1.3))
            front = self._paint(setting, hedge, hedge.length, leaves, f32(-hedge.side, 0, 0), rng)
            end = self._paint(setting, hedge, _DEPTH, leaves, f32(0, 0, -1), rng)
            self._hedges.append((hedge, front, end))

    @staticmethod
    def _paint(
        setting: Setting, hedge: Building, length: float, leaves: Floats, normal: Floats, rng: np.random.Generator
    ) -> Wall:
        lighting, per = setting.lighting, PER_METRE * setting.detail
        height, width = max(round(hedge.height * per), 4), max(round(length * per), 8)
        up = np.linspace(1, 0, height, dtype=np.float32)[:, None]
        x = ((np.arange(width, dtype=np.float32) + 0.5) / per)[None, :]
        clumps = fractal_noise(rng, height, width, 0.6 * per, 4, 0.85)
        facing = max(float(normal @ lighting.to_sun), 0.0) + 0.4 * up**3 * max(float(lighting.to_sun[1]), 0.0)
        light = lighting.ambient * (0.45 + 0.55 * up)[..., None] + lighting.sun * (0.8 * facing)[..., None]
        if len(lighting.lamps):
            along = x if abs(normal[0]) > 0.5 else np.zeros_like(x)
            side = np.float32(hedge.side * hedge.front)
            share = lighting.lamp_light(side, hedge.z + along, np.minimum(hedge.height * up, 4.0))
            light = light + share[..., None] * lighting.lamp * 0.7
        radiance = leaves * light * np.clip(1 + 0.45 * clumps, 0.15, 2.4)[..., None]
        heat = setting.climate.leaves - 0.4 + 0.6 * clumps + 0.8 * up
        return Wall.of(np.dstack([radiance, heat]).astype(np.float32), per)

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Paint the hedges."""
        draw_rows(canvas, camera, self._hedges, _DEPTH)
