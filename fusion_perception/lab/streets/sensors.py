# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the two cameras make of the scene: fog and glare, lenses, exposure and noise."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import U8, Floats
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.climate import Climate
from fusion_perception.lab.streets.config import SceneConfig
from fusion_perception.lab.streets.lighting import Lighting

_POOL = 96
"""Noise fields are this much larger than the picture and cut out at a random place each frame."""


def _radius(config: SceneConfig) -> Floats:
    """Return the squared distance of each pixel from the middle of the picture, 1 at the middle of an edge."""
    y = np.linspace(-1, 1, config.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, config.width, dtype=np.float32)[None, :]
    return np.asarray(x * x + y * y, np.float32)


class RgbCamera:
    """Turns linear radiance into an 8-bit picture."""

    def __init__(self, config: SceneConfig, lighting: Lighting, rng: np.random.Generator) -> None:
        self._lighting, self._config = lighting, config
        # A night camera runs at full gain: it smooths its noise away and details with it.
        self._sigma = (0.75 if config.dark else 0.5) * max(config.width / 640, 0.6)
        self._read, self._shot = (0.007, 0.012) if config.dark else (0.004, 0.008)
        shape = (config.height + _POOL, config.width + _POOL)
        noise = [rng.standard_normal(shape, dtype=np.float32) for _ in range(3)]
        if config.dark:
            noise = [cv2.GaussianBlur(n, (0, 0), 0.8) * 2.2 for n in noise]
        common = rng.standard_normal(shape, dtype=np.float32)
        self._noise = [0.6 * n + 0.8 * common for n in noise]
        exposure, colour = (6.5, (0.90, 1.06, 0.92)) if config.dark else (2.5, (1.0, 1.0, 1.0))
        if config.condition == "glare" and not config.dark:
            exposure = 1.7
        # Exposure and white balance are a little different in every drive.
        exposure *= float(rng.uniform(0.85, 1.45))
        warm = float(rng.uniform(-0.06, 0.06))
        if config.dark and config.variety > 0:
            exposure *= float(np.exp(config.variety * np.random.default_rng([config.seed, 33]).uniform(-0.9, 0.6)))
        self._gains = [exposure * c for c in (colour[0] * (1 + warm), colour[1], colour[2] * (1 - warm))]
        self._saturation = 1.0 if config.condition == "fog" else float(rng.uniform(1.05, 1.35))
        self._vignette: Floats = 1 - np.float32(0.16) * _radius(config)
        # While the shutter is open the picture grows a little around the point the cameras drive to.
        self._growth = config.speed * (0.0012 if config.dark else 0.0003)

    def expose(self, canvas: Canvas, rng: np.random.Generator) -> U8:
        """Return the (H, W, 3) uint8 picture of a finished canvas."""
        lighting, config = self._lighting, self._config
        through = cv2.exp(np.minimum(canvas.depth, 400.0) * np.float32(-lighting.fog_density))
        near, veil = through * self._vignette, (1 - through) * self._vignette
        planes = list(cv2.split(canvas.light)[:3])
        for c, gain in enumerate(self._gains):
            plane = planes[c]
            plane *= near
            plane += veil * float(lighting.airlight[c])
            plane *= gain
        self._bloom(planes)
        y, x = (int(v) for v in rng.integers(0, _POOL, 2))
        window = (slice(y, y + config.height), slice(x, x + config.width))
        for c, plane in enumerate(planes):
            # A camera's tone curve: dark shadows, steep middle, a shoulder before white.
            tone = cv2.sqrt(1 - cv2.exp(-np.clip(plane, 0, 20)))
            tone *= 0.42 + 0.58 * tone
            tone = cv2.GaussianBlur(tone, (0, 0), self._sigma)
            planes[c] = tone
        picture = cv2.split(self._smear(planes))
        grey = (picture[0] + picture[1] + picture[2]) * np.float32((1 - self._saturation) / 3)
        for c in range(3):
            noisy = picture[c] * np.float32(self._saturation) + grey
            noisy += self._noise[c][window] * (self._read + self._shot * (1.2 - picture[c]))
            planes[c] = cv2.convertScaleAbs(np.maximum(noisy, 0), alpha=255.0)
        return np.asarray(cv2.merge(planes), np.uint8)

    def _smear(self, planes: list[Floats]) -> Floats:
        """Blur towards the edges of the picture as driving does."""
        picture = cv2.merge(planes)
        if self._growth * self._config.width < 0.6:
            return np.asarray(picture)
        grow = 1 + self._growth
        cx, cy = self._config.width / 2, 0.455 * self._config.height
        matrix = np.array([[grow, 0, cx * (1 - grow)], [0, grow, cy * (1 - grow)]], np.float32)
        size = (self._config.width, self._config.height)
        grown = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.addWeighted(picture, 0.5, grown, 0.5, 0))

    def _bloom(self, planes: list[Floats]) -> None:
        """Spread what saturates the sensor, as lens and fog do; in place."""
        height, width = planes[0].shape
        size = (max(width // 4, 8), max(height // 4, 8))
        small = cv2.merge([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in planes])
        excess = np.clip(small - 1.6, 0, 400)
        if float(excess.max()) < 0.05:
            return
        unit = width / 640
        spread = {"fog": 1.2, "glare": 0.9}.get(self._config.condition, 0.4)
        glow = 0.50 * cv2.GaussianBlur(excess, (0, 0), 1.2 * unit)
        glow += 0.35 * cv2.GaussianBlur(excess, (0, 0), 4.5 * unit)
        glow += 0.07 * cv2.GaussianBlur(excess, (0, 0), 9.0 * unit, sigmaY=0.6)
        tiny_size = (max(width // 16, 4), max(height // 16, 4))
        tiny = cv2.resize(excess, tiny_size, interpolation=cv2.INTER_AREA)
        wide = spread * cv2.GaussianBlur(tiny, (0, 0), 5.5 * unit)
        glow += cv2.resize(wide, size)
        glow = cv2.resize(glow, (width, height), interpolation=cv2.INTER_LINEAR)
        for c in range(3):
            planes[c] += glow[..., c]


class ThermalCamera:
    """Turns apparent temperature into an 8-bit picture; fog hardly reaches it."""

    def __init__(self, config: SceneConfig, climate: Climate, lighting: Lighting, rng: np.random.Generator) -> None:
        self._climate = climate
        self._density = 0.10 * lighting.fog_density
        height, width = config.height, config.width
        self._unit = width / 640
        shape = (height + _POOL, width + _POOL)
        self._noise = rng.standard_normal(shape, dtype=np.float32)
        # Columns share an amplifier: their noise is seen as faint vertical lines.
        fixed = rng.normal(0, 0.55, (1, width)) + rng.normal(0, 0.2, (height, 1)) + rng.normal(0, 0.45, (height, width))
        self._pattern = fixed.astype(np.float32) + np.float32(1.2) * (_radius(config) - 0.6)
        self._drift = float(rng.uniform(0, 6.28))
        self._gain = climate.gain * float(rng.uniform(0.85, 1.25))

    def expose(self, canvas: Canvas, time: float, rng: np.random.Generator) -> U8:
        """Return the (H, W) uint8 picture of a finished canvas at a time in s."""
        climate = self._climate
        through = cv2.exp(np.minimum(canvas.depth, 150.0) * np.float32(-self._density - 0.0008))
        heat = canvas.light[..., 3] - np.float32(climate.air)
        heat *= through
        heat = cv2.GaussianBlur(heat, (0, 0), max(0.72 * self._unit, 0.4))
        # The camera sharpens: a dark seam runs around everything hot.
        heat += 0.45 * (heat - cv2.GaussianBlur(heat, (0, 0), max(2.2 * self._unit, 0.8)))
        # The automatic gain wanders a little.
        gain = self._gain * (1 + 0.03 * np.sin(0.35 * time + self._drift))
        grey = (heat + np.float32(climate.air - climate.zero)) * np.float32(gain) + 3.0
        over = np.maximum(grey - 160, 0)
        grey = np.minimum(grey, 160) + 95 * (1 - cv2.exp(over * np.float32(-1 / 110)))
        np.maximum(grey, 4.0, out=grey)
        y, x = (int(v) for v in rng.integers(0, _POOL, 2))
        height, width = grey.shape
        grey += self._pattern + 0.9 * self._noise[y : y + height, x : x + width]
        return np.asarray(cv2.convertScaleAbs(np.maximum(grey, 0)), np.uint8)
