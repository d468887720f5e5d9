# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What makes streets of training differ more than those of the demonstration do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusion_perception.lab.streets.car_shapes import KINDS
from fusion_perception.lab.streets.config import SceneConfig
from fusion_perception.lab.streets.layout import Block, Layout
from fusion_perception.lab.streets.lighting import PERIOD


def varied(layout: Layout, config: SceneConfig) -> Layout:
    """Let vans and lorries among the cars, let the parked ones stand less straight, and add plain blocks."""
    rng = np.random.default_rng([config.seed, 32])

    def kind(usual: int) -> int:
        other = int(rng.integers(KINDS))
        return other if rng.random() < 0.7 * config.variety else usual

    turn = config.variety * float(rng.choice([0.0, 0.15, 0.4]))
    layout = _parked_across(layout, config, np.random.default_rng([config.seed, 36]))
    return replace(
        layout,
        blocks=_blocks(layout, config),
        parked=tuple(
            replace(car, kind=kind(car.kind), heading=car.heading + turn * float(rng.normal())) for car in layout.parked
        ),
        moving=tuple(replace(car, kind=kind(car.kind)) for car in layout.moving),
    )


def _parked_across(layout: Layout, config: SceneConfig, rng: np.random.Generator) -> Layout:
    """In some streets let cars park at an angle to the kerb, or across it."""
    if rng.random() > 0.4 * config.variety:
        return layout
    angle = float(rng.choice([0.6, 1.1, np.pi / 2])) * float(rng.choice([-1, 1]))
    outward = layout.parking * (0.3 + 0.9 * abs(float(np.sin(angle))))
    cars = tuple(
        replace(car, x=car.x + outward, heading=car.heading + angle + (np.pi if rng.random() < 0.3 else 0.0))
        for car in layout.parked
    )
    return replace(layout, parked=cars)


def _blocks(layout: Layout, config: SceneConfig) -> tuple[Block, ...]:
    """Return plain blocks along both pavements: shelters, low walls, boxes as large as a car, and pillars."""
    rng = np.random.default_rng([config.seed, 35])
    blocks: list[Block] = []
    for side, edge in ((-1, -layout.edges[0]), (1, layout.edges[1])):
        z = float(rng.uniform(0, 15))
        gap = float(rng.choice([1.5, 4.0, 15.0])) / config.variety
        parked = [car for car in layout.parked if car.x * side > 0]
        reach = max((abs(c.x) + 2.9 * abs(np.sin(c.heading)) + 1.1 * abs(np.cos(c.heading)) for c in parked), default=0)
        while z < PERIOD - 10:
            shape = rng.random()
            if shape < 0.2:
                length, height, depth = rng.uniform(0.8, 2.5), rng.uniform(1.8, 2.8), rng.uniform(1.5, 5.0)
            elif shape < 0.5:
                length, height, depth = rng.uniform(2, 9), rng.uniform(0.7, 3.2), rng.uniform(0.2, 1.5)
            elif shape < 0.8:
                length, height, depth = rng.uniform(0.8, 4.5), rng.uniform(1.0, 2.4), rng.uniform(0.8, 2.5)
            else:
                length, height, depth = rng.uniform(0.4, 1.2), rng.uniform(3, 9), rng.uniform(0.4, 1.2)
            front = edge + layout.pavement * float(rng.choice([0.0, 0.0, 0.15, 1.0])) + float(rng.uniform(0.0, 0.3))
            front = max(front, float(reach))
            blocks.append(Block(side, front, z, float(length), float(height), float(depth), shape < 0.2))
            z += float(length) + float(rng.uniform(0.3, 2)) * gap
    return tuple(blocks)
