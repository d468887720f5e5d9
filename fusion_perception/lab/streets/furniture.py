# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Cones, guardrails, wheel stops, street lamps and traffic lights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.climate import Climate
from fusion_perception.lab.streets.layout import KERB_HEIGHT
from fusion_perception.lab.streets.lighting import LAMP_HEIGHT, Lighting
from fusion_perception.lab.streets.patch import Patch

CAR_STOP, GUARDRAIL, CONE = 5, 6, 7


@dataclass(frozen=True)
class Surroundings:
    """What a small object needs to be drawn: where it is drawn, and the light there.

    Attributes:
        canvas: what to paint on.
        camera: the camera.
        lighting: all light.
        climate: temperatures.
    """

    canvas: Canvas
    camera: Camera
    lighting: Lighting
    climate: Climate

    def light(self, x: float, z: float, normal: Floats, sun: float, y: float = 0.5) -> Floats:
        """Return the light (3,) on a face."""
        around = self.lighting.at(x, z, self.camera.z, y) * (0.65 + 0.35 * float(normal[1]))
        return np.asarray(
            around + self.lighting.sun * (sun * max(float(normal @ self.lighting.to_sun), 0.0)), np.float32
        )


def draw_cone(scene: Surroundings, x: float, z: float, sun: float) -> None:
    """Paint a traffic cone of 0.7 m with two white collars."""
    if z < NEAR + 0.3:
        return
    camera = scene.camera
    heights = np.array([0.04, 0.24, 0.36, 0.48, 0.58, 0.70])
    radii = 0.16 * (1 - heights / 0.78) + 0.02
    colours = (
        f32(0.72, 0.13, 0.02),
        f32(0.8, 0.8, 0.78),
        f32(0.72, 0.13, 0.02),
        f32(0.8, 0.8, 0.78),
        f32(0.72, 0.13, 0.02),
    )
    extent = camera.project(np.array([[x - 0.22, 0, z], [x + 0.22, 0, z], [x, 0.72, z]], np.float32))
    patch = Patch(scene.canvas, extent, detail=4)
    if patch.empty:
        return
    columns = 8
    steps = np.linspace(-1, 1, columns + 1)
    quads, table = [], []
    for low in range(5):
        for k in range(columns):
            a, b = steps[k], steps[k + 1]
            middle = 0.5 * (a + b)
            normal = f32(middle, 0.25, -np.sqrt(max(1 - middle**2, 0)))
            quads.append(
                [(x + a * radii[low], heights[low], z), (x + b * radii[low], heights[low], z),
                 (x + b * radii[low + 1], heights[low + 1], z), (x + a * radii[low + 1], heights[low + 1], z)]
            )  # fmt: skip
            light = scene.light(x, z, normal, sun) * (0.75 + 0.25 * np.sqrt(1 - middle**2))
            table.append(
                [
                    *(colours[low] * light),
                    scene.climate.air + 1.0 + 1.2 * sun * max(float(normal @ scene.lighting.to_sun), 0.0),
                ]
            )
    base = [(x - 0.2, 0.0, z - 0.19), (x + 0.2, 0.0, z - 0.19), (x + 0.2, 0.04, z - 0.19), (x - 0.2, 0.04, z - 0.19)]
    top = [(x - 0.2, 0.04, z - 0.19), (x + 0.2, 0.04, z - 0.19), (x + 0.2, 0.04, z + 0.19), (x - 0.2, 0.04, z + 0.19)]
    flat = scene.light(x, z, f32(0, 1, 0), sun)
    first = patch.colours(
        np.array(
            [
                [*(f32(0.04, 0.04, 0.04) * flat), scene.climate.air + 0.8],
                [*(f32(0.08, 0.08, 0.08) * flat), scene.climate.air + 1.0],
            ],
            np.float32,
        )
    )
    patch.polygons(camera.project(np.array([base, top]).reshape(-1, 3)).reshape(2, 4, 2), first)
    points = camera.project(np.array(quads).reshape(-1, 3)).reshape(-1, 4, 2)
    patch.polygons(points, patch.colours(np.array(table, np.float32)))
    patch.finish(z, CONE)


