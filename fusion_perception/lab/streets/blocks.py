# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Plain blocks beside the road: garden walls, shelters, pillars, kiosks and boxes.

They are as large as vehicles, and as flat and featureless in a thermal picture, but have no class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.layout import Block
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.setting import Setting
from fusion_perception.lab.streets.walls import PER_METRE, Wall, draw_rows

_BEHIND = 12.0


@dataclass(frozen=True)
class _Style:
    """What a block is made of.

    Attributes:
        albedo: (3,) of its surface.
        warmth: degrees by which it is warmer than between wall and road.
        look: "plain", "banded" as stairs and railings are, or "framed" as the panes of a shelter are.
        pane: degrees by which a pane is warmer than its frame.
    """

    albedo: Floats
    warmth: float
    look: str
    pane: float


class Blocks:
    """All blocks of one street."""

    def __init__(self, setting: Setting, rng: np.random.Generator) -> None:
        self._blocks: list[tuple[Block, Wall, Wall]] = []
        for block in setting.layout.blocks:
            style = _Style(
                f32(0.40, 0.39, 0.36) * float(rng.uniform(0.3, 1.4)),
                float(rng.normal(0, 1.2)),
                "framed" if block.shelter else str(rng.choice(["plain", "banded", "framed"], p=[0.6, 0.2, 0.2])),
                float(rng.normal(-0.5, 1.0)),
            )
            front = _paint(setting, block, block.length, style, f32(-block.side, 0, 0), rng)
            end = _paint(setting, block, block.thickness, style, f32(0, 0, -1), rng)
            self._blocks.append((block, front, end))

    def near(self, camera: Camera) -> Iterator[tuple[float, int]]:
        """Yield distance in m and number of the blocks in sight.

        The distance is that of the far end: everything that stands before the face of a block is nearer.
        """
        for number, (block, _, _) in enumerate(self._blocks):
            start = (block.z - camera.z + _BEHIND) % PERIOD - _BEHIND
            end = start + block.length
            if 2.0 < end < 90:
                yield end, number

    def draw(self, canvas: Canvas, camera: Camera, number: int) -> None:
        """Paint one block."""
        block = self._blocks[number]
        draw_rows(canvas, camera, [block], block[0].thickness)


def _paint(
    setting: Setting, block: Block, length: float, style: _Style, normal: Floats, rng: np.random.Generator
) -> Wall:
    """Return the face of a block that looks along ``normal``."""
    lighting, climate, per = setting.lighting, setting.climate, PER_METRE * setting.detail
    height, width = max(round(block.height * per), 4), max(round(length * per), 8)
    y = np.linspace(block.height, 0, height, dtype=np.float32)[:, None]
    x = ((np.arange(width, dtype=np.float32) + 0.5) / per)[None, :]
    stains = fractal_noise(rng, height, width, 1.5 * per, 4, 0.6, aspect=1.5)
    facing = max(float(normal @ lighting.to_sun), 0.0)
    light = np.broadcast_to(lighting.ambient * 0.6 + lighting.sun * facing, (height, width, 3)).astype(np.float32)
    if len(lighting.lamps):
        along = x if abs(normal[0]) > 0.5 else np.zeros_like(x)
        side = np.float32(block.side * block.front)
        share = lighting.lamp_light(side, block.z + along, np.minimum(y, 4.0))
        light = light + np.float32(0.6) * share[..., None] * lighting.lamp
    tone = np.clip(1 + np.float32(0.10) * stains, 0.3, 2.0)
    heat = 0.5 * (climate.wall + climate.road) + style.warmth + 0.25 * stains + climate.wall_sun * facing
    heat = heat + float(rng.normal(0, 0.4)) * y / block.height
    if style.look == "banded":
        band = np.abs((y / 0.35) % 1 - 0.5) > 0.38
        tone, heat = tone * np.where(band, 0.7, 1.0).astype(np.float32), heat - np.float32(0.8) * band
    elif style.look == "framed":
        sill = float(rng.choice([0.2, 0.5, 0.9]))
        pane = (y > sill) & (y < block.height - 0.2) & (x > 0.15) & (x < length - 0.15) & (x % 1.6 > 0.08)
        tone, heat = tone * np.where(pane, 0.35, 1.0).astype(np.float32), heat + np.float32(style.pane) * pane
    return Wall.of(
        np.dstack([style.albedo * light * tone[..., None], heat - 0.7 * (y > block.height - 0.08)]).astype(np.float32),
        per,
    )
