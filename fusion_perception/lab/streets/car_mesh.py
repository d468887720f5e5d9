# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bodies of cars, vans and lorries as meshes of flat facets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from fusion_perception.lab.streets.arrays import Floats
from fusion_perception.lab.streets.car_shapes import (
    BODY,
    BONNET,
    EXHAUST,
    GLASS,
    HEAD,
    PLATE,
    RIM,
    SHAPES,
    TAIL,
    TRIM,
    TYRE,
    UNDER,
    Shape,
)


@dataclass(frozen=True)
class CarMesh:
    """A car; x to the right, y up, z forward, origin on the ground below its middle, in m.

    Attributes:
        corners: (F, 4, 3) corners of the facets.
        normals: (F, 3) outward unit normals.
        material: (F,) material numbers.
        bias: (F,) metres by which a facet is drawn nearer than it is (decals).
        length: length in m.
        width: width in m.
        height: height in m.
    """

    corners: Floats
    normals: Floats
    material: np.ndarray
    bias: Floats
    length: float
    width: float
    height: float


def _stations(shape: Shape) -> Floats:
    half = shape.length / 2
    inner = np.linspace(-half + 0.12, half - 0.12, 21)
    keys = [z for z, _ in shape.roof] + [p + d for p in shape.pillars for d in (-0.05, 0.05)]
    stations = np.unique(np.round(np.concatenate([inner, keys, [-half, -half + 0.04, half - 0.04, half]]), 3))
    keep = np.concatenate([[True], np.diff(stations) > 0.035])
    return stations[keep].astype(np.float32)


def _height(outline: tuple[tuple[float, float], ...], z: float) -> float:
    return float(np.interp(z, [p[0] for p in outline], [p[1] for p in outline]))


def _ring(shape: Shape, z: float) -> tuple[Floats, float, float]:
    """Return the right half of a cross-section, bottom to top, with belt and roof height."""
    belt = _height(shape.belt, z)
    roof = max(_height(shape.roof, z), belt + 0.02)
    end = abs(z) / (shape.length / 2)
    half = shape.half * (1 - 0.16 * end**8)
    sill = shape.sill + 0.06 * end**8
    cabin = min((roof - belt) / 0.45, 1.0)
    top = half * ((0.96 - 0.02 * cabin) if shape.upright else (0.90 - 0.16 * cabin))
    middle = 0.5 * (sill + belt)
    points = [
        (0.90 * half, sill),
        (0.985 * half, sill + 0.10),
        (half, middle),
        (0.985 * half, belt - 0.07),
        (0.95 * half, belt),
        (0.5 * (0.94 * half + top) + 0.01, 0.5 * (belt + roof)),
        (top, roof - 0.07 * cabin - 0.01),
        (0.88 * top, roof - 0.015),
        (0.5 * top, roof + 0.005),
        (0.0, roof + 0.012),
    ]
    return np.array(points, np.float32), belt, roof


def _disc(x: float, y: float, z: float, radius: float, side: int) -> Floats:
    """Return a 12-gon at x, facing sideways, as five quadrilaterals."""
    turns = np.arange(12) * np.pi / 6 + np.pi / 12
    rim = np.stack([np.full(12, side * x), y + radius * np.sin(turns), z + radius * np.cos(turns)], axis=1)
    return np.array([[rim[k], rim[k + 1], rim[10 - k], rim[11 - k]] for k in range(5)], np.float32)


def _rectangle(xa: float, xb: float, y0: float, y1: float, z: float) -> Floats:
    x0, x1 = min(xa, xb), max(xa, xb)
    return np.array([[[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]]], np.float32)


def _side_strip(x: float, y0: float, y1: float, z0: float, z1: float) -> Floats:
    return np.array([[[x, y0, z0], [x, y1, z0], [x, y1, z1], [x, y0, z1]]], np.float32)