def draw_box(
    scene: Surroundings, low: tuple[float, float, float], high: tuple[float, float, float], albedo: Floats, heat: float,
    sun: float, label: int,
) -> None:  # fmt: skip
    """Paint an upright box between two corners (x, y, z)."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    if z1 < NEAR + 0.2:
        return
    z0 = max(z0, NEAR)
    side_x = x0 if scene.camera.x < x0 else x1
    side_n = f32(-1 if scene.camera.x < x0 else 1, 0, 0)
    quads = np.array(
        [
            [(side_x, y0, z0), (side_x, y0, z1), (side_x, y1, z1), (side_x, y1, z0)],
            [(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)],
            [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)],
        ],
        np.float32,
    )
    points = scene.camera.project(quads.reshape(-1, 3))
    patch = Patch(scene.canvas, points)
    if patch.empty:
        return
    middle_x, middle_z = (x0 + x1) / 2, (z0 + z1) / 2
    table = [
        [
            *(albedo * scene.light(middle_x, middle_z, n, sun)),
            heat + 0.5 * sun * max(float(n @ scene.lighting.to_sun), 0.0),
        ]
        for n in (side_n, f32(0, 1, 0), f32(0, 0, -1))
    ]
    first = patch.colours(np.array(table, np.float32))
    inside = x0 <= scene.camera.x <= x1
    order = np.array([1, 2] if inside else [0, 1, 2])
    if scene.camera.y < y1:
        order = order[order != 1]
    patch.polygons(points.reshape(-1, 4, 2), first, order)
    patch.finish(z0, label)


def draw_car_stop(scene: Surroundings, x: float, z: float, sun: float) -> None:
    """Paint a concrete wheel stop of a parking bay."""
    albedo = f32(0.5, 0.5, 0.47)
    for start in (0.0, 0.9):
        draw_box(
            scene,
            (x - 0.09, 0, z + start),
            (x + 0.09, 0.13, z + start + 0.62),
            albedo,
            scene.climate.road - 0.4,
            sun,
            CAR_STOP,
        )


def draw_guardrail_section(scene: Surroundings, x: float, z: float, length: float, sun: float) -> None:
    """Paint a post and a few metres of W-beam."""
    y = KERB_HEIGHT
    draw_box(
        scene,
        (x - 0.05, y, z),
        (x + 0.05, y + 0.72, z + 0.1),
        f32(0.5, 0.5, 0.5),
        scene.climate.air + 0.6,
        sun,
        GUARDRAIL,
    )
    z0, z1 = max(z - 0.05, NEAR), z + length
    if z1 < NEAR + 0.2:
        return
    inward = -float(np.sign(x)) * 0.07
    heights = (0.40, 0.48, 0.56, 0.64, 0.74)
    depths = (0.0, 0.5, 1.0, 0.5, 0.0)
    tilt = (-0.5, -0.8, 0.6, 0.85)
    quads, table = [], []
    for k in range(4):
        xa, xb = x + inward * (0.5 + depths[k]), x + inward * (0.5 + depths[k + 1])
        ya, yb = y + heights[k], y + heights[k + 1]
        quads.append([(xa, ya, z0), (xa, ya, z1), (xb, yb, z1), (xb, yb, z0)])
        normal = f32(np.sign(inward), tilt[k], -0.15)
        normal /= np.linalg.norm(normal)
        light = scene.light(x, max((z0 + z1) / 2, 1.0), normal, sun) * 1.2
        table.append([*(f32(0.58, 0.59, 0.60) * light), scene.climate.air + 0.9 - 0.5 * max(tilt[k], 0)])
    points = scene.camera.project(np.array(quads).reshape(-1, 3))
    patch = Patch(scene.canvas, points)
    if patch.empty:
        return
    patch.polygons(points.reshape(-1, 4, 2), patch.colours(np.array(table, np.float32)))
    patch.finish((z0 + z1) / 2, GUARDRAIL)


def draw_lamp(scene: Surroundings, x: float, z: float, lit: bool) -> None:
    """Paint a street lamp with an arm over the road."""
    if z < NEAR + 0.5:
        return
    camera, climate = scene.camera, scene.climate
    foot = x + np.sign(x) * 0.9
    shape = np.array(
        [
            [foot, 0, z],
            [foot, LAMP_HEIGHT - 0.25, z],
            [foot - np.sign(x) * 0.25, LAMP_HEIGHT, z],
            [x, LAMP_HEIGHT + 0.08, z],
        ]
    )
    points = camera.project(shape)
    scale = camera.scale_at(z)
    patch = Patch(scene.canvas, points, margin=0.4 * scale + 2)
    if patch.empty:
        return
    grey = f32(0.22, 0.23, 0.22) * scene.light(foot, z, f32(0, 0.2, -0.98), 0.5, 2.0)
    glow = f32(1, 1, 1) * 0.3 if not lit else 6.0 * scene.lighting.lamp / max(float(scene.lighting.lamp.max()), 1e-3)
    first = patch.colours(
        np.array([[*grey, climate.air + 0.8], [*glow, climate.air + (14.0 if lit else 1.0)]], np.float32)
    )
    patch.line(points, first, max(0.11 * scale, 0.7))
    head = camera.project(
        np.array([[x + np.sign(x) * 0.3, LAMP_HEIGHT + 0.04, z], [x - np.sign(x) * 0.25, LAMP_HEIGHT + 0.04, z]])
    )
    patch.line(head, first + 1, max(0.14 * scale, 0.8))
    patch.finish(z)


def draw_signal(scene: Surroundings, x: float, z: float, phase: int) -> None:
    """Paint a traffic light on a pole; phase 0 green, 1 amber, 2 red."""
    if z < NEAR + 0.5:
        return
    camera, climate = scene.camera, scene.climate
    scale = camera.scale_at(z)
    pole = camera.project(np.array([[x, 0, z], [x, 3.4, z]]))
    box = np.array([[x - 0.17, 2.5, z], [x + 0.17, 2.5, z], [x + 0.17, 3.5, z], [x - 0.17, 3.5, z]])
    points = camera.project(box)
    patch = Patch(scene.canvas, np.vstack([pole, points]), margin=0.3 * scale + 2, detail=4)
    if patch.empty:
        return
    light = scene.light(x, z, f32(0, 0.1, -1), 0.3, 2.5)
    body = [*(f32(0.2, 0.21, 0.21) * light), climate.air + 0.7]
    case = [*(f32(0.05, 0.055, 0.05) * light), climate.air + 1.2]
    first = patch.colours(np.array([body, case], np.float32))
    patch.line(pole, first, max(0.1 * scale, 0.7))
    patch.polygons(points[None], first + 1)
    lamps = ((0.05, 1.6, 0.9), (1.8, 1.0, 0.05), (2.2, 0.06, 0.04))
    for k, y in enumerate((2.68, 3.0, 3.32)):
        on = k == phase
        colour = np.array(lamps[k]) * (2.2 if on else 0.03)
        lamp = patch.colours(np.array([[*colour, climate.air + (6.0 if on else 1.0)]], np.float32))
        patch.disc(camera.project(np.array([[x, y, z]]))[0], 0.12 * scale, lamp)
    patch.finish(z)
