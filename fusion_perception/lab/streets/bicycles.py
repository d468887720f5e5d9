# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bicycles: tubes, spokes and two wheels."""

from __future__ import annotations

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.climate import Climate
from fusion_perception.lab.streets.patch import Patch

LABEL = 3
WHEEL = 0.33
_HALF = 0.52
_PAINTS = ((0.5, 0.5, 0.52), (0.05, 0.05, 0.06), (0.4, 0.05, 0.05), (0.06, 0.12, 0.35), (0.6, 0.58, 0.5))
_FRAME = (
    ((0.0, 0.28, -0.05), (0.0, 0.80, -0.22)),  # seat tube
    ((0.0, 0.28, -0.05), (0.0, 0.82, 0.36)),  # down tube
    ((0.0, 0.72, -0.19), (0.0, 0.86, 0.34)),  # top tube
    ((0.0, 0.33, -_HALF), (0.0, 0.28, -0.05)),  # chain stay
    ((0.0, 0.33, -_HALF), (0.0, 0.74, -0.19)),  # seat stay
    ((0.0, 0.33, _HALF), (0.0, 1.0, 0.33)),  # fork
    ((-0.25, 1.02, 0.27), (0.25, 1.02, 0.27)),  # handlebar
)


def draw_bicycle(
    canvas: Canvas, camera: Camera, x: float, y: float, z: float, heading: float, roll: float, look: int,
    light: Floats, climate: Climate, warm: float,
) -> None:  # fmt: skip
    """Paint a bicycle.

    Args:
        canvas: what to paint on.
        camera: the camera.
        x: lateral position in m.
        y: height of the ground in m.
        z: distance in m.
        heading: direction; 0 points away from the camera.
        roll: angle of the wheels in radians.
        look: number that chooses paint and basket.
        light: (3,) light on it.
        climate: temperatures.
        warm: degrees above the air: the tyres and saddle of a ridden one.
    """
    if z - _HALF - WHEEL < NEAR:
        return
    draw = np.random.default_rng(look)
    paint = f32(*_PAINTS[draw.integers(len(_PAINTS))])
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)

    def place(points: np.ndarray) -> Floats:
        return camera.project(np.asarray(points, np.float32) @ turn.T + f32(x, y, z))

    turns = np.linspace(0, 2 * np.pi, 25)
    circle = np.stack([np.zeros(25), np.sin(turns), np.cos(turns)], axis=1)
    wheels = [place(circle * WHEEL + (0, WHEEL, shift)) for shift in (-_HALF, _HALF)]
    extent = place(np.array([[0, 0, -_HALF - WHEEL], [0, 0, _HALF + WHEEL], [-0.3, 1.1, 0.3], [0.3, 1.1, 0.3]]))
    patch = Patch(canvas, np.vstack([extent, *wheels]), detail=4)
    if patch.empty:
        return
    scale = camera.scale_at(z)
    heat = climate.air + 0.7
    colours = f32(0.03, 0.03, 0.03)[None] * [[1], [1], [1]]
    table = np.array([colours[0] * light, f32(0.45, 0.45, 0.45) * light, paint * light, f32(0.1, 0.09, 0.08) * light])
    warmth = np.array([[heat + 2.2 * warm], [heat], [heat + 0.4], [heat + 3 * warm]])
    tyre = patch.colours(np.hstack([table, warmth]).astype(np.float32))
    spoke, tube, dark = tyre + 1, tyre + 2, tyre + 3
    thin = max(0.012 * scale, 0.3)
    for k, wheel in enumerate(wheels):
        shift = (-_HALF, _HALF)[k]
        for angle in roll + np.arange(6) * np.pi / 6:
            end = np.array([[0, np.sin(angle), np.cos(angle)], [0, -np.sin(angle), -np.cos(angle)]])
            if scale > 25:
                patch.line(place(end * (WHEEL * 0.95) + (0, WHEEL, shift)), spoke, 0.2)
        patch.line(wheel, tyre, max(0.042 * scale, 0.5))
    for tube_ends in _FRAME:
        patch.line(place(np.array(tube_ends)), tube, max(0.036 * scale, 0.5))
    patch.line(place(np.array([[0, 0.88, -0.34], [0, 0.9, -0.12]])), dark, max(0.08 * scale, 0.5))
    patch.line(place(np.array([[0, 0.73, -0.66], [0, 0.71, -0.2]])), spoke, max(2 * thin, 0.4))
    if draw.random() < 0.6:  # a front basket
        basket = np.array(
            [[[-0.16, 0.76, 0.42], [0.16, 0.76, 0.42], [0.18, 0.98, 0.42], [-0.18, 0.98, 0.42]],
             [[0, 0.76, 0.36], [0, 0.76, 0.6], [0, 0.98, 0.66], [0, 0.98, 0.36]]]
        )  # fmt: skip
        dim = patch.colours(np.array([[*(f32(0.16, 0.16, 0.17) * light), heat]] * 2, np.float32))
        patch.polygons(place(basket.reshape(-1, 3)).reshape(2, 4, 2), dim)
    patch.finish(z, LABEL, canvas.new_instance(LABEL))