@cache
def car_mesh(kind: int) -> CarMesh:
    """Return one of the bodies; kind is taken modulo their number."""
    shape = SHAPES[kind % len(SHAPES)]
    stations = _stations(shape)
    rings, belts, roofs = zip(*(_ring(shape, float(z)) for z in stations), strict=True)
    corners: list[Floats] = []
    material: list[int] = []
    bias: list[float] = []
    for s in range(len(stations) - 1):
        z0, z1 = stations[s], stations[s + 1]
        rise = min(roofs[s] - belts[s], roofs[s + 1] - belts[s + 1])
        slope = abs(roofs[s + 1] - roofs[s]) / (z1 - z0)
        middle = 0.5 * (z0 + z1)
        pillar = any(abs(middle - p) < 0.06 for p in shape.pillars)
        bonnet = middle > 0.8 and rise < 0.1
        glazed = shape.windows[0] < middle < shape.windows[1]
        for k in range(len(rings[s]) - 1):
            if 4 <= k <= 5:
                kind_of = GLASS if glazed and rise > 0.22 and not pillar else BODY
            elif k >= 6:
                sloping = slope > 0.42 and rise > 0.03 and abs(z1) < shape.length / 2 - 0.06
                kind_of = GLASS if glazed and sloping and k > 6 else BODY
            else:
                kind_of = BODY
            if bonnet and kind_of == BODY and k >= 3:
                kind_of = BONNET
            for side in (1, -1):
                a, b, c, d = rings[s][k], rings[s][k + 1], rings[s + 1][k + 1], rings[s + 1][k]
                quad = [
                    (side * a[0], a[1], z0),
                    (side * b[0], b[1], z0),
                    (side * c[0], c[1], z1),
                    (side * d[0], d[1], z1),
                ]
                corners.append(np.array(quad, np.float32))
                material.append(kind_of)
                bias.append(0.0)
    for ring, z in ((rings[0], stations[0]), (rings[-1], stations[-1])):
        for k in range(len(ring) - 1):
            a, b = ring[k], ring[k + 1]
            corners.append(np.array([(a[0], a[1], z), (b[0], b[1], z), (-b[0], b[1], z), (-a[0], a[1], z)], np.float32))
            material.append(BODY)
            bias.append(0.0)

    def add(quads: Floats, kind_of: int, forward: float) -> None:
        corners.extend(quads)
        material.extend([kind_of] * len(quads))
        bias.extend([forward] * len(quads))

    half, end, wheel = shape.half, shape.length / 2, shape.wheel
    low = shape.belt[-1][1]
    for side in (1, -1):
        add(
            _rectangle(side * 0.44 * half, side * 0.84 * half, low - 0.14, low - 0.01, end + 0.005),
            HEAD,
            0.3,
        )
        tail = shape.belt[0][1]
        add(
            _rectangle(side * 0.56 * half, side * 0.84 * half, tail - 0.20, tail - 0.02, -end - 0.005),
            TAIL,
            0.3,
        )
        for z in (-0.30 * shape.length, 0.31 * shape.length):
            add(_disc(half * 0.99, wheel + 0.02, z, wheel + 0.06, side), TRIM, 0.25)
            add(_disc(half * 1.005, wheel, z, wheel, side), TYRE, 0.35)
            add(_disc(half * 1.01, wheel, z, wheel * 0.64, side), RIM, 0.45)
            for turn in np.arange(5) * 1.2566 + 0.3:  # the gaps between the spokes
                y0, z0 = wheel + 0.42 * wheel * np.sin(turn), z + 0.42 * wheel * np.cos(turn)
                add(_disc(half * 1.012, y0, z0, 0.13 * wheel, side), TRIM, 0.5)
            for face in (-0.8, 0.8):
                add(
                    _rectangle(side * (half - 0.2), side * half, 0.0, 1.2 * wheel, z + face * wheel),
                    TYRE,
                    -0.1,
                )
        skin = side * half * 1.004
        belt = min(_height(shape.belt, 0.0), 1.0) - 0.06
        for z in (*shape.pillars, shape.pillars[-1] + 0.95):  # seams of the doors, then their handles
            add(_side_strip(skin, shape.sill + 0.1, belt, z - 0.012, z + 0.012), TRIM, 0.15)
            add(_side_strip(skin, belt - 0.10, belt - 0.06, z + 0.08, z + 0.24), TRIM, 0.15)
        for order, (z0, z1, y0, y1, kind_of) in enumerate(shape.signs):
            add(_side_strip(skin, y0, y1, z0, z1), kind_of, 0.2 + 0.02 * order)
        add(_side_strip(skin, shape.sill, shape.sill + 0.11, -0.18 * shape.length, 0.19 * shape.length), TRIM, 0.15)
        mirror = shape.pillars[-1] + 0.95
        add(_rectangle(side * (half - 0.02), side * (half + 0.13), belt + 0.02, belt + 0.13, mirror), BODY, 0.3)
        add(_side_strip(side * (half + 0.13), belt + 0.02, belt + 0.13, mirror, mirror + 0.1), BODY, 0.3)
    add(_rectangle(-0.40 * half, 0.40 * half, low - 0.20, low - 0.05, end + 0.004), TRIM, 0.85)
    add(_rectangle(-0.7 * half, 0.7 * half, shape.sill + 0.06, shape.sill + 0.16, end + 0.004), TRIM, 0.85)
    for z, y in ((end, low - 0.34), (-end, shape.belt[0][1] - 0.22)):
        add(_rectangle(-0.17, 0.17, y, y + 0.11, z + np.sign(z) * 0.008), PLATE, 0.95)
    add(_rectangle(-0.86 * half, 0.86 * half, 0.12, shape.sill + 0.08, -end * 0.97), UNDER, -0.2)
    add(_rectangle(-0.86 * half, 0.86 * half, 0.12, shape.sill + 0.08, end * 0.95), UNDER, -0.2)
    add(_rectangle(0.35 * half, 0.55 * half, 0.2, 0.28, -end - 0.01), EXHAUST, 0.9)
    quads = np.array(corners, np.float32)
    normals = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    centre = quads.mean(axis=1)
    inside = np.stack([np.zeros(len(quads)), np.full(len(quads), 0.7), centre[:, 2] * 0.93], axis=1)
    normals *= np.where((normals * (centre - inside)).sum(axis=1, keepdims=True) < 0, -1, 1)
    return CarMesh(
        quads,
        normals.astype(np.float32),
        np.array(material),
        np.array(bias, np.float32),
        shape.length,
        2 * shape.half,
        max(y for _, y in shape.roof),
    )
