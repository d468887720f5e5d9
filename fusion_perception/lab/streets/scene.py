# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A street through which two cameras drive, rendered at any moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from fusion_perception.errors import DataError
from fusion_perception.lab.streets.actors import Actors
from fusion_perception.lab.streets.blocks import Blocks
from fusion_perception.lab.streets.camera import Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.climate import make_climate
from fusion_perception.lab.streets.config import SceneConfig, SyntheticFrame
from fusion_perception.lab.streets.facades import Facades
from fusion_perception.lab.streets.furniture import (
    Surroundings,
    draw_car_stop,
    draw_cone,
    draw_guardrail_section,
    draw_lamp,
    draw_signal,
)
from fusion_perception.lab.streets.ground import Ground
from fusion_perception.lab.streets.hedges import Hedges
from fusion_perception.lab.streets.lighting import PERIOD, make_lighting
from fusion_perception.lab.streets.make_layout import make_layout
from fusion_perception.lab.streets.markings import Markings
from fusion_perception.lab.streets.sensors import RgbCamera, ThermalCamera
from fusion_perception.lab.streets.setting import Setting
from fusion_perception.lab.streets.shadows import contact
from fusion_perception.lab.streets.sky import Sky
from fusion_perception.lab.streets.trees import Trees

_FAR = 110.0
Drawable = tuple[float, Callable[[], None]]


class SyntheticScene:
    """One street under one condition.

    Building it paints all textures (about a second at 480 x 640); each frame then only projects them. A frame
    depends on the configuration and its number alone, so frames may be asked for in any order.

    Args:
        config: what to render.

    Example:
        >>> frame = SyntheticScene(SceneConfig(condition="night", height=240, width=320)).frame(0)
        >>> frame.thermal.shape, frame.rgb.shape
        ((240, 320), (240, 320, 3))
    """

    def __init__(self, config: SceneConfig) -> None:
        self.config = config
        # One stream per part: more detail in one does not reshuffle the others.
        streams = [np.random.default_rng([config.seed, part]) for part in range(11)]
        self._lighting = make_lighting(config, streams[0])
        self._climate = make_climate(config)
        self._layout = make_layout(config, streams[1])
        detail = float(np.clip(config.width / 640, 0.25, 1.0))
        setting = Setting(self._layout, self._lighting, self._climate, detail)
        self._sky = Sky(self._camera(0.0, steady=True), setting, streams[2])
        self._ground = Ground(setting, streams[3])
        self._markings = Markings(setting, self._ground)
        self._facades = Facades(setting, streams[4])
        self._hedges = Hedges(setting, streams[9])
        self._blocks = Blocks(setting, streams[10])
        self._trees = Trees(setting, streams[5])
        self._actors = Actors(config, setting, self._ground, streams[6])
        self._rgb = RgbCamera(config, self._lighting, streams[7])
        self._thermal = ThermalCamera(config, self._climate, self._lighting, streams[8])

    def _camera(self, time: float, steady: bool = False) -> Camera:
        """Return the cameras' pose: they drive straight on, sway a little and nod."""
        config = self.config
        focal = 0.9 * config.width
        sway = 0.0 if steady or config.speed == 0 else 1.0
        yaw = sway * (0.010 * np.sin(0.45 * time) + 0.003 * np.sin(1.3 * time + 1))
        pitch = sway * (0.0022 * np.sin(2.1 * time) + 0.0012 * np.sin(5.3 * time + 2))
        return Camera(
            config.height, config.width, focal,
            cx=config.width / 2 + focal * float(yaw), cy=0.455 * config.height + focal * float(pitch),
            x=sway * 0.16 * float(np.sin(0.32 * time)), y=1.5, z=config.speed * time,
        )  # fmt: skip

    def frame(self, i: int, dt: float = 0.1) -> SyntheticFrame:
        """Render one frame.

        Args:
            i: number of the frame, 0 or more.
            dt: time between frames in s.

        Raises:
            DataError: a negative number or an unusable dt.
        """
        if i < 0 or not 0 < dt <= 10:
            raise DataError(f"frame({i}, dt={dt}); allowed: i >= 0 and 0 < dt <= 10 s")
        config = self.config
        time = i * dt
        canvas, camera = Canvas(config.height, config.width), self._camera(time)
        self._sky.draw(canvas, camera)
        self._ground.draw(canvas, camera)
        self._facades.draw(canvas, camera)
        self._hedges.draw(canvas, camera)
        self._markings.draw(canvas, camera)
        things = self._static(canvas, camera, time) + self._actors.things(canvas, camera, time)
        for _, draw in sorted(things, key=lambda thing: -thing[0]):
            draw()
        rng = np.random.default_rng([config.seed, 77, i])
        rgb = self._rgb.expose(canvas, rng)
        thermal = self._thermal.expose(canvas, time, rng)
        name = f"{i:05d}{'N' if config.dark else 'D'}"
        boxes = canvas.boxes()
        return SyntheticFrame(thermal, rgb, canvas.labels, boxes, name, config.condition, canvas.depth, camera)

    def _static(self, canvas: Canvas, camera: Camera, time: float) -> list[Drawable]:
        """Return what stands still, with its distance."""
        scene = Surroundings(canvas, camera, self._lighting, self._climate)
        layout = self._layout
        things: list[Drawable] = []

        def ahead(z: float, behind: float = 1.0) -> float:
            return (z - camera.z + behind) % PERIOD - behind

        def sun(x: float, z: float) -> float:
            return self._ground.sun_at(x, camera.z + z)

        for z, number in self._blocks.near(camera):
            things.append((z, partial(self._blocks.draw, canvas, camera, number)))
        for tree in layout.trees:
            z = ahead(tree.z)
            if 1.2 < z < _FAR:
                things.append((z, partial(self._trees.draw, canvas, camera, tree, z, max(sun(tree.x, z), 0.35))))
        for cone in layout.cones:
            z = ahead(cone.z)
            if 1.0 < z < 60:
                things.append((z, partial(self._cone, scene, cone.x, z, sun(cone.x, z))))
        for stop in layout.stops:
            z = ahead(stop.z, 2.0)
            if z < 50:
                things.append((z + 0.5, partial(draw_car_stop, scene, stop.x, z, sun(stop.x, z))))
        for rail in layout.rails:
            for k in range(int(rail.length / 2)):
                z = ahead(rail.z + 2 * k, 3.0)
                if z < 80:
                    things.append((z + 0.7, partial(draw_guardrail_section, scene, rail.x, z, 2.0, sun(rail.x, z))))
        for x, lamp_z in self._lighting.lamps:
            z = ahead(float(lamp_z))
            if 1.5 < z < _FAR:
                things.append((z, partial(draw_lamp, scene, float(x), z, self._lighting.dark)))
        phase = (0, 0, 0, 1, 2, 2)[int(time / 2.5) % 6]
        for signal in layout.signals:
            z = ahead(signal.z)
            if 1.5 < z < 90:
                things.append((z, partial(draw_signal, scene, signal.x, z, phase)))
        return things

    @staticmethod
    def _cone(scene: Surroundings, x: float, z: float, sun: float) -> None:
        foot = np.array([[x - 0.25, z - 0.22], [x + 0.25, z - 0.22], [x + 0.25, z + 0.2], [x - 0.25, z + 0.2]])
        contact(scene.canvas, scene.camera, foot, 0.45, 0.05)
        draw_cone(scene, x, z, sun)
