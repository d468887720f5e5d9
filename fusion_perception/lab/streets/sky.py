# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sky, clouds and the skyline at the end of the street."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import f32, smoothstep
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.setting import Setting


class Sky:
    """A distant backdrop, painted once and shifted with yaw and pitch."""

    def __init__(self, camera: Camera, setting: Setting, rng: np.random.Generator) -> None:
        lighting, climate = setting.lighting, setting.climate
        self._margin = m = max(8, camera.width // 16)
        height, width = int(camera.cy) + 3 * m, camera.width + 2 * m
        self._horizon = int(camera.cy) + m
        rows = np.arange(height, dtype=np.float32)[:, None]
        cols = np.arange(width, dtype=np.float32)[None, :]
        elevation = np.clip((self._horizon - rows) / camera.focal, 0, None)
        side = (cols - m - camera.cx) / camera.focal
        mix = smoothstep(0.0, 0.75, elevation)[..., None] ** 0.7
        light = lighting.horizon * (1 - mix) + lighting.zenith * mix
        clouds = fractal_noise(rng, height, width, width / 2.5, 5, 0.55, aspect=0.35)
        cover = smoothstep(0.2, 1.6, clouds + 0.25)[..., None]
        white = f32(0.92, 0.93, 0.95) if not lighting.dark else lighting.horizon * 1.6
        light = light * (1 - 0.65 * cover) + white * 0.65 * cover
        heat = climate.sky_low + (climate.sky - climate.sky_low) * mix[..., 0] + 0.9 * cover[..., 0]
        if lighting.to_sun[2] > 0.5:
            sun_col = lighting.to_sun[0] / lighting.to_sun[2]
            sun_row = lighting.to_sun[1] / lighting.to_sun[2]
            far = np.hypot(side - sun_col, elevation - sun_row)
            glow = 5.0 * np.exp(-far / 0.10) + 0.9 * np.exp(-far / 0.4)
            light = light + lighting.sun * glow[..., None] + 250 * (far < 0.022)[..., None] * lighting.sun
            heat = heat + 6.0 * (far < 0.022)
        self._image = np.dstack([light, heat]).astype(np.float32)
        self._skyline(camera, setting, rng)

    def _skyline(self, camera: Camera, setting: Setting, rng: np.random.Generator) -> None:
        """Paint far towers and tree tops in front of the sky."""
        lighting, climate = setting.lighting, setting.climate
        height, width = self._image.shape[:2]
        haze = lighting.horizon
        col = 0
        rows = np.arange(height)[:, None]
        while col < width:
            span = int(rng.uniform(0.02, 0.08) * camera.width) + 2
            top = self._horizon - int(rng.uniform(0.01, 0.11) * camera.focal)
            tone = haze * 0.62 + lighting.ambient * 0.25 * float(rng.uniform(0.6, 1.3))
            block = self._image[top : self._horizon + 2, col : col + span]
            block[..., :3] = tone
            block[..., 3] = climate.wall - 1.0 + float(rng.uniform(-0.5, 0.5))
            if lighting.dark:
                cells = (rng.random(block.shape[:2]) < 0.03)[..., None]
                block[..., :3] += cells * f32(0.35, 0.3, 0.2) * float(rng.uniform(0.2, 1.0))
            col += span + int(rng.uniform(0, 0.05) * camera.width)
        crown = fractal_noise(rng, 1, width, camera.width / 12, 5, 0.6)[0]
        edge = self._horizon - (0.028 + 0.014 * crown) * camera.focal
        alpha = np.clip(rows - edge[None] + 0.5, 0, 1)[..., None].astype(np.float32)
        texture = fractal_noise(rng, height, width, camera.width / 40, 3)
        leaves = f32(0.10, 0.13, 0.05) if not lighting.dark else f32(0.10, 0.13, 0.06)
        tone = haze * 0.35 + (lighting.ambient + 0.35 * lighting.sun) * leaves * (1 + 0.3 * texture[..., None])
        heat = climate.leaves - 0.5 + 0.25 * texture[..., None]
        trees = np.concatenate([np.broadcast_to(tone, (*texture.shape, 3)), heat], axis=2)
        self._image = np.asarray(self._image * (1 - alpha) + trees * alpha, np.float32)

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Fill the canvas down to the horizon."""
        shift = np.array(
            [[1, 0, camera.cx - camera.width / 2 - self._margin], [0, 1, camera.cy - self._horizon]], np.float32
        )
        bottom = min(canvas.height, int(camera.cy) + self._margin)
        cv2.warpAffine(
            self._image, shift, (canvas.width, bottom), dst=canvas.light[:bottom], borderMode=cv2.BORDER_REPLICATE
        )
