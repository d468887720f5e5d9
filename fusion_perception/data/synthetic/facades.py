# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Houses along the street: façades with windows, painted once and warped into perspective."""

from __future__ import annotations

import numpy as np

from fusion_perception.data.synthetic.arrays import Floats, f32
from fusion_perception.data.synthetic.camera import Camera
from fusion_perception.data.synthetic.canvas import Canvas
from fusion_perception.data.synthetic.climate import Climate
from fusion_perception.data.synthetic.layout import Building, Layout
from fusion_perception.data.synthetic.lighting import Lighting
from fusion_perception.data.synthetic.noise import fractal_noise
from fusion_perception.data.synthetic.walls import PER_METRE, Wall, draw_rows

_DEPTH = 12.0
_WALLS = (
    (0.55, 0.50, 0.42),
    (0.42, 0.40, 0.38),
    (0.36, 0.20, 0.14),
    (0.60, 0.58, 0.55),
    (0.30, 0.26, 0.22),
    (0.48, 0.40, 0.28),
)


class Facades:
    """All houses of one street."""

    def __init__(self, layout: Layout, lighting: Lighting, climate: Climate, rng: np.random.Generator) -> None:
        self._lighting = lighting
        self._houses: list[tuple[Building, Wall, Wall]] = []
        for house in layout.buildings:
            style = int(rng.integers(len(_WALLS)))
            normal = f32(-house.side, 0, 0)
            warmth = float(rng.normal(0, 1.0))
            front = self._paint(house, house.length, style, warmth, normal, lighting, climate, rng, windows=True)
            end = self._paint(
                house, _DEPTH, style, warmth, f32(0, 0, -1), lighting, climate, rng, windows=rng.random() < 0.5
            )
            self._houses.append((house, front, end))

    @staticmethod
    def _paint(
        house: Building,
        length: float,
        style: int,
        warmth: float,
        normal: Floats,
        lighting: Lighting,
        climate: Climate,
        rng: np.random.Generator,
        windows: bool,
    ) -> Wall:
        height, width = round(house.height * PER_METRE), max(round(length * PER_METRE), 8)
        y = (house.height - (np.arange(height, dtype=np.float32) + 0.5) / PER_METRE)[:, None]
        x = ((np.arange(width, dtype=np.float32) + 0.5) / PER_METRE)[None, :]
        stains = fractal_noise(rng, height, width, 60, 4, 0.6, aspect=2.5)
        grain = fractal_noise(rng, height, width, 4, 2, 0.8)
        tone = 1 + 0.07 * stains + 0.04 * grain
        if style in {2, 4}:  # bricks or tiles
            row = np.floor(y / 0.16)
            mortar = (np.abs((y / 0.16) % 1 - 0.5) > 0.42) | (np.abs((x / 0.42 + 0.5 * (row % 2)) % 1 - 0.5) > 0.46)
            tone = tone * np.where(mortar, 1.18, 1.0)
        albedo = np.clip(tone[..., None] * f32(*_WALLS[style]) * float(rng.uniform(0.8, 1.15)), 0.02, 0.9)
        heat = climate.wall + warmth + 0.45 * stains + 0.12 * grain + 0.05 * y
        emission = np.zeros((height, width, 3), np.float32)
        panel = np.floor(x / 1.5) + 7 * np.floor(y / 1.5)
        heat = heat + 0.3 * np.sin(panel * 12.9898)
        storey = float(rng.uniform(2.9, 3.5))
        for floor in np.arange(storey, house.height, storey):  # bands between the storeys
            band = np.abs(y - floor) < 0.14
            albedo = np.where(band[..., None], albedo * 1.12, albedo)
            albedo = np.where((np.abs(y - floor + 0.2) < 0.06)[..., None], albedo * 0.72, albedo)
            heat = heat + 0.9 * band
        facing = max(float(normal @ lighting.to_sun), 0.0)
        light = lighting.ambient * (0.62 + 0.02 * y[..., None]) + lighting.sun * facing
        heat = heat + climate.wall_sun * facing
        radiance = albedo * light
        if len(lighting.lamps):
            share = np.zeros((height, width), np.float32)
            if abs(normal[0]) > 0.5:
                share = lighting.lamp_light(np.float32(house.side * house.front), house.z + x, np.minimum(y, 4.5)) * 0.6
            else:
                share = (
                    lighting.lamp_light(house.side * (house.front + x), np.float32(house.z), np.minimum(y, 4.5)) * 0.4
                )
            radiance = radiance + albedo * share[..., None] * lighting.lamp
        if windows:
            Facades._windows(radiance, heat, emission, house.height, storey, warmth, lighting, climate, rng)
        radiance = radiance + emission
        parapet = y > house.height - 0.25
        radiance = np.where(parapet[..., None], radiance * 1.1, radiance)
        wall = np.dstack([radiance, heat - 0.6 * parapet]).astype(np.float32)
        return Wall.of(wall)

    @staticmethod
    def _windows(
        radiance: Floats,
        heat: Floats,
        emission: Floats,
        top: float,
        storey: float,
        warmth: float,
        lighting: Lighting,
        climate: Climate,
        rng: np.random.Generator,
    ) -> None:
        height, width = heat.shape
        pitch = float(rng.uniform(1.7, 3.2))
        glass_w = pitch * float(rng.uniform(0.45, 0.75))
        glass_h = float(rng.uniform(1.2, 1.8))
        balcony = rng.random() < 0.35
        shop = rng.random() < 0.4
        for level in range(int(top / storey)):
            base = level * storey
            ground_floor = level == 0
            high = 2.2 if ground_floor and shop else glass_h
            sill = 0.35 if ground_floor and shop else 0.95
            for k in range(int(width / PER_METRE / pitch)):
                left = round((k * pitch + (pitch - glass_w) / 2) * PER_METRE)
                right = left + round(glass_w * PER_METRE)
                y1 = round((top - base - sill) * PER_METRE)
                y0 = round((top - base - sill - high) * PER_METRE)
                if y0 < 2 or right + 2 > width:
                    continue
                frame = (slice(max(y0 - 2, 0), min(y1 + 2, height)), slice(max(left - 2, 0), right + 2))
                pane = (slice(y0, y1), slice(left, right))
                if pane[0].stop - pane[0].start < 3 or right - left < 3:
                    continue
                radiance[frame] *= 0.55 if rng.random() < 0.5 else 1.25
                fade = np.linspace(1.0, 0.45, y1 - y0, dtype=np.float32)[:, None, None]
                mirror = lighting.horizon * float(rng.uniform(0.10, 0.34)) * fade
                room = lighting.ambient * float(rng.uniform(0.05, 0.22))
                radiance[pane] = mirror + room
                if rng.random() < 0.4:  # a curtain
                    cut = left + int((right - left) * rng.uniform(0.2, 0.5))
                    radiance[y0:y1, left:cut] += lighting.ambient * 0.35
                heat[pane] = climate.window + warmth + float(rng.normal(0, 0.8))
                if lighting.dark and rng.random() < (0.5 if ground_floor and shop else 0.16):
                    warm = f32(0.85, 0.72, 0.45) if rng.random() < 0.6 else f32(0.62, 0.80, 0.74)
                    emission[pane] += warm * float(rng.uniform(0.25, 1.1)) * (0.6 + 0.4 * fade)
                    heat[pane] += float(rng.uniform(0.5, 4.5))
                middle = (left + right) // 2
                radiance[y0:y1, middle : middle + 2] *= 0.5
                emission[y0:y1, middle : middle + 2] *= 0.2
                if balcony and not ground_floor:
                    low = round((top - base - sill) * PER_METRE)
                    rail = (slice(max(low - 14, 0), low + 4), slice(max(left - 8, 0), right + 8))
                    radiance[rail] = radiance[rail] * 0.35 + lighting.ambient * 0.28
                    emission[rail] *= 0.3
                    heat[rail] = climate.wall + 0.5
                elif rng.random() < 0.12:  # an air conditioner below the window
                    unit = (slice(y1 + 4, min(y1 + 18, height)), slice(left, min(left + 20, width)))
                    radiance[unit] = lighting.ambient * 0.7
                    heat[unit] = climate.wall + float(rng.uniform(0.5, 5.0))

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Paint the houses."""
        draw_rows(canvas, camera, self._houses, _DEPTH)
