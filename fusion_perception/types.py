# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Frames, pairs and results: what travels between the stages of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """One camera image.

    Attributes:
        image: (H, W) uint8, uint16 or float32 for thermal; (H, W, 3) uint8 RGB for colour.
        stamp_ns: acquisition time in nanoseconds of the sender's clock.
        frame_id: coordinate frame of the camera's optical centre.
    """

    image: NDArray[np.generic]
    stamp_ns: int
    frame_id: str = ""


@dataclass(frozen=True)
class FramePair:
    """Two frames of the same moment; one of them may be missing when a sensor is down.

    Attributes:
        thermal: the thermal frame, or None.
        rgb: the colour frame, or None.
    """

    thermal: Frame | None
    rgb: Frame | None

    def __post_init__(self) -> None:
        """A pair of nothing is a programming error."""
        if self.thermal is None and self.rgb is None:
            raise ValueError("a FramePair needs at least one frame; got none")

    @property
    def reference(self) -> Frame:
        """The frame whose stamp, frame_id and geometry the results carry: RGB, else thermal."""
        frame = self.rgb if self.rgb is not None else self.thermal
        assert frame is not None  # __post_init__ has checked
        return frame

    @property
    def offset_ns(self) -> int:
        """Thermal stamp minus RGB stamp in nanoseconds; 0 if one frame is missing."""
        if self.thermal is None or self.rgb is None:
            return 0
        return self.thermal.stamp_ns - self.rgb.stamp_ns


@dataclass(frozen=True)
class EngineOutputs:
    """What one inference returns; all maps have one H x W.

    Those that every model has are attributes; by its name (``outputs["mask"]``) any map is found. What there is at all
    is told by the table in ``outputs.py``.

    Attributes:
        fused: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8 class ids.
        confidence: (H, W) uint8, 255 = probability 1 of the chosen class.
        attribution: (H, W) uint8 thermal share (255 = thermal alone, 0 = RGB alone, 128 = both
            alike), or None when it was not asked for or the model has none.
        further: all other maps by name.
    """

    fused: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    attribution: NDArray[np.uint8] | None = None
    further: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, maps: Mapping[str, NDArray[Any]]) -> EngineOutputs:
        """Make it of all maps by name."""
        rest = {name: maps[name] for name in maps if name not in _ATTRIBUTES}
        return cls(maps["fused"], maps["mask"], maps["confidence"], maps.get("attribution"), rest)

    def maps(self) -> dict[str, NDArray[Any]]:
        """Return all maps that there are, by name."""
        found: dict[str, NDArray[Any]] = {"fused": self.fused, "mask": self.mask, "confidence": self.confidence}
        if self.attribution is not None:
            found["attribution"] = self.attribution
        found.update(self.further)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.maps()

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.maps()[name]


_ATTRIBUTES = frozenset({"fused", "mask", "confidence", "attribution"})


@dataclass(frozen=True)
class Perception:
    """The result for one pair, in the geometry of the pair's reference frame.

    Attributes:
        outputs: the maps, at the reference image's size.
        stamp_ns: stamp of the reference frame.
        frame_id: frame_id of the reference frame.
        degraded: the sensor that was missing: ``"thermal"``, ``"rgb"`` or None.
        timings_ms: wall time of each stage: ``preprocess``, ``engine``, ``postprocess``.
    """

    outputs: EngineOutputs
    stamp_ns: int
    frame_id: str
    degraded: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
