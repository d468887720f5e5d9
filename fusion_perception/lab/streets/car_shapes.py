# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Outlines of cars, vans and lorries, and the materials of their parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

BODY, BONNET, GLASS, TYRE, RIM, TRIM, HEAD, TAIL, PLATE, UNDER, EXHAUST, SIGN, LETTERS = range(13)


@dataclass(frozen=True)
class Shape:
    """Outline of a body from the side; z forward and y up, in m, origin on the ground below its middle.

    Attributes:
        length: of the body.
        half: half of its width.
        sill: height of its lower edge.
        wheel: radius of the wheels.
        belt: (z, y) along the line below the windows, from the rear to the front.
        roof: likewise along the top: boot, rear window, roof, windscreen, bonnet.
        pillars: z of the posts between the side windows.
        windows: z from where to where there is glass.
        upright: whether the sides hardly lean in.
        signs: painted rectangles on the sides: z0, z1, y0, y1 and material.
    """

    length: float
    half: float
    sill: float
    wheel: float
    belt: tuple[tuple[float, float], ...]
    roof: tuple[tuple[float, float], ...]
    pillars: tuple[float, ...]
    windows: tuple[float, float] = (-10.0, 10.0)
    upright: bool = False
    signs: tuple[tuple[float, float, float, float, int], ...] = ()


SHAPES: tuple[Shape, ...] = (
    Shape(  # saloon
        4.5,
        0.86,
        0.20,
        0.31,
        ((-2.25, 0.80), (-2.1, 0.90), (-1.5, 0.96), (0.3, 0.93), (1.2, 0.90), (2.0, 0.76), (2.25, 0.64)),
        (
            (-2.25, 0.80),
            (-2.1, 0.90),
            (-1.75, 0.99),
            (-1.05, 1.36),
            (-0.5, 1.44),
            (0.1, 1.43),
            (0.5, 1.34),
            (1.25, 0.93),
            (2.0, 0.80),
            (2.25, 0.66),
        ),
        (-0.25,),
    ),
    Shape(  # small van
        3.5,
        0.74,
        0.20,
        0.28,
        ((-1.75, 0.92), (-1.6, 1.0), (0.6, 0.98), (1.2, 0.96), (1.6, 0.82), (1.75, 0.68)),
        (
            (-1.75, 0.95),
            (-1.66, 1.2),
            (-1.5, 1.66),
            (-1.2, 1.74),
            (0.1, 1.74),
            (0.5, 1.66),
            (1.15, 1.02),
            (1.6, 0.86),
            (1.75, 0.70),
        ),
        (-0.85, 0.0),
    ),
    Shape(  # estate / off-roader
        4.5,
        0.90,
        0.26,
        0.35,
        ((-2.25, 0.92), (-2.1, 1.02), (0.2, 1.02), (1.1, 1.00), (2.0, 0.90), (2.25, 0.74)),
        (
            (-2.25, 0.95),
            (-2.15, 1.2),
            (-1.85, 1.60),
            (-1.4, 1.70),
            (0.0, 1.70),
            (0.3, 1.62),
            (1.05, 1.06),
            (2.0, 0.94),
            (2.25, 0.76),
        ),
        (-1.15, -0.2),
    ),
    Shape(  # delivery van
        5.2,
        0.95,
        0.26,
        0.34,
        ((-2.6, 1.05), (-2.5, 1.12), (1.2, 1.12), (2.0, 1.05), (2.5, 0.92), (2.6, 0.80)),
        ((-2.6, 1.10), (-2.56, 1.6), (-2.5, 2.2), (0.9, 2.25), (1.2, 2.15), (2.0, 1.18), (2.5, 0.97), (2.6, 0.82)),
        (0.1,),
        windows=(0.15, 2.1),
        upright=True,
    ),
    Shape(  # lorry with a box
        5.8,
        1.06,
        0.42,
        0.42,
        ((-2.9, 1.10), (1.2, 1.10), (1.4, 1.25), (2.6, 1.22), (2.9, 1.05)),
        ((-2.9, 1.2), (-2.88, 2.95), (1.2, 2.95), (1.3, 2.2), (2.2, 2.2), (2.45, 2.05), (2.75, 1.3), (2.9, 1.08)),
        (1.45,),
        windows=(1.4, 2.8),
        upright=True,
    ),
)
SHAPES += (
    replace(
        SHAPES[3],
        signs=(
            (-2.3, -0.1, 1.45, 1.95, SIGN),
            *((-2.2 + 0.33 * k, -2.0 + 0.33 * k, 1.55, 1.85, LETTERS) for k in range(6)),
            *((-1.6 + 0.2 * k, -1.5 + 0.2 * k, 0.75, 0.92, SIGN) for k in range(8)),
        ),
    ),
    replace(
        SHAPES[4],
        signs=(
            (-0.6, 0.9, 2.35, 2.8, SIGN),
            *((-2.6 + 0.3 * k, -2.4 + 0.3 * k, 2.4, 2.7, LETTERS) for k in range(6)),
            *((-0.5 + 0.28 * k, -0.32 + 0.28 * k, 2.45, 2.7, LETTERS) for k in range(5)),
            *((-2.2 + 0.25 * k, -2.05 + 0.25 * k, 1.75, 2.05, SIGN) for k in range(9)),
            (0.2, 0.75, 1.3, 1.85, LETTERS),
        ),
    ),
)
KINDS = len(SHAPES)
USUAL_KINDS = 3
"""The first ones are cars."""
