# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a synthetic scene is made of, and what a rendered frame holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.streets.camera import Camera

CONDITIONS = ("day", "night", "fog", "glare")
GLARE_SOURCES = ("headlights", "sun")


@dataclass(frozen=True)
class SceneConfig:
    """One street at one time of day. Equal configurations give equal pixels.

    Attributes:
        height: image height in pixels, 48..4096.
        width: image width in pixels, 64..4096.
        condition: ``"day"``, ``"night"``, ``"fog"`` or ``"glare"``.
        seed: everything random is drawn from it; 0 or more.
        moving_cars: cars in traffic, 0..20.
        parked_cars: cars along the kerb of the 160 m stretch, 0..30.
        people: walking people, 0..60.
        bikes: bicycles, a third of them ridden, 0..30.
        cones: traffic cones, 0..30.
        speed: speed of the cameras along the road in m/s, 0..30.
        glare_source: what dazzles the RGB camera when the condition is ``"glare"``: oncoming
            ``"headlights"`` at night, or the low ``"sun"`` ahead.
        variety: how far the scene leaves the usual, 0..1: temperatures, gain of the thermal camera, exposure at night,
            vehicles (0: three kinds of cars) and how they stand, and plain blocks of concrete or glass at the pavement.
            0 gives every scene of a condition the same climate.
    """

    height: int = 480
    width: int = 640
    condition: str = "day"
    seed: int = 0
    moving_cars: int = 4
    parked_cars: int = 9
    people: int = 14
    bikes: int = 11
    cones: int = 6
    speed: float = 5.0
    glare_source: str = "headlights"
    variety: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        if self.condition not in CONDITIONS:
            raise DataError(f"unknown condition '{self.condition}'; allowed: {', '.join(CONDITIONS)}")
        if self.glare_source not in GLARE_SOURCES:
            raise DataError(f"unknown glare_source '{self.glare_source}'; allowed: {', '.join(GLARE_SOURCES)}")
        limits = {
            "height": (48, 4096),
            "width": (64, 4096),
            "seed": (0, 2**31 - 1),
            "moving_cars": (0, 20),
            "parked_cars": (0, 30),
            "people": (0, 60),
            "bikes": (0, 30),
            "cones": (0, 30),
            "speed": (0, 30),
            "variety": (0, 1),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise DataError(f"{name} = {value}; allowed: {low}..{high}")

    @property
    def dark(self) -> bool:
        """Whether the sun is down."""
        return self.condition == "night" or (self.condition == "glare" and self.glare_source == "headlights")


class Box(NamedTuple):
    """Bounding box of the visible pixels of one object; x1 and y1 are exclusive."""

    label: int
    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True)
class SyntheticFrame:
    """One rendered moment.

    Attributes:
        thermal: (H, W) uint8, as an 8-bit thermal camera delivers it.
        rgb: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8 ids of the label set ``msrs9``.
        boxes: cars, people and bikes of which at least a few pixels are visible.
        name: file-like name; ends in "D" by day and "N" by night, as in MSRS.
        condition: the condition of the scene.
        depth: (H, W) float32 distance along the road in m; a very large one for the sky.
        camera: pose and optics of the cameras.
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    boxes: list[Box] = field(default_factory=list)
    name: str = ""
    condition: str = "day"
    depth: NDArray[np.float32] | None = None
    camera: Camera | None = None
