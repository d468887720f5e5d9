# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What stands along a street, and where."""

from __future__ import annotations

from dataclasses import dataclass, field

KERB_HEIGHT = 0.13
LANE = 1.65
"""Half the width of a lane in m."""


@dataclass(frozen=True)
class Building:
    """A house: street face at |x| = front on one side, from z to z + length."""

    side: int
    front: float
    z: float
    length: float
    height: float


@dataclass(frozen=True)
class Block(Building):
    """A plain block, ``thickness`` m deep; a shelter has panes."""

    thickness: float = 0.3
    shelter: bool = False


@dataclass(frozen=True)
class Tree:
    """A tree with its trunk at (x, z)."""

    x: float
    z: float
    height: float
    kind: int


@dataclass(frozen=True)
class ParkedCar:
    """A standing car; heading 0 looks along the road."""

    x: float
    z: float
    heading: float
    kind: int
    paint: int
    warm: float


@dataclass(frozen=True)
class MovingCar:
    """A car in traffic at ``start + speed t``; lead cars keep their distance, oncoming ones come again and again."""

    x: float
    start: float
    speed: float
    lead: bool
    kind: int
    paint: int


@dataclass(frozen=True)
class Walker:
    """A person who walks along the pavement, or crosses the road at z = ``crossing``."""

    x: float
    start: float
    speed: float
    crossing: float | None
    phase: float
    height: float
    look: int


@dataclass(frozen=True)
class Bike:
    """A bicycle: ridden along the road edge, or parked across the pavement."""

    x: float
    start: float
    speed: float
    ridden: bool
    look: int


@dataclass(frozen=True)
class Spot:
    """Something small at (x, z) with a length along the road."""

    x: float
    z: float
    length: float = 0.0


@dataclass(frozen=True)
class Layout:
    """The street. All z within the period; x > 0 is right of the cameras.

    Attributes:
        parking: +1 when the parking strip is on the right, -1 when on the left.
        edges: x of the left and right kerb.
    """

    parking: int
    edges: tuple[float, float]
    pavement: float
    buildings: tuple[Building, ...]
    hedges: tuple[Building, ...]
    trees: tuple[Tree, ...]
    parked: tuple[ParkedCar, ...]
    moving: tuple[MovingCar, ...]
    walkers: tuple[Walker, ...]
    bikes: tuple[Bike, ...]
    cones: tuple[Spot, ...]
    rails: tuple[Spot, ...]
    bumps: tuple[Spot, ...]
    stops: tuple[Spot, ...]
    crossings: tuple[float, ...]
    signals: tuple[Spot, ...] = field(default=())
    blocks: tuple[Block, ...] = field(default=())
