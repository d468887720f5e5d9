# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A street drawn at random."""

from __future__ import annotations

import numpy as np

from fusion_perception.lab.streets.config import SceneConfig
from fusion_perception.lab.streets.layout import Bike, Building, Layout, MovingCar, ParkedCar, Spot, Tree, Walker
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.variety import varied


def _buildings(rng: np.random.Generator, fronts: tuple[float, float]) -> tuple[Building, ...]:
    houses: list[Building] = []
    for side, front in ((-1, fronts[0]), (1, fronts[1])):
        z = float(rng.uniform(0, 6))
        end = z + PERIOD
        while True:
            length = float(rng.uniform(11, 24))
            gap = float(rng.choice([0.0, 1.5, 5.0, 12.0], p=[0.3, 0.3, 0.25, 0.15]))
            if z + length + gap > end - 9:
                houses.append(Building(side, front, z, end - z - 1.0, float(rng.uniform(7, 15))))
                break
            houses.append(Building(side, front + float(rng.uniform(0, 2.0)), z, length, float(rng.uniform(6, 18))))
            z += length + gap
    return tuple(houses)


def _hedges(rng: np.random.Generator, edges: tuple[float, float], pavement: float) -> tuple[Building, ...]:
    hedges: list[Building] = []
    for side, edge in ((-1, -edges[0]), (1, edges[1])):
        z = float(rng.uniform(0, 20))
        while z < PERIOD - 12:
            length = float(rng.uniform(7, 26))
            length = min(length, PERIOD - 1 - z)
            hedges.append(Building(side, edge + pavement + 0.35, z, length, float(rng.uniform(0.7, 1.6))))
            z += length + float(rng.uniform(2, 24))
    return tuple(hedges)


def _parked(config: SceneConfig, rng: np.random.Generator, side: int) -> tuple[tuple[ParkedCar, ...], list[float]]:
    slots = np.arange(4.0, PERIOD - 4.0, 6.2)
    keep = rng.permutation(len(slots))
    taken = keep[: config.parked_cars]
    cars = tuple(
        ParkedCar(
            x=side * (2.95 + float(rng.uniform(-0.1, 0.12))),
            z=float(slots[k] + rng.uniform(-0.35, 0.35)),
            heading=float(rng.normal(0, 0.02)) + (np.pi if rng.random() < 0.15 else 0.0),
            kind=int(rng.integers(3)),
            paint=int(rng.integers(8)),
            # Most have taken the warmth of the day, a few are as cold as the road, some have just arrived.
            warm=float(rng.choice([-2.2, 0.0, 1.0, 4.0], p=[0.25, 0.35, 0.25, 0.15]) + rng.normal(0, 0.4)),
        )
        for k in taken
    )
    return cars, [float(slots[k]) for k in keep[config.parked_cars :]]


def _traffic(config: SceneConfig, rng: np.random.Generator, side: int) -> tuple[MovingCar, ...]:
    """Return cars that never meet: all oncoming ones are equally fast, and so are those ahead."""
    cars = []
    oncoming = -float(rng.uniform(6.0, 8.0))
    offset, gap = float(rng.uniform(0, 120)), 120 / max(config.moving_cars, 1)
    leads = 0
    for k in range(config.moving_cars):
        kind, paint = int(rng.integers(3)), int(rng.integers(8))
        if k % 3 == 1 and leads < 2 and rng.random() < 0.7:
            start = float(rng.uniform(16, 30)) + 26.0 * leads
            cars.append(MovingCar(0.0, start, config.speed, True, kind, paint))
            leads += 1
        else:
            start = offset + gap * (k + float(rng.uniform(-0.2, 0.2)))
            cars.append(MovingCar(-side * 3.3, start, oncoming, False, kind, paint))
    return tuple(cars)


