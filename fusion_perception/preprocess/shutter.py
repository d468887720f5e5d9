# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a closed shutter: a thermal camera shuts its view now and then to calibrate itself."""

from __future__ import annotations

from fusion_perception.preprocess.scene_range import SceneRange

_NARROWER = 8.0  # times narrower than the scene before
_ABOVE_NOISE = 20.0  # times the noise; a shutter shows noise and faint gradients, a scene shows more
_LONGEST = 60  # frames: a second or two at the camera's rate; what is flat for longer is a scene, a wall for example


class ShutterWatch:
    """Tells the frames of a closed shutter, which hold nothing but noise, from the scene around them.

    A camera that repeats its last frame instead needs no care here.

    Attributes:
        frames: number of shutter frames seen so far.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._flat = 0  # in a row

    def closed(self, measured: SceneRange, noise: float, scene: SceneRange | None) -> bool:
        """Whether a frame shows a closed shutter.

        Args:
            measured: range of this frame.
            noise: standard deviation of its noise.
            scene: range of the frames before; None if there was none.
        """
        flat = scene is not None and measured.span * _NARROWER < scene.span and measured.span <= _ABOVE_NOISE * noise
        self._flat = self._flat + 1 if flat else 0
        if not flat or self._flat > _LONGEST:
            return False
        self.frames += 1
        return True
