# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the two cameras make of the scene: fog and glare, lenses, exposure and noise."""

from __future__ import annotations

import cv2
import numpy as np

from fusion_perception.data.synthetic.arrays import U8, Floats
from fusion_perception.data.synthetic.canvas import Canvas
from fusion_perception.data.synthetic.climate import Climate
from fusion_perception.data.synthetic.config import SceneConfig
from fusion_perception.data.synthetic.lighting import Lighting

_POOL = 160
"""Noise fields are this much larger than the picture and cut out at a random place each frame."""


class RgbCamera:
    """Turns linear radiance into an 8-bit picture."""

    def __init__(self, config: SceneConfig, lighting: Lighting, rng: np.random.Generator) -> None:
        self._lighting, self._dark = lighting, config.dark
        shape = (config.height + _POOL, config.width + _POOL, 3)
        self._noise = rng.standard_normal(shape, dtype=np.float32)
        y = np.linspace(-1, 1, config.height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, config.width, dtype=np.float32)[None, :]
        self._vignette = (1 - 0.16 * (x * x + y * y))[..., None]
        # A night camera runs at full gain: exposure and noise rise together.
        self.exposure, self._read, self._shot = (9.0, 0.012, 0.022) if self._dark else (1.55, 0.004, 0.010)
        self._tint = np.array([0.93, 1.04, 0.96] if self._dark else [1.0, 1.0, 1.0], np.float32)

    def veil(self, radiance: Floats, depth: Floats) -> Floats:
        """Mix in the light that fog and haze scatter on the way."""
        density = self._lighting.fog_density
        through = cv2.exp(np.minimum(depth, 400.0) * np.float32(-density))[..., None]
        return np.asarray(radiance * through + self._lighting.airlight * (1 - through), np.float32)

    def bloom(self, exposed: Floats) -> Floats:
        """Spread what saturates the sensor, as lens and fog do."""
        height, width = exposed.shape[:2]
        small = cv2.resize(exposed, (max(width // 4, 8), max(height // 4, 8)), interpolation=cv2.INTER_AREA)
        excess = np.clip(small - 1.2, 0, 260)
        if float(excess.max()) < 0.05:
            return exposed
        unit = width / 640
        haze = 3.0 if self._lighting.fog_density > 0.02 else 1.0
        glow = 0.55 * cv2.GaussianBlur(excess, (0, 0), 1.3 * unit)
        glow += 0.45 * cv2.GaussianBlur(excess, (0, 0), 5.0 * unit)
        tiny = cv2.resize(excess, (max(width // 16, 4), max(height // 16, 4)), interpolation=cv2.INTER_AREA)
        wide = 0.5 * haze * cv2.GaussianBlur(tiny, (0, 0), 5.5 * unit)
        streak = 0.20 * cv2.GaussianBlur(excess, (0, 0), 14.0 * unit, sigmaY=0.7)
        glow += cv2.resize(wide, (small.shape[1], small.shape[0])) + streak
        return np.asarray(exposed + cv2.resize(glow, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    def expose(self, canvas: Canvas, rng: np.random.Generator) -> U8:
        """Return the (H, W, 3) uint8 picture of a finished canvas."""
        radiance = self.veil(canvas.light[..., :3], canvas.depth)
        exposed = self.bloom(radiance * (self._tint * self.exposure) * self._vignette)
        # A camera's tone curve: steep in the shadows, with a shoulder before white.
        tone = cv2.sqrt(1 - cv2.exp(np.clip(exposed, 0, 20) * np.float32(-1.0)))
        tone = cv2.GaussianBlur(tone, (0, 0), 0.45 + 0.1 * self._dark)
        y, x = (int(v) for v in rng.integers(0, _POOL, 2))
        noise = self._noise[y : y + canvas.height, x : x + canvas.width]
        tone += noise * (self._read + self._shot * (1.15 - tone))
        return np.asarray(np.clip(tone * 255 + 0.5, 0, 255), np.uint8)


class ThermalCamera:
    """Turns apparent temperature into an 8-bit picture; fog hardly reaches it."""

    def __init__(self, config: SceneConfig, climate: Climate, lighting: Lighting, rng: np.random.Generator) -> None:
        self._climate = climate
        self._density = 0.10 * lighting.fog_density
        height, width = config.height, config.width
        self._sigma = 0.95 * width / 640
        self._noise = rng.standard_normal((height + _POOL, width + _POOL), dtype=np.float32)
        columns = rng.normal(0, 0.35, (1, width))
        rows = rng.normal(0, 0.15, (height, 1))
        self._pattern = (columns + rows + rng.normal(0, 0.35, (height, width))).astype(np.float32)
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        self._pattern += (1.2 * (x * x + y * y) - 0.6).astype(np.float32)
        self._drift = float(rng.uniform(0, 6.28))

    def expose(self, canvas: Canvas, time: float, rng: np.random.Generator) -> U8:
        """Return the (H, W) uint8 picture of a finished canvas at a time in s."""
        climate = self._climate
        through = cv2.exp(np.minimum(canvas.depth, 150.0) * np.float32(-self._density - 0.0008))
        heat = climate.air + (canvas.light[..., 3] - climate.air) * through
        heat = cv2.GaussianBlur(heat, (0, 0), max(self._sigma, 0.4))
        # The automatic gain wanders a little.
        gain = climate.gain * (1 + 0.03 * np.sin(0.35 * time + self._drift))
        grey = (heat - climate.zero) * np.float32(gain) + 2.0
        over = np.maximum(grey - 170, 0)
        grey = np.minimum(grey, 170) + 85 * (1 - cv2.exp(-over / 120))
        y, x = (int(v) for v in rng.integers(0, _POOL, 2))
        grey += self._pattern + 0.8 * self._noise[y : y + canvas.height, x : x + canvas.width]
        return np.asarray(np.clip(grey + 0.5, 0, 255), np.uint8)
