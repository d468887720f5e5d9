# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Walking people: a skeleton moved by a gait, clothed in capsules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets.arrays import Floats, f32
from fusion_perception.lab.streets.capsules import Capsules
from fusion_perception.lab.streets.climate import Climate

LABEL = 2
_SKINS = ((0.52, 0.36, 0.27), (0.42, 0.27, 0.19), (0.60, 0.44, 0.34), (0.22, 0.13, 0.09))
_TOPS = (
    (0.03, 0.03, 0.035), (0.10, 0.11, 0.13), (0.45, 0.05, 0.05), (0.06, 0.09, 0.22), (0.62, 0.60, 0.56),
    (0.13, 0.19, 0.10), (0.50, 0.34, 0.08), (0.25, 0.24, 0.24),
)  # fmt: skip
_TROUSERS = ((0.035, 0.035, 0.04), (0.05, 0.07, 0.14), (0.20, 0.18, 0.14), (0.09, 0.09, 0.10), (0.33, 0.31, 0.28))
_HAIR = ((0.015, 0.013, 0.012), (0.06, 0.04, 0.03), (0.2, 0.19, 0.18))


Pair = tuple[Floats, ...]
"""A joint on the left and on the right."""


@dataclass(frozen=True)
class Pose:
    """Joints of a body in its own axes: x right, y up, z forward, in units of body height."""

    hip: Pair
    knee: Pair
    ankle: Pair
    toe: Pair
    shoulder: Pair
    elbow: Pair
    hand: Pair
    pelvis: Floats
    chest: Floats
    neck: Floats
    head: Floats


def _swing(start: Floats, length: float, angle: float) -> Floats:
    """Hang a bone of a length from a joint; angle forward of straight down in radians."""
    return start + length * f32(0, -np.cos(angle), np.sin(angle))


def walking_pose(phase: float, stride: float = 1.0) -> Pose:
    """Return the pose at a phase (radians) of the gait; stride 0 stands still."""
    bob = 0.012 * stride * abs(np.cos(phase))
    pelvis = f32(0, 0.515 + bob, 0)
    chest = pelvis + f32(0, 0.255, 0.018)
    sides: list[tuple[Floats, ...]] = []
    for side, offset in ((-1, 0.0), (1, np.pi)):
        swing = np.sin(phase + offset)
        lift = max(0.0, np.cos(phase + offset))
        thigh = 0.37 * stride * swing
        shin = thigh - stride * (0.12 + 0.75 * lift * (0.6 - 0.4 * swing))
        hip = pelvis + f32(side * 0.052, -0.01, 0)
        knee = _swing(hip, 0.245, thigh)
        ankle = _swing(knee, 0.235, shin)
        foot = 0.25 * stride * swing - 0.5 * stride * lift * max(0.0, -swing)
        toe = ankle + 0.09 * f32(0, np.sin(foot) - 0.25, np.cos(foot))
        shoulder = chest + f32(side * 0.096, 0.012, 0)
        arm = -0.38 * stride * swing
        elbow = _swing(shoulder + f32(side * 0.012, 0, 0), 0.165, arm)
        hand = _swing(elbow, 0.155, arm + 0.25 + 0.2 * stride)
        sides.append((hip, knee, ankle, toe, shoulder, elbow, hand))
    neck = chest + f32(0, 0.065, 0.008)
    hips, knees, ankles, toes, shoulders, elbows, hands = zip(*sides, strict=True)
    return Pose(hips, knees, ankles, toes, shoulders, elbows, hands, pelvis, chest, neck, neck + f32(0, 0.085, 0.018))


def riding_pose(phase: float) -> Pose:
    """Return the pose on a bicycle; phase = angle of the pedals."""
    pelvis = f32(0, 0.56, -0.13)
    chest = pelvis + f32(0, 0.235, 0.11)
    sides: list[tuple[Floats, ...]] = []
    for side, offset in ((-1, 0.0), (1, np.pi)):
        pedal = f32(side * 0.06, 0.175 + 0.095 * np.sin(phase + offset), 0.0 + 0.095 * np.cos(phase + offset))
        ankle = pedal + f32(0, 0.03, -0.03)
        hip = pelvis + f32(side * 0.05, 0, 0)
        reach = ankle - hip
        length = min(float(np.linalg.norm(reach)), 0.475)
        bend = np.sqrt(max(0.245**2 - (length / 2) ** 2, 0.0))
        forward = f32(0, -reach[2], reach[1])
        forward *= -np.sign(forward[2]) if forward[2] < 0 else 1.0
        forward /= max(float(np.linalg.norm(forward)), 1e-6)
        knee = hip + reach / 2 + bend * forward
        shoulder = chest + f32(side * 0.105, 0.02, 0.01)
        hand = f32(side * 0.13, 0.60, 0.27)
        elbow = (shoulder + hand) / 2 + f32(side * 0.03, -0.05, 0)
        sides.append((hip, knee, ankle, pedal + f32(0, 0, 0.06), shoulder, elbow, hand))
    neck = chest + f32(0, 0.06, 0.03)
    hips, knees, ankles, toes, shoulders, elbows, hands = zip(*sides, strict=True)
    return Pose(hips, knees, ankles, toes, shoulders, elbows, hands, pelvis, chest, neck, neck + f32(0, 0.08, 0.03))


