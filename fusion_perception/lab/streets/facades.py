# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Houses along the street: façades with windows, painted once and warped into perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.layout import Building
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.setting import Setting
from fusion_perception.lab.streets.walls import PER_METRE, Wall, draw_rows

_DEPTH = 12.0
_WALLS = (
    (0.55, 0.50, 0.42),
    (0.42, 0.40, 0.38),
    (0.36, 0.20, 0.14),
    (0.60, 0.58, 0.55),
    (0.30, 0.26, 0.22),
    (0.48, 0.40, 0.28),
)


@dataclass(frozen=True)
class _Style:
    """How a house is built; lengths in m."""

    wall: int
    tone: float
    warmth: float
    storey: float
    pitch: float
    glass: tuple[float, float]
    balconies: bool
    shops: bool


class Facades:
    """All houses of one street."""

    def __init__(self, setting: Setting, rng: np.random.Generator) -> None:
        self._setting = setting
        self._per = PER_METRE * setting.detail
        self._houses: list[tuple[Building, Wall, Wall]] = []
        for house in setting.layout.buildings:
            style = _Style(
                wall=int(rng.integers(len(_WALLS))),
                tone=float(rng.uniform(0.8, 1.15)),
                warmth=float(rng.normal(0, 1.0)),
                storey=float(rng.uniform(2.9, 3.5)),
                pitch=float(rng.uniform(1.7, 3.2)),
                glass=(float(rng.uniform(0.45, 0.75)), float(rng.uniform(1.2, 1.8))),
                balconies=rng.random() < 0.35,
                shops=rng.random() < 0.4,
            )
            front = self._paint(house, house.length, style, f32(-house.side, 0, 0), True, rng)
            end = self._paint(house, _DEPTH, style, f32(0, 0, -1), rng.random() < 0.5, rng)
            self._houses.append((house, front, end))

    def _px(self, metres: float) -> int:
        return max(round(metres * self._per), 1)

    def _paint(
        self, house: Building, length: float, style: _Style, normal: Floats, windows: bool, rng: np.random.Generator
    ) -> Wall:
        """Return a wall of the house that looks along ``normal``."""
        lighting, climate, per = self._setting.lighting, self._setting.climate, self._per
        height, width = self._px(house.height), max(self._px(length), 8)
        y = (house.height - (np.arange(height, dtype=np.float32) + 0.5) / per)[:, None]
        x = ((np.arange(width, dtype=np.float32) + 0.5) / per)[None, :]
        stains = fractal_noise(rng, height, width, 2.5 * per, 4, 0.6, aspect=2.5)
        grain = fractal_noise(rng, height, width, 0.17 * per, 2, 0.8)
        tone = 1 + 0.07 * stains + 0.04 * grain
        if style.wall in {2, 4}:  # bricks or tiles
            row = np.floor(y / 0.16)
            mortar = (np.abs((y / 0.16) % 1 - 0.5) > 0.42) | (np.abs((x / 0.42 + 0.5 * (row % 2)) % 1 - 0.5) > 0.46)
            tone = tone * np.where(mortar, 1.18, 1.0)
        albedo = np.clip(tone[..., None] * f32(*_WALLS[style.wall]) * style.tone, 0.02, 0.9)
        panel = np.floor(x / 1.5) + 7 * np.floor(y / 1.5)
        heat = climate.wall + style.warmth + 0.45 * stains + 0.12 * grain + 0.05 * y + 0.3 * np.sin(panel * 12.9898)
        for floor in np.arange(style.storey, house.height, style.storey):  # bands between the storeys
            band = np.abs(y - floor) < 0.14
            albedo = np.where(band[..., None], albedo * 1.12, albedo)
            albedo = np.where((np.abs(y - floor + 0.2) < 0.06)[..., None], albedo * 0.72, albedo)
            heat = heat + 0.9 * band
        facing = max(float(normal @ lighting.to_sun), 0.0)
        light = lighting.ambient * (0.62 + 0.02 * y[..., None]) + lighting.sun * facing
        if len(lighting.lamps):
            still = np.zeros((1, 1), np.float32)
            out, along = (still, x) if abs(normal[0]) > 0.5 else (x, still)
            lamp = lighting.lamp_light(house.side * (house.front + out), house.z + along, np.minimum(y, 4.5))
            light = light + 0.5 * lamp[..., None] * lighting.lamp
        radiance = np.asarray(albedo * light, np.float32)
        heat = np.asarray(heat + climate.wall_sun * facing, np.float32)
        if windows:
            self._windows(radiance, heat, house.height, style, rng)
        parapet = y > house.height - 0.25
        radiance = np.where(parapet[..., None], radiance * 1.1, radiance)
        return Wall.of(np.dstack([radiance, heat - 0.6 * parapet]).astype(np.float32), per)

    def _windows(self, radiance: Floats, heat: Floats, top: float, style: _Style, rng: np.random.Generator) -> None:
        """Paint all windows of a wall."""
        height, width = heat.shape
        for level in range(int(top / style.storey)):
            shop = level == 0 and style.shops
            sill = level * style.storey + (0.35 if shop else 0.95)
            y1, y0 = self._px(top - sill), self._px(top - sill - (2.2 if shop else style.glass[1]))
            for k in range(int(width / self._per / style.pitch)):
                left = self._px((k + 0.5 - style.glass[0] / 2) * style.pitch)
                right = left + self._px(style.glass[0] * style.pitch)
                if y0 < 2 or y1 - y0 < 3 or right - left < 3 or right + 2 > width:
                    continue
                self._window(radiance, heat, (y0, y1, left, right), shop, style, rng)
                if style.balconies and level > 0:
                    low, side = y1, self._px(0.33)
                    rail = (
                        slice(max(low - self._px(0.6), 0), low + self._px(0.17)),
                        slice(max(left - side, 0), right + side),
                    )
                    radiance[rail] = radiance[rail] * 0.35 + self._setting.lighting.ambient * 0.28
                    heat[rail] = self._setting.climate.wall + 0.5
                elif rng.random() < 0.12:  # an air conditioner below the window
                    low = y1 + self._px(0.15)
                    unit = (
                        slice(low, min(low + self._px(0.6), height)),
                        slice(left, min(left + self._px(0.85), width)),
                    )
                    radiance[unit] = self._setting.lighting.ambient * 0.7
                    heat[unit] = self._setting.climate.wall + float(rng.uniform(0.5, 5.0))

    def _window(
        self,
        radiance: Floats,
        heat: Floats,
        place: tuple[int, int, int, int],
        shop: bool,
        style: _Style,
        rng: np.random.Generator,
    ) -> None:
        """Paint one window: frame, mirrored sky, curtain, and light in the room at night."""
        lighting, climate = self._setting.lighting, self._setting.climate
        y0, y1, left, right = place
        edge = self._px(0.1)
        radiance[max(y0 - edge, 0) : y1 + edge, max(left - edge, 0) : right + edge] *= (
            0.55 if rng.random() < 0.5 else 1.25
        )
        pane = (slice(y0, y1), slice(left, right))
        fade = np.linspace(1.0, 0.45, y1 - y0, dtype=np.float32)[:, None, None]
        mirror = lighting.horizon * float(rng.uniform(0.10, 0.34)) * fade
        radiance[pane] = mirror + lighting.ambient * float(rng.uniform(0.05, 0.22))
        if rng.random() < 0.4:
            curtain = left + int((right - left) * rng.uniform(0.2, 0.5))
            radiance[y0:y1, left:curtain] += lighting.ambient * 0.35
        heat[pane] = climate.window + style.warmth + float(rng.normal(0, 0.8))
        if lighting.dark and rng.random() < (0.5 if shop else 0.16):
            colour = f32(0.85, 0.72, 0.45) if rng.random() < 0.6 else f32(0.62, 0.80, 0.74)
            radiance[pane] += colour * float(rng.uniform(0.25, 1.1)) * (0.6 + 0.4 * fade)
            heat[pane] += float(rng.uniform(0.5, 4.5))
        middle = (left + right) // 2
        radiance[y0:y1, middle : middle + self._px(0.07)] *= 0.35

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Paint the houses."""
        draw_rows(canvas, camera, self._houses, _DEPTH)
