# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that moves or casts a shadow: cars, people and bicycles at a given time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from fusion_perception.lab.streets.arrays import Floats
from fusion_perception.lab.streets.bicycles import WHEEL, draw_bicycle
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.capsules import FigureLight, draw_capsules
from fusion_perception.lab.streets.car_mesh import car_mesh
from fusion_perception.lab.streets.cars import CarState, draw_car
from fusion_perception.lab.streets.config import SceneConfig
from fusion_perception.lab.streets.ground import Ground
from fusion_perception.lab.streets.layout import KERB_HEIGHT, Bike, Walker
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.noise import fractal_noise
from fusion_perception.lab.streets.people import LABEL as PERSON
from fusion_perception.lab.streets.people import Pose, clothe, riding_pose, walking_pose
from fusion_perception.lab.streets.setting import Setting
from fusion_perception.lab.streets.shadows import cast, contact, headlight_pool

_FAR = 95.0
_LOOP = 120.0
"""Moving things that fall behind come again this many metres ahead."""
_BEHIND = 6.0
Thing = tuple[float, Callable[[], None]]


class Actors:
    """Cars, people and bicycles of one scene."""

    def __init__(self, config: SceneConfig, setting: Setting, ground: Ground, rng: np.random.Generator) -> None:
        self._config, self._ground = config, ground
        self._layout, self._lighting, self._climate = setting.layout, setting.lighting, setting.climate
        self._fabric: Floats = fractal_noise(rng, 128, 128, 32, 3, 0.5)

    def things(self, canvas: Canvas, camera: Camera, time: float) -> list[Thing]:
        """Return what to draw, each with its distance."""
        return [
            *self._cars(canvas, camera, time),
            *self._walkers(canvas, camera, time),
            *self._bikes(canvas, camera, time),
        ]

    def _on_pavement(self, x: float) -> bool:
        return not self._layout.edges[0] < x < self._layout.edges[1]

    def _loop(self, start: float, relative_speed: float, time: float) -> float:
        return (start + relative_speed * time + _BEHIND) % _LOOP - _BEHIND

    # Cars -------------------------------------------------------------------------------------------------------

    def _cars(self, canvas: Canvas, camera: Camera, time: float) -> list[Thing]:
        states = []
        for car in self._layout.parked:
            z = (car.z - camera.z + _BEHIND) % PERIOD - _BEHIND
            states.append(CarState(car.x, z, car.heading, car.kind, car.paint, driven=False, warm=car.warm))
        lights = self._lighting.dark or self._config.condition == "fog"
        for moving in self._layout.moving:
            if moving.lead:
                z = moving.start + 3.5 * float(np.sin(0.25 * time + moving.start))
            else:
                z = self._loop(moving.start, moving.speed - self._config.speed, time)
            heading = 0.0 if moving.lead else np.pi
            glaring = self._config.condition == "glare" and self._lighting.dark and not moving.lead
            states.append(
                CarState(moving.x, z, heading, moving.kind, moving.paint, driven=True, lights=lights, high_beam=glaring)
            )
        return [
            (state.z, partial(self._car, canvas, camera, state))
            for state in states
            if -_BEHIND + 2 < state.z < _FAR + 15
        ]

    def _car(self, canvas: Canvas, camera: Camera, state: CarState) -> None:
        mesh = car_mesh(state.kind)
        half, end = mesh.width / 2, mesh.length / 2
        sun = self._ground.sun_at(state.x, camera.z + state.z)
        foot = np.array([[-half, -end], [half, -end], [half, end], [-half, end]]) * 0.97 + (state.x, state.z)
        warmth = 0.35 * self._climate.engine if state.driven else 0.3 + self._config.variety * max(state.warm, 0.0)
        cast(canvas, camera, self._lighting, foot, 0.8 * mesh.height, sun, 0.06)
        contact(canvas, camera, foot, 0.75, 0.10, warmth)
        if state.lights and self._lighting.dark:
            direction = -1.0 if abs(state.heading) > 1 else 1.0
            headlight_pool(
                canvas, camera, state.x, state.z + direction * end, direction, 1.6 if state.high_beam else 0.8
            )
        draw_car(canvas, camera, state, self._lighting, self._climate, sun)

    # People -----------------------------------------------------------------------------------------------------

    def _walkers(self, canvas: Canvas, camera: Camera, time: float) -> list[Thing]:
        things: list[Thing] = []
        for walker in self._layout.walkers:
            if walker.crossing is not None:
                z = (walker.crossing - camera.z + _BEHIND) % PERIOD - _BEHIND
                x, heading, stride = self._crossing_place(walker, z, time)
            else:
                z = self._loop(walker.start, walker.speed - self._config.speed, time)
                x, heading, stride = walker.x, 0.0 if walker.speed > 0 else np.pi, 1.0
            if 1.6 < z < _FAR:
                pose = walking_pose(walker.phase + 2 * np.pi * abs(walker.speed) * time / 1.45, stride)
                things.append(
                    (
                        z,
                        partial(self._person, canvas, camera, pose, walker.height, x, z, heading, walker.look),
                    )
                )
        return things

    def _crossing_place(self, walker: Walker, z: float, time: float) -> tuple[float, float, float]:
        """Return x, heading and stride (0..1) of somebody who crosses before the cameras arrive."""
        left, right = self._layout.edges[0] - 1.3, self._layout.edges[1] + 1.3
        if self._config.speed >= 1:
            share = float(np.clip((8 + 6.0 * self._config.speed - z) / (6.0 * self._config.speed), 0, 1))
        else:  # cameras that stand still see people come and go
            share = 0.5 - 0.5 * float(np.cos(np.pi * np.clip((0.11 * time + walker.phase) % 1.4, 0, 1)))
        stride = float(np.clip(12 * min(share, 1 - share), 0, 1))
        if walker.speed > 0:
            return left + (right - left) * share, np.pi / 2, stride
        return right + (left - right) * share, -np.pi / 2, stride

    def _person(
        self, canvas: Canvas, camera: Camera, pose: Pose, height: float, x: float, z: float, heading: float, look: int
    ) -> None:
        y = KERB_HEIGHT if self._on_pavement(x) else 0.0
        sun = self._ground.sun_at(x, camera.z + z)
        foot = np.array([[-0.16, -0.14], [0.16, -0.14], [0.16, 0.14], [-0.16, 0.14]]) + np.array([x, z])
        cast(canvas, camera, self._lighting, foot, height, sun, 0.05)
        contact(canvas, camera, np.vstack([foot, foot + np.array([0, 0.1])]), 0.45, 0.12)
        limbs = clothe(pose, height, x, y, z, heading, look, self._climate)
        draw_capsules(canvas, camera, limbs, self._figure_light(camera, x, z, sun), PERSON, canvas.new_instance(PERSON))

    def _figure_light(self, camera: Camera, x: float, z: float, sun: float) -> FigureLight:
        lighting = self._lighting
        return FigureLight(lighting.at(x, z, camera.z, 1.0), lighting.sun * sun, lighting.to_sun, self._fabric)

    # Bicycles ---------------------------------------------------------------------------------------------------

    def _bikes(self, canvas: Canvas, camera: Camera, time: float) -> list[Thing]:
        things: list[Thing] = []
        for bike in self._layout.bikes:
            if bike.ridden:
                z = self._loop(bike.start, bike.speed - self._config.speed, time)
                heading = 0.0 if bike.speed > 0 else np.pi
            else:
                z = (bike.start - camera.z + _BEHIND) % PERIOD - _BEHIND
                heading = 1.35 + 0.2 * np.sin(bike.look)
            if NEAR + 1.5 < z < 80:
                things.append((z, partial(self._bike, canvas, camera, bike, z, float(heading), time)))
        return things

    def _bike(self, canvas: Canvas, camera: Camera, bike: Bike, z: float, heading: float, time: float) -> None:
        y = KERB_HEIGHT if self._on_pavement(bike.x) else 0.0
        sun = self._ground.sun_at(bike.x, camera.z + z)
        light = self._lighting.at(bike.x, z, camera.z, 0.6) + 0.5 * self._lighting.sun * sun
        roll = bike.speed * time / WHEEL if bike.ridden else float(bike.look % 7)
        foot = np.array([[-0.08, -0.8], [0.08, -0.8], [0.08, 0.8], [-0.08, 0.8]])
        turn = np.array([[np.cos(heading), -np.sin(heading)], [np.sin(heading), np.cos(heading)]])
        foot = foot @ turn + (bike.x, z)
        cast(
            canvas, camera, self._lighting, foot, 1.4 if bike.ridden else 0.7, sun * (1.0 if bike.ridden else 0.5), 0.05
        )
        contact(canvas, camera, foot, 0.35, 0.08)
        rider_first = bike.ridden and abs(heading) > 1  # coming nearer: the bike is in front of the rider
        if bike.ridden and rider_first:
            self._rider(canvas, camera, bike, z, heading, roll, y, sun)
        draw_bicycle(
            canvas, camera, bike.x, y, z, heading, roll, bike.look, light, self._climate, 1.0 if bike.ridden else 0.0
        )
        if bike.ridden and not rider_first:
            self._rider(canvas, camera, bike, z, heading, roll, y, sun)

    def _rider(
        self,
        canvas: Canvas,
        camera: Camera,
        bike: Bike,
        z: float,
        heading: float,
        roll: float,
        y: float,
        sun: float,
    ) -> None:
        limbs = clothe(riding_pose(0.4 * roll), 1.72, bike.x, y, z, heading, bike.look, self._climate)
        light = self._figure_light(camera, bike.x, z, sun)
        draw_capsules(canvas, camera, limbs, light, PERSON, canvas.new_instance(PERSON))
