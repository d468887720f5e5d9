# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One pair of images and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.data.boxes import Box

FULL_LABELS = "masks"
"""Kind of labels without annotations: masks that know all ids."""


@dataclass(frozen=True)
class ImagePair:
    """One pair, as it is stored, and what is known about it.

    A sequence knows the images and the time of day; a data set adds what its annotations say. What is made ready for
    training is a ``training.samples.Sample``: 8 bits, one size, labels always there.

    Attributes:
        name: file name without extension.
        thermal: (H, W) uint8 or uint16, as stored; may differ from ``rgb`` in size.
        rgb: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8 class ids of the size of ``rgb``, 255 unknown; None where there is no label file.
        kind: where the labels come from: ``"masks"``, ``"consensus"`` or ``"boxes"``.
        annotated: ids that the labels distinguish, where that is not all of them: 0 then means "none of
            these"; None means all.
        boxes: box set -> boxes; empty without annotations.
        time: ``"day"``, ``"night"``, or None where that is not known.
    """

    name: str
    thermal: NDArray[Any]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8] | None = None
    kind: str = FULL_LABELS
    annotated: tuple[int, ...] | None = None
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)
    time: str | None = None


def time_of_day(name: str) -> str | None:
    """Return ``"night"`` for names that end in N, ``"day"`` for D (the convention of MSRS), None for others."""
    return {"N": "night", "D": "day"}.get(Path(name).stem[-1:])
