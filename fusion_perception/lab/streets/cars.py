# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Cars, parked and driven: placed, lit and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion_perception.lab.streets import car_shapes as parts
from fusion_perception.lab.streets.arrays import Floats, f32, smoothstep
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.car_mesh import CarMesh, car_mesh
from fusion_perception.lab.streets.climate import Climate
from fusion_perception.lab.streets.lighting import Lighting
from fusion_perception.lab.streets.patch import Patch

LABEL = 1
PAINTS = (
    (0.74, 0.74, 0.72), (0.42, 0.43, 0.45), (0.16, 0.165, 0.175), (0.02, 0.02, 0.022),
    (0.03, 0.06, 0.20), (0.36, 0.03, 0.03), (0.46, 0.41, 0.32), (0.05, 0.15, 0.17),
)  # fmt: skip
_ALBEDO = np.array(
    [
        (0, 0, 0), (0, 0, 0), (0.015, 0.017, 0.019), (0.025, 0.025, 0.026), (0.38, 0.38, 0.40), (0.02, 0.02, 0.02),
        (0.30, 0.31, 0.33), (0.30, 0.02, 0.02), (0.72, 0.72, 0.66), (0.012, 0.012, 0.012), (0.2, 0.2, 0.2),
        (0, 0, 0), (0, 0, 0),
    ],
    np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class CarState:
    """One car at one moment; z relative to the camera, heading 0 looks away from it."""

    x: float
    z: float
    heading: float
    kind: int
    paint: int
    driven: bool
    warm: float = 0.0
    lights: bool = False
    high_beam: bool = False


def car_facets(state: CarState) -> tuple[CarMesh, Floats, Floats]:
    """Return the mesh with its corners and normals in camera axes."""
    mesh = car_mesh(state.kind)
    cos, sin = np.cos(state.heading), np.sin(state.heading)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    corners = mesh.corners @ turn.T + f32(state.x, 0, state.z)
    return mesh, corners.astype(np.float32), (mesh.normals @ turn.T).astype(np.float32)


def shade(
    mesh: CarMesh, centres: Floats, normals: Floats, state: CarState, camera: Camera, lighting: Lighting, sun: float
) -> Floats:
    """Return the radiance (F, 3) of the facets: diffuse light, clear-coat reflection of the surroundings and lamps."""
    view = f32(camera.x, camera.y, 0) - centres
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    albedo = _ALBEDO[mesh.material]
    painted = (mesh.material == parts.BODY) | (mesh.material == parts.BONNET)
    albedo = np.where(painted[:, None], f32(*PAINTS[state.paint % len(PAINTS)]), albedo)
    for sign, step in ((parts.SIGN, 3), (parts.LETTERS, 6)):
        colour = f32(*PAINTS[(state.paint + step) % len(PAINTS)])
        albedo = np.where((mesh.material == sign)[:, None], colour, albedo)
    up = normals[:, 1:2]
    around = lighting.at(state.x, state.z, camera.z, 0.9)
    light = around * (0.62 + 0.38 * up)
    light = light + lighting.sun * sun * np.clip(normals @ lighting.to_sun, 0, None)[:, None]
    low = np.clip((centres[:, 1:2] - 0.1) / 0.5, 0.3, 1.0)  # close to the ground it is darker
    radiance = albedo * light * low
    facing = np.clip((normals * view).sum(axis=1, keepdims=True), 0, 1)
    mirror = 2 * facing * normals - view
    sky = smoothstep(0.02, 0.16, mirror[:, 1:2])
    dome = lighting.horizon + (lighting.zenith - lighting.horizon) * smoothstep(0.1, 0.9, mirror[:, 1:2])
    scenery = around * 0.16 * (1 - 0.4 * smoothstep(0.0, -0.5, mirror[:, 1:2]))
    surroundings = dome * sky + scenery * (1 - sky)
    glossy = np.isin(
        mesh.material, (parts.BODY, parts.BONNET, parts.GLASS, parts.HEAD, parts.TAIL, parts.SIGN, parts.LETTERS)
    )[:, None]
    floor = np.where(mesh.material == parts.GLASS, 0.10, 0.05)[:, None]
    fresnel = np.where(glossy, floor + (0.75 - floor) * (1 - facing) ** 4, 0.01)
    radiance = radiance + fresnel * surroundings
    spark = np.clip(mirror @ lighting.to_sun, 0, 1)[:, None] ** 90
    radiance = radiance + np.where(glossy, 5.0, 0.0) * fresnel * spark * lighting.sun * sun
    # Lamps: facets of a lamp shine towards where they look.
    if state.lights:
        head = (mesh.material == parts.HEAD)[:, None] * f32(1.0, 0.97, 0.86) * (60.0 if state.high_beam else 4.0)
        tail = (mesh.material == parts.TAIL)[:, None] * f32(0.95, 0.05, 0.04) * 1.1
        # A headlamp throws a beam: from the side it is no brighter than its reflector.
        radiance = radiance + head * (0.02 + 0.98 * facing**45) + tail * (0.15 + 0.85 * facing**2)
    elif lighting.dark:  # reflectors send the own beam back
        beam = float(lighting.beam(np.float32(state.x), np.float32(state.z), 0.7))
        radiance = radiance + (mesh.material == parts.TAIL)[:, None] * f32(0.8, 0.03, 0.03) * beam * 0.5
    return np.asarray(radiance, np.float32)


def mirrored_sky(mesh: CarMesh, centres: Floats, normals: Floats, state: CarState, eye: Floats) -> Floats:
    """Return the share (F,) of clear sky in what the thermal camera at ``eye`` sees of the facets.

    Paint and glass mirror a tenth of what is around them, more at a grazing angle. Trees and houses hide the sky up to
    a height that changes around the car.
    """
    view = eye - centres
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    facing = np.clip((normals * view).sum(axis=1), 0, 1)
    mirror = 2 * facing[:, None] * normals - view
    around = np.arctan2(mirror[:, 0], mirror[:, 2]) + 7.0 * state.paint + 3.0 * state.kind
    leaves = np.sin(23 * around + 5 * np.sin(31 * mirror[:, 1])) * np.sin(37 * mirror[:, 1] + 3 * around)
    skyline = 0.35 + 0.2 * np.sin(2 * around) + 0.15 * np.sin(9 * around) + 0.3 * leaves
    glossy = np.isin(mesh.material, (parts.BODY, parts.BONNET, parts.GLASS, parts.SIGN, parts.LETTERS))
    reflectance = np.where(glossy, 0.10 + 0.6 * (1 - facing) ** 4, 0.0)
    return np.asarray(reflectance * smoothstep(-0.08, 0.08, mirror[:, 1] - skyline), np.float32)


def temperatures(
    mesh: CarMesh, centres: Floats, normals: Floats, state: CarState, climate: Climate, sunny: Floats, eye: Floats
) -> Floats:
    """Return the apparent temperature (F,) of the facets.

    Metal mirrors the cold sky and so looks colder where it faces upwards; a driven car is hot at the bonnet, the
    grille, the wheels, below and at the exhaust.
    """
    up = np.clip(normals[:, 1], 0, 1)
    heat = climate.body + state.warm + 2.2 * sunny - 0.25 * (climate.air - climate.sky) * up**2
    material = mesh.material
    heat = np.where(material == parts.GLASS, climate.window - 0.8 - 0.3 * (climate.air - climate.sky) * up, heat)
    heat = np.where(np.isin(material, (parts.TRIM, parts.UNDER)), climate.air + 0.6, heat)
    heat = np.where(np.isin(material, (parts.TYRE, parts.RIM)), climate.air + 0.3, heat)
    if state.driven:
        hot = climate.engine
        heat = heat + 0.8 + 0.25 * hot * smoothstep(0.9, 0.3, centres[:, 1])
        heat = np.where(material == parts.BONNET, heat + 0.55 * hot, heat)
        heat = np.where(material == parts.TRIM, climate.air + 0.9 * hot, heat)
        heat = np.where(material == parts.UNDER, climate.air + 1.1 * hot, heat)
        heat = np.where(material == parts.TYRE, climate.tyre, heat)
        heat = np.where(material == parts.RIM, climate.tyre - 3.5, heat)
        heat = np.where(material == parts.EXHAUST, climate.exhaust, heat)
        if state.lights:
            heat = np.where(material == parts.HEAD, climate.air + 16.0, heat)
    if climate.mirrored > 0:
        heat = heat - climate.mirrored * mirrored_sky(mesh, centres, normals, state, eye)
    return np.asarray(heat, np.float32)


def draw_car(canvas: Canvas, camera: Camera, state: CarState, lighting: Lighting, climate: Climate, sun: float) -> None:
    """Paint one car; sun = share of direct light on it."""
    mesh, corners, normals = car_facets(state)
    if corners[..., 2].min() < NEAR:
        if corners[..., 2].max() < NEAR + 0.5:
            return
        corners[..., 2] = np.maximum(corners[..., 2], NEAR)
    centres = corners.mean(axis=1)
    eye = f32(camera.x, camera.y, 0)
    seen = np.flatnonzero(((centres - eye) * normals).sum(axis=1) < 0)
    if not len(seen):
        return
    part = CarMesh(
        corners[seen], normals[seen], mesh.material[seen], mesh.bias[seen], mesh.length, mesh.width, mesh.height
    )
    points = camera.project(part.corners.reshape(-1, 3))
    scale = camera.scale_at(max(state.z, 2.0))
    patch = Patch(canvas, points, detail=4 if scale < 25 else 3)
    if patch.empty:
        return
    sunny = sun * np.clip(part.normals @ lighting.to_sun, 0, 1) * min(float(lighting.sun.max()), 1.0)
    table = np.empty((len(seen), 4), np.float32)
    table[:, :3] = shade(part, centres[seen], part.normals, state, camera, lighting, sun)
    table[:, 3] = temperatures(part, centres[seen], part.normals, state, climate, sunny.astype(np.float32), eye)
    distance = np.linalg.norm(centres[seen] - eye, axis=1) - part.bias
    patch.polygons(points.reshape(-1, 4, 2), patch.colours(table), np.argsort(-distance))
    patch.finish(max(state.z - mesh.length / 2, NEAR), LABEL, canvas.new_instance(LABEL), smooth=0.012 * scale)