def _walkers(
    config: SceneConfig,
    rng: np.random.Generator,
    edges: tuple[float, float],
    pavement: float,
    crossings: tuple[float, float],
) -> tuple[Walker, ...]:
    walkers = []
    for k in range(config.people):
        right = rng.random() < 0.5
        inset = float(rng.uniform(0.9, pavement - 1.1))
        walkers.append(
            Walker(
                x=edges[1] + inset if right else edges[0] - inset,
                start=float((k + rng.uniform(0.1, 0.9)) * 100 / max(config.people, 1)),
                speed=float(rng.choice([-1, 1]) * rng.uniform(1.0, 1.5)),
                crossing=crossings[k // 6 % 2] + 0.4 + 0.7 * (k // 12 % 4) if k % 6 == 1 else None,
                phase=float(rng.uniform(0, 6.28)),
                height=float(rng.uniform(1.55, 1.85)),
                look=int(rng.integers(1 << 16)),
            )
        )
    return tuple(walkers)


def _row(config: SceneConfig) -> tuple[int, float]:
    """Return how many parked bicycles make a row, and the gap between them in m."""
    if config.variety == 0:
        return 4, 0.75
    rng = np.random.default_rng([config.seed, 34])
    return 4 + int(rng.integers(0, round(12 * config.variety) + 1)), 0.75 - 0.35 * config.variety * float(rng.random())


def _bikes(
    config: SceneConfig, rng: np.random.Generator, edges: tuple[float, float], pavement: float, side: int
) -> tuple[Bike, ...]:
    """Return riders, who keep to the side of their direction, and rows of parked bicycles."""
    speeds = (float(rng.uniform(2.6, 4.0)), -float(rng.uniform(2.6, 4.0)))
    riders = (config.bikes + 2) // 3
    bikes = []
    for k in range(riders):
        away = k % 2 == 0
        # Along parked cars a bicycle rides left of them; on the other side it keeps to the kerb.
        x = side * 1.3 if away else -side * 4.5
        start = (k + float(rng.uniform(0.2, 0.8))) * 120 / riders
        bikes.append(Bike(x, start, speeds[0] if away else speeds[1], True, int(rng.integers(1 << 16))))
    place, row_side = 0.0, 1
    row, gap = _row(config)
    near = np.random.default_rng([config.seed, 37]).random(8) < 0.5 * config.variety  # at the kerb, not at the houses
    for k in range(config.bikes - riders):
        if k % row == 0:
            place, row_side = float(rng.uniform(8, 30)) + 40.0 * (k // row), int(rng.choice([-1, 1]))
        out = 0.7 if near[k // row % len(near)] else pavement - 0.6
        x = edges[1] + out if row_side > 0 else edges[0] - out
        spot = place + gap * (k % row) + float(rng.uniform(-0.08, 0.08))
        bikes.append(Bike(x, spot % PERIOD, 0.0, False, int(rng.integers(1 << 16))))
    return tuple(bikes)


def make_layout(config: SceneConfig, rng: np.random.Generator) -> Layout:
    """Draw a street at random."""
    side = 1 if rng.random() < 0.5 else -1
    near, far = 4.0, 5.0
    edges = (-far, near) if side > 0 else (-near, far)
    pavement = float(rng.uniform(2.6, 3.6))
    setback = float(rng.uniform(1.0, 4.5))
    parked, free = _parked(config, rng, side)
    crossing = float(rng.uniform(30, 50))
    crossings = (crossing, (crossing + 85.0) % PERIOD)

    trees = []
    for x in (edges[0] - 0.9, edges[1] + 0.9):
        z = float(rng.uniform(0, 9))
        while z < PERIOD - 3:
            trees.append(Tree(x, z, float(rng.uniform(6.0, 10.5)), int(rng.integers(4))))
            z += float(rng.uniform(8, 19))

    work = free[0] if free else 20.0
    sites = (work - 3.0, (work + 70.0) % PERIOD)
    cones = tuple(Spot(side * (1.75 + 0.15 * (k % 2)), sites[k % 2] + 1.7 * (k // 2)) for k in range(config.cones))
    rails = (  # clear of the crossings
        Spot(edges[0] - 0.35 if side > 0 else edges[1] + 0.35, crossing + float(rng.uniform(7, 14)), 24.0),
        Spot(edges[1] + 0.35 if side > 0 else edges[0] - 0.35, crossing + float(rng.uniform(40, 60)), 16.0),
    )
    bumps = (Spot(0.0, (crossing + 24.0) % PERIOD, 0.5), Spot(0.0, (crossing + 110.0) % PERIOD, 0.5))
    stops = tuple(Spot(side * 3.55, z, 1.7) for z in free[1:11])
    layout = Layout(
        parking=side,
        edges=edges,
        pavement=pavement,
        buildings=_buildings(rng, (-edges[0] + pavement + setback, edges[1] + pavement + setback)),
        hedges=_hedges(rng, edges, pavement),
        trees=tuple(trees),
        parked=parked,
        moving=_traffic(config, rng, side),
        walkers=_walkers(config, rng, edges, pavement, crossings),
        bikes=_bikes(config, rng, edges, pavement, side),
        cones=cones,
        rails=rails,
        bumps=bumps,
        stops=stops,
        crossings=crossings,
        signals=tuple(
            Spot(s * (max(abs(edges[0]), abs(edges[1])) + 0.5), c + 5.0)
            for s, c in zip((1, -1), crossings, strict=True)
        ),
    )
    return varied(layout, config) if config.variety > 0 else layout
