# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""FramePair -> Perception: preprocess, run the engine, bring the results back to the camera's size."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment import DriftWatch
from fusion_perception.engine.engine import Engine
from fusion_perception.errors import ImageError
from fusion_perception.outputs import output
from fusion_perception.preprocess import GainControl, PlaneRegistration, Registration
from fusion_perception.resize import resize
from fusion_perception.types import EngineOutputs, FramePair, Perception


class Perceiver:
    """Everything between a pair of frames and its result; ROS and threads stay outside.

    Args:
        engine: an open engine; the perceiver does not close it.
        gain: brings raw thermal images to 8 bit.
        registration: lays thermal images onto the RGB view.

    Attributes:
        drift: tells when thermal no longer lies on RGB.
    """

    def __init__(
        self,
        engine: Engine,
        gain: GainControl | None = None,
        registration: Registration | PlaneRegistration | None = None,
    ) -> None:
        self.engine = engine
        self.gain = gain or GainControl()
        self.registration = registration or Registration()
        self.drift = DriftWatch()
        self._aligned: _Aligned | None = None  # the latest pair of both cameras
        self._watched = self.registration

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) of the model."""
        metadata = self.engine.info.metadata
        return metadata.height, metadata.width

    def warm_up(self, *, attribution: bool = False) -> None:
        """Run the engine once on black images, so that the first real frame is not slow.

        Args:
            attribution: warm up the attribution as well.
        """
        height, width = self.input_size
        thermal, rgb = np.zeros((height, width), np.uint8), np.zeros((height, width, 3), np.uint8)
        self.engine.infer(thermal, rgb)
        if attribution:
            self.engine.infer(thermal, rgb, attribution=True)

    def perceive(self, pair: FramePair, *, attribution: bool = False) -> Perception:
        """Run one pair.

        A missing sensor is replaced by black, which the models have met in training; the result then says
        so in ``degraded``. So is a thermal image of the camera's closed shutter, as long as there is RGB: black costs
        the masks far less than grey or noise, which the models take for a picture.

        Args:
            pair: one or two frames.
            attribution: also compute the attribution, if the model has it.

        Raises:
            ImageError: a frame has the wrong shape or dtype.
            BackendError: the engine failed.
        """
        start = perf_counter()
        registration = self.registration
        thermal, rgb, degraded = self._prepare(pair, registration)
        self._aligned = None if degraded else _Aligned.of(thermal, rgb, pair, registration)
        prepared = perf_counter()
        outputs = self.engine.infer(thermal, rgb, attribution=attribution)
        inferred = perf_counter()
        reference = pair.reference
        outputs = _resize_outputs(outputs, (reference.image.shape[0], reference.image.shape[1]))
        return Perception(
            outputs,
            reference.stamp_ns,
            reference.frame_id,
            degraded,
            {
                "preprocess": (prepared - start) * 1e3,
                "engine": (inferred - prepared) * 1e3,
                "postprocess": (perf_counter() - inferred) * 1e3,
            },
        )

    def follow(self, pair: FramePair) -> None:
        """Let a pair pass without running the engine: the next one is seen as if this one had been perceived.

        Args:
            pair: one or two frames.

        Raises:
            ImageError: the thermal frame has the wrong shape or dtype.
        """
        if pair.thermal is not None:
            self.gain(pair.thermal.image)

    def look_at_alignment(self, now_ns: int) -> None:
        """See whether thermal lies on RGB in the latest pair, if it is time for that.

        Args:
            now_ns: time of a clock that never jumps.
        """
        latest = self._aligned
        if latest is None or not self.drift.due(now_ns):
            return
        if latest.registration is not self._watched:
            self._watched = latest.registration
            self.drift.forget()
        self.drift.look(latest.thermal, latest.rgb, latest.seen(), latest.rgb_size[1], now_ns)

    def _prepare(
        self, pair: FramePair, registration: Registration | PlaneRegistration
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], str | None]:
        """Return thermal and RGB as the model takes them, and the sensor that is missing."""
        size = self.input_size
        rgb_size = None
        grey = None if pair.thermal is None else self.gain(pair.thermal.image)
        if pair.rgb is not None and self.gain.shutter_closed:
            grey = None
        if pair.rgb is None:
            rgb = np.zeros((*size, 3), np.uint8)
        else:
            image = pair.rgb.image
            if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
                raise ImageError(
                    f"RGB image has shape {image.shape} and dtype {image.dtype}; accepted: (H, W, 3) uint8"
                )
            rgb_size = (image.shape[0], image.shape[1])
            rgb = resize(image.astype(np.uint8, copy=False), size)
        thermal = np.zeros(size, np.uint8) if grey is None else registration.thermal_to(size, grey, rgb_size)
        degraded = "thermal" if grey is None else "rgb" if pair.rgb is None else None
        return np.ascontiguousarray(thermal), np.ascontiguousarray(rgb), degraded


@dataclass(frozen=True)
class _Aligned:
    """A pair as the engine got it, and the sizes (height, width) that it came in."""

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    thermal_size: tuple[int, int]
    rgb_size: tuple[int, int]
    registration: Registration | PlaneRegistration

    @classmethod
    def of(
        cls,
        thermal: NDArray[np.uint8],
        rgb: NDArray[np.uint8],
        pair: FramePair,
        registration: Registration | PlaneRegistration,
    ) -> _Aligned | None:
        if pair.thermal is None or pair.rgb is None:
            return None
        hot, colour = pair.thermal.image.shape, pair.rgb.image.shape
        return cls(thermal, rgb, (hot[0], hot[1]), (colour[0], colour[1]), registration)

    def seen(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 255 where the thermal image shows something, 0 where it ends."""
        whole = np.full(self.thermal_size, 255, np.uint8)
        return self.registration.thermal_to((self.rgb.shape[0], self.rgb.shape[1]), whole, self.rgb_size)


def _resize_outputs(outputs: EngineOutputs, size: tuple[int, int]) -> EngineOutputs:
    if outputs.mask.shape == size:
        return outputs
    maps = outputs.maps().items()
    return EngineOutputs.of({name: resize(array, size, nearest=output(name).ids) for name, array in maps})
