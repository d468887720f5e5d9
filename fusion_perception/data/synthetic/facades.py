# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Houses along the street: façades with windows, painted once and warped into perspective."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fusion_perception.data.synthetic.arrays import Floats, f32
from fusion_perception.data.synthetic.camera import Camera
from fusion_perception.data.synthetic.canvas import Canvas
from fusion_perception.data.synthetic.climate import Climate
from fusion_perception.data.synthetic.layout import Building, Layout
from fusion_perception.data.synthetic.lighting import PERIOD, Lighting
from fusion_perception.data.synthetic.noise import fractal_noise

PER_METRE = 24
_DEPTH = 12.0
_NEAR = 1.5
_WALLS = (
    (0.55, 0.50, 0.42),
    (0.42, 0.40, 0.38),
    (0.36, 0.20, 0.14),
    (0.60, 0.58, 0.55),
    (0.30, 0.26, 0.22),
    (0.48, 0.40, 0.28),
)


@dataclass(frozen=True)
class _Wall:
    """A painted wall: (h, w, 4) radiance and temperature at several horizontal resolutions."""

    levels: tuple[Floats, ...]


class Facades:
    """All houses of one street."""

    def __init__(self, layout: Layout, lighting: Lighting, climate: Climate, rng: np.random.Generator) -> None:
        self._lighting = lighting
        self._houses: list[tuple[Building, _Wall, _Wall]] = []
        for house in layout.buildings:
            style = int(rng.integers(len(_WALLS)))
            normal = f32(-house.side, 0, 0)
            front = self._paint(house, house.length, style, normal, lighting, climate, rng, windows=True)
            end = self._paint(house, _DEPTH, style, f32(0, 0, -1), lighting, climate, rng, windows=rng.random() < 0.5)
            self._houses.append((house, front, end))

    @staticmethod
    def _paint(
        house: Building,
        length: float,
        style: int,
        normal: Floats,
        lighting: Lighting,
        climate: Climate,
        rng: np.random.Generator,
        windows: bool,
    ) -> _Wall:
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
        heat = climate.wall + 0.25 * stains + 0.08 * grain + 0.04 * y
        emission = np.zeros((height, width, 3), np.float32)
        storey = float(rng.uniform(2.9, 3.5))
        for floor in np.arange(storey, house.height, storey):  # bands between the storeys
            band = np.abs(y - floor) < 0.14
            albedo = np.where(band[..., None], albedo * 1.12, albedo)
            albedo = np.where((np.abs(y - floor + 0.2) < 0.06)[..., None], albedo * 0.72, albedo)
            heat = heat + 0.5 * band
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
            Facades._windows(radiance, heat, emission, house.height, storey, lighting, climate, rng)
        radiance = radiance + emission
        parapet = y > house.height - 0.25
        radiance = np.where(parapet[..., None], radiance * 1.1, radiance)
        wall = np.dstack([radiance, heat - 0.6 * parapet]).astype(np.float32)
        levels = [wall]
        while levels[-1].shape[1] > 16 and len(levels) < 5:
            levels.append(
                cv2.resize(levels[-1], (levels[-1].shape[1] // 2, levels[-1].shape[0]), interpolation=cv2.INTER_AREA)
            )
        return _Wall(tuple(levels))

    @staticmethod
    def _windows(
        radiance: Floats,
        heat: Floats,
        emission: Floats,
        top: float,
        storey: float,
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
                heat[pane] = climate.window + float(rng.normal(0, 0.45))
                if lighting.dark and rng.random() < (0.5 if ground_floor and shop else 0.16):
                    warm = f32(0.85, 0.72, 0.45) if rng.random() < 0.6 else f32(0.62, 0.80, 0.74)
                    emission[pane] += warm * float(rng.uniform(0.25, 1.1)) * (0.6 + 0.4 * fade)
                    heat[pane] += float(rng.uniform(0.2, 1.6))
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
        """Paint the houses, farthest first."""
        visible = []
        for house, front, end in self._houses:
            start = (house.z - camera.z + 30.0) % PERIOD - 30.0
            if start + house.length > _NEAR + 0.5:
                visible.append((start, house, front, end))
        for start, house, front, end in sorted(visible, key=lambda item: -item[0]):
            x = house.side * house.front
            if start > _NEAR:
                outer = x + house.side * _DEPTH
                self._warp(canvas, camera, end, (x, start), (outer, start), house.height, 0.0, 1.0)
            z0 = max(start, _NEAR)
            self._warp(
                canvas,
                camera,
                front,
                (x, z0),
                (x, start + house.length),
                house.height,
                (z0 - start) / house.length,
                1.0,
            )

    def _warp(
        self,
        canvas: Canvas,
        camera: Camera,
        wall: _Wall,
        a: tuple[float, float],
        b: tuple[float, float],
        height: float,
        from_share: float,
        to_share: float,
    ) -> None:
        """Map the wall between ground points a and b (x, z) into the picture."""
        corners = np.array([[a[0], height, a[1]], [b[0], height, b[1]], [b[0], 0, b[1]], [a[0], 0, a[1]]], np.float32)
        points = camera.project(corners)
        left, right = max(int(np.floor(points[:, 0].min())), 0), min(int(np.ceil(points[:, 0].max())) + 1, canvas.width)
        top, bottom = (
            max(int(np.floor(points[:, 1].min())), 0),
            min(int(np.ceil(points[:, 1].max())) + 1, canvas.height),
        )
        if right - left < 1 or bottom - top < 1:
            return
        span = float(np.abs(points[0, 0] - points[1, 0]))
        texels = wall.levels[0].shape[1] * (to_share - from_share)
        level = int(np.clip(np.log2(max(texels / max(span, 1.0), 1.0)), 0, len(wall.levels) - 1))
        source = wall.levels[level]
        rows, cols = source.shape[:2]
        shrink = float(np.clip(camera.focal / max(a[1], b[1], 1.0) / PER_METRE, 0.05, 1.0))
        if shrink < 0.7:
            rows = max(int(source.shape[0] * shrink * 1.2), 4)
            source = cv2.resize(source, (cols, rows), interpolation=cv2.INTER_AREA)
        frame = np.array(
            [[from_share * cols, 0], [to_share * cols, 0], [to_share * cols, rows], [from_share * cols, rows]]
        )
        matrix = cv2.getPerspectiveTransform(
            (frame - 0.5).astype(np.float32), (points - 0.5 - (left, top)).astype(np.float32)
        )
        size = (right - left, bottom - top)
        light = cv2.warpPerspective(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((size[1], size[0]), np.uint8)
        fixed = np.rint(np.clip(points - 0.5 - (left, top), -20_000, 20_000) * 16).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, 4)
        alpha = mask.astype(np.float32) / 255
        if abs(a[1] - b[1]) < 0.1:
            depth: float | Floats = a[1]
        else:
            cols_seen = np.arange(left, right, dtype=np.float32) + 0.5
            way = (
                camera.focal
                * (a[0] - camera.x)
                / np.where(np.abs(cols_seen - camera.cx) < 1, 1.0, cols_seen - camera.cx)
            )
            depth = np.broadcast_to(np.clip(way, a[1], b[1])[None], alpha.shape).astype(np.float32)
        canvas.blend(top, left, light * alpha[..., None], alpha, depth)
