# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Street trees: a few painted crowns and trunks, placed upright in the scene."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32, smoothstep
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.layout import Tree
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.setting import Setting

_SIZE = 448
"""Rows and columns of a tree painted at detail 1."""
_LEAVES = ((0.10, 0.17, 0.05), (0.14, 0.20, 0.04), (0.30, 0.24, 0.05), (0.08, 0.13, 0.05))


class Trees:
    """Painted trees of one street, to be drawn one at a time between the other objects."""

    def __init__(self, setting: Setting, rng: np.random.Generator) -> None:
        self._lighting = setting.lighting
        self._sprites = [self._levels(*self._paint(f32(*leaves), setting, rng)) for leaves in _LEAVES]

    @staticmethod
    def _levels(colour: Floats, cover: Floats) -> list[tuple[Floats, Floats]]:
        """Return the sprite at falling sizes, each half of the one before."""
        levels = [(colour, cover)]
        while levels[-1][1].shape[0] > 16:
            size = (levels[-1][1].shape[0] // 2,) * 2
            levels.append(
                (
                    cv2.resize(levels[-1][0], size, interpolation=cv2.INTER_AREA),
                    cv2.resize(levels[-1][1], size, interpolation=cv2.INTER_AREA),
                )
            )
        return levels

    @staticmethod
    def _paint(leaves: Floats, setting: Setting, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return (S, S, 4) shaded albedo for a light of 1 and temperature, premultiplied, and (S, S) coverage."""
        lighting, climate = setting.lighting, setting.climate
        size = round(_SIZE * max(setting.detail, 0.4))
        row, col = np.mgrid[0:size, 0:size].astype(np.float32) / size
        trunk = np.zeros((size, size), np.uint8)

        def branch(x: float, y: float, angle: float, length: float, thick: float, depth: int) -> None:
            x1, y1 = x + np.sin(angle) * length, y - np.cos(angle) * length
            cv2.line(
                trunk,
                (int(x * size), int(y * size)),
                (int(x1 * size), int(y1 * size)),
                255,
                max(1, int(thick * size)),
                cv2.LINE_AA,
            )
            if depth:
                for _ in range(3):
                    branch(x1, y1, 0.75 * angle + float(rng.normal(0, 0.42)), length * 0.62, thick * 0.6, depth - 1)

        branch(0.5, 1.0, float(rng.normal(0, 0.03)), 0.36, 0.034, 4)
        clumps = np.full((size, size), -9.0, np.float32)
        shade = np.zeros((size, size), np.float32)
        for _ in range(26):
            angle, far = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
            cx, cy = 0.5 + 0.30 * far * np.cos(angle), 0.38 + 0.25 * far * np.sin(angle)
            radius = rng.uniform(0.07, 0.15)
            field = 1 - np.hypot(col - cx, (row - cy) * 1.1) / radius
            up = np.clip(0.5 - 0.5 * (row - cy) / radius, 0, 1)
            shade = np.where(field > clumps, up, shade)
            clumps = np.maximum(clumps, field)
        detail = fractal_noise(rng, size, size, 0.049 * size, 5, 0.85)
        cover = smoothstep(-0.02, 0.06, clumps * 0.7 + 0.16 * detail - 0.03)
        cover *= smoothstep(-1.55, -1.3, fractal_noise(rng, size, size, 0.058 * size, 4, 0.8))
        sunny = float(np.clip(-lighting.to_sun[2] + 0.2, 0.15, 1.0)) if lighting.sun.max() > 0.1 else 0.5
        leafy = leaves * ((0.45 + (0.4 + 0.9 * sunny) * shade) * np.clip(1 + 0.42 * detail, 0.15, 2.4))[..., None]
        bark = (
            f32(0.13, 0.11, 0.09)
            * (1 + 0.2 * fractal_noise(rng, size, size, 0.018 * size, 3, 0.6, aspect=4.0))[..., None]
        )
        wood = trunk.astype(np.float32) / 255
        colour = bark * (1 - cover[..., None]) + leafy * cover[..., None]
        alpha = np.maximum(cover, wood * (row > 0.12))
        heat = climate.leaves + 1.1 * (shade - 0.5) + 0.55 * detail
        heat = np.where(cover > 0.5, heat, climate.leaves + (1.4 if not lighting.dark else 2.2))
        return np.dstack([colour * alpha[..., None], heat * alpha]).astype(np.float32), alpha.astype(np.float32)

    def draw(self, canvas: Canvas, camera: Camera, tree: Tree, z: float, sun: float) -> None:
        """Paint one tree at distance z; sun = share of direct light on it."""
        scale = camera.scale_at(z)
        size = tree.height * scale
        foot = camera.project(f32(tree.x, 0.1, z)[None])[0]
        left, top = foot[0] - size / 2, foot[1] - size
        x0, y0 = max(int(np.floor(left)), 0), max(int(np.floor(top)), 0)
        x1, y1 = min(int(np.ceil(left + size)) + 1, canvas.width), min(int(np.ceil(foot[1])) + 1, canvas.height)
        if x0 >= x1 or y0 >= y1 or size < 2:
            return
        levels = self._sprites[tree.kind % len(self._sprites)]
        colour, cover = levels[int(np.clip(np.log2(levels[0][1].shape[0] / size) + 0.35, 0, len(levels) - 1))]
        ratio = size / cover.shape[0]
        matrix = np.array([[ratio, 0, left - x0 + ratio / 2 - 0.5], [0, ratio, top - y0 + ratio / 2 - 0.5]], np.float32)
        patch_light = cv2.warpAffine(colour, matrix, (x1 - x0, y1 - y0))
        alpha = cv2.warpAffine(cover, matrix, (x1 - x0, y1 - y0))
        light = self._lighting.at(tree.x, z, camera.z, tree.height * 0.45) + self._lighting.sun * (0.75 * sun)
        patch_light[..., :3] *= light * 1.15
        canvas.blend(y0, x0, patch_light, alpha, z)
