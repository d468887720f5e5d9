# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sun, sky, lamps and headlights of each condition."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32, smoothstep
from fusion_perception.lab.streets.config import SceneConfig

PERIOD = 160.0
"""The static world repeats after this many metres."""

LAMP_HEIGHT = 5.2
LAMP_FAR = 16.0
"""Farther than this many metres a lamp is not counted."""


@dataclass(frozen=True)
class Lighting:
    """What lights the scene. Colours are linear RGB.

    Attributes:
        dark: whether the sun is down.
        to_sun: unit vector towards the sun.
        sun: irradiance of the sun.
        ambient: irradiance of the sky dome.
        horizon: radiance of the sky at the horizon.
        zenith: radiance of the sky overhead.
        fog_density: extinction per metre.
        airlight: radiance of the fog.
        lamp: irradiance under a street lamp.
        lamps: (N, 2) x and z of the lamp heads, z within the period.
        headlight: irradiance of the own headlights at 8 m.
        own_x: lateral position of the own lane.
    """

    dark: bool
    to_sun: Floats
    sun: Floats
    ambient: Floats
    horizon: Floats
    zenith: Floats
    fog_density: float
    airlight: Floats
    lamp: Floats = field(default_factory=lambda: f32(0, 0, 0))
    lamps: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    headlight: Floats = field(default_factory=lambda: f32(0, 0, 0))

    def lamp_light(self, x: Floats, z: Floats, y: float | Floats = 0.0) -> Floats:
        """Return the share (0..1) of a lamp's light at points of the world; shapes broadcast."""
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(z), np.shape(y)), np.float32)
        for lamp_x, lamp_z in self.lamps:
            dz = (z - lamp_z + PERIOD / 2) % PERIOD - PERIOD / 2
            drop = np.maximum(LAMP_HEIGHT - y, 0.4)
            far = ((x - lamp_x) ** 2 + dz**2) / drop**2
            total += 1 / (1 + far) ** 1.5 * smoothstep(LAMP_FAR, LAMP_FAR - 12.0, np.sqrt((x - lamp_x) ** 2 + dz**2))
        return total

    def _lamp_light_at(self, x: float, z: float, y: float) -> float:
        """Return what ``lamp_light`` returns, for one point and much faster."""
        total = 0.0
        for lamp_x, lamp_z in self.lamps.tolist():
            dz = (z - lamp_z + PERIOD / 2) % PERIOD - PERIOD / 2
            square = (x - lamp_x) ** 2 + dz**2
            if square < LAMP_FAR**2:
                fade = min(max((LAMP_FAR - square**0.5) / 12.0, 0.0), 1.0)
                far = square / max(LAMP_HEIGHT - y, 0.4) ** 2
                total += (1 + far) ** -1.5 * fade * fade * (3 - 2 * fade)
        return total

    def beam(self, x: Floats, z: Floats, y: float | Floats = 0.0) -> Floats:
        """Return the strength of the own low beam at points relative to the camera."""
        z = np.maximum(z, 1.0)
        angle = x / z
        cut = np.clip(1.2 - 0.45 * (y - 0.4) - 0.012 * z, 0.1, 1.0)
        return np.asarray(
            np.exp(-((angle / 0.3) ** 2)) * (8 / (z + 3.0)) ** 2 * cut * smoothstep(2.0, 7.0, z), np.float32
        )

    def at(self, x: float, z: float, way: float, y: float = 1.0) -> Floats:
        """Return the undirected light (3,) on an object at x and z metres ahead; way = metres driven."""
        lamp = self._lamp_light_at(x, z + way, y)
        beam = self.beam(np.float32(x), np.float32(z), y) if self.headlight.any() else 0.0
        return np.asarray(self.ambient + self.lamp * lamp + self.headlight * beam, np.float32)


def make_lighting(config: SceneConfig, rng: np.random.Generator) -> Lighting:
    """Return the light of a configuration."""
    lamps = np.zeros((0, 2), np.float32)
    side = 1.0 if rng.random() < 0.5 else -1.0
    azimuth = rng.uniform(0.35, 1.2)
    elevation = rng.uniform(0.7, 0.95)
    to_sun = f32(side * np.sin(azimuth), np.tan(elevation), -np.cos(azimuth))
    to_sun /= np.linalg.norm(to_sun)
    if config.dark:
        spacing = PERIOD / 5
        start = rng.uniform(0, spacing)
        lamps = np.array([[(-1) ** k * 4.6, start + k * spacing] for k in range(5)], np.float32)
        tint = rng.choice([0, 1])
        lamp = f32(0.21, 0.25, 0.19) if tint else f32(0.28, 0.23, 0.13)
        glare = config.condition == "glare"
        return Lighting(
            dark=True,
            to_sun=to_sun,
            sun=f32(0, 0, 0),
            ambient=f32(0.0035, 0.0045, 0.0042),
            horizon=f32(0.006, 0.0065, 0.007),
            zenith=f32(0.0012, 0.0016, 0.0025),
            fog_density=0.004 if glare else 0.001,
            airlight=f32(0.004, 0.0045, 0.005),
            lamp=lamp,
            lamps=lamps,
            headlight=f32(0.05, 0.052, 0.045),
        )
    if config.condition == "fog":
        grey = f32(0.50, 0.52, 0.54)
        return Lighting(
            dark=False,
            to_sun=to_sun,
            sun=f32(0.03, 0.03, 0.03),
            ambient=f32(0.40, 0.42, 0.44),
            horizon=grey,
            zenith=grey * 0.9,
            fog_density=float(rng.uniform(0.055, 0.085)),
            airlight=grey,
        )
    if config.condition == "glare":
        low = f32(rng.uniform(-0.12, 0.12), rng.uniform(0.16, 0.24), 1.0)
        low /= np.linalg.norm(low)
        return Lighting(
            dark=False,
            to_sun=low,
            sun=f32(1.0, 0.86, 0.62),
            ambient=f32(0.10, 0.105, 0.12),
            horizon=f32(1.1, 0.95, 0.75),
            zenith=f32(0.30, 0.42, 0.62),
            fog_density=0.003,
            airlight=f32(0.7, 0.62, 0.5),
        )
    return Lighting(
        dark=False,
        to_sun=to_sun,
        sun=f32(0.95, 0.89, 0.76),
        ambient=f32(0.19, 0.21, 0.25),
        horizon=f32(0.80, 0.88, 0.95),
        zenith=f32(0.24, 0.42, 0.75),
        fog_density=0.0012,
        airlight=f32(0.62, 0.68, 0.75),
    )