def clothe(
    pose: Pose, height: float, x: float, y: float, z: float, heading: float, look: int, climate: Climate
) -> Capsules:
    """Turn a pose into limbs at a place.

    Args:
        pose: joints in units of body height.
        height: body height in m.
        x: lateral position in m.
        y: height of the ground in m.
        z: distance in m.
        heading: direction of walking; 0 walks away from the camera.
        look: number that chooses clothes.
        climate: temperatures.
    """
    draw = np.random.default_rng(look)
    skin, top = f32(*_SKINS[draw.integers(len(_SKINS))]), f32(*_TOPS[draw.integers(len(_TOPS))])
    trousers, hair = f32(*_TROUSERS[draw.integers(len(_TROUSERS))]), f32(*_HAIR[draw.integers(len(_HAIR))])
    shoes = f32(0.03, 0.03, 0.03) if draw.random() < 0.6 else f32(0.5, 0.5, 0.5)
    coat, skirt, bag = draw.random() < 0.3, draw.random() < 0.15, draw.random() < 0.3
    stout = float(draw.uniform(0.9, 1.15))
    jacket = climate.cloth + float(draw.uniform(-5.0, 3.0))
    legs = climate.cloth + float(draw.uniform(-4.0, 3.5))
    cool = 4.0
    limbs: list[tuple[Floats, Floats, float, float, Floats, float, float, float]] = []

    def add(
        a: Floats, b: Floats, ra: float, rb: float, colour: Floats, heat: float, rim: float = cool, nearer: float = 0.0
    ) -> None:
        limbs.append((a, b, ra, rb, colour, heat, rim, nearer))

    # Seen from the front a trunk is wider than from the side.
    broad = abs(np.cos(heading)) * 1.0 + abs(np.sin(heading)) * 0.72
    for k in (0, 1):
        add(pose.hip[k], pose.knee[k], 0.048 * stout, 0.036, trousers, legs)
        add(
            pose.knee[k],
            pose.ankle[k],
            0.034,
            0.025,
            skin if skirt else trousers,
            climate.skin - 2 if skirt else legs + 0.5,
        )
        add(pose.ankle[k] + f32(0, -0.012, -0.015), pose.toe[k], 0.021, 0.019, shoes, climate.air + 4.0, 1.5)
        add(pose.shoulder[k], pose.elbow[k], 0.032 * stout, 0.027, top, jacket)
        add(pose.elbow[k], pose.hand[k], 0.026, 0.020, top, jacket - 0.5)
        add(pose.hand[k], pose.hand[k] + f32(0, -0.028, 0.006), 0.018, 0.014, skin, climate.skin - 2.5, 2.0)
    hem = pose.pelvis + f32(0, -0.17 if coat or skirt else -0.01, 0)
    if coat or skirt:
        add(
            pose.pelvis, hem, 0.075 * broad * stout, 0.085 * broad, top if coat else trousers, jacket - 0.8, nearer=0.02
        )
    add(pose.pelvis, pose.chest - f32(0, 0.045, 0), 0.074 * broad * stout, 0.093 * broad * stout, top, jacket + 0.8)
    add(pose.shoulder[0], pose.shoulder[1], 0.032, 0.032, top, jacket + 0.5, nearer=0.01)
    add(pose.chest + f32(0, 0.005, 0), pose.neck, 0.058, 0.03, top, jacket + 0.8, nearer=0.012)
    add(pose.neck, pose.neck + f32(0, 0.03, 0.006), 0.030, 0.030, skin, climate.skin)
    face = f32(0, 0, 0.016)
    add(
        pose.head + face - f32(0, 0.022, 0),
        pose.head + face + f32(0, 0.012, 0),
        0.041,
        0.046,
        skin,
        climate.skin + 0.5,
        2.5,
    )
    add(
        pose.head + f32(0, 0.022, -0.012), pose.head + f32(0, 0.026, 0.004), 0.049, 0.044, hair, climate.skin - 5.0, 3.0
    )
    if bag:
        add(
            pose.chest + f32(0, -0.02, -0.09),
            pose.pelvis + f32(0, 0.07, -0.10),
            0.06,
            0.065,
            f32(0.05, 0.05, 0.06),
            climate.air + 5,
            2.0,
        )
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    ends = np.array([[a, b] for a, b, *_ in limbs], np.float32) * height @ turn.T + f32(x, y, z)
    return Capsules(
        ends.astype(np.float32),
        np.array([[ra, rb] for _, _, ra, rb, *_ in limbs], np.float32) * height,
        np.array([limb[4] for limb in limbs], np.float32),
        np.array([limb[5] for limb in limbs], np.float32),
        np.array([limb[6] for limb in limbs], np.float32),
        np.array([limb[7] for limb in limbs], np.float32),
    )
