# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the maps of one result say in shares: of the classes, and of the sensors in what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.health.evidence import RGB_NEEDED, THERMAL_NEEDED, class_means
from fusion_perception.labels import LabelSet
from fusion_perception.types import EngineOutputs

_DIGITS = 4  # a pixel of 640 x 480 is 0.000003, which nobody sees in a chart


@dataclass(frozen=True)
class MapShares:
    """Shares of one result, each 0..1.

    Attributes:
        class_shares: part of the pixels of each class, in the order of the labels.
        class_thermal: mean thermal share of the pixels of each class; None for the background and for a class that is
            not there; empty without an attribution.
        reversed_without: sensor -> part of all pixels whose class would be another one without it; empty without
            Shapley values.
    """

    class_shares: tuple[float, ...]
    class_thermal: tuple[float | None, ...] = ()
    reversed_without: dict[str, float] = field(default_factory=dict)

    @property
    def object_thermal(self) -> float | None:
        """Mean thermal share of the pixels of all objects; None where there is none, and without an attribution."""
        known = [
            (part, mean) for part, mean in zip(self.class_shares, self.class_thermal, strict=False) if mean is not None
        ]
        pixels = sum(part for part, _ in known)
        return sum(part * mean for part, mean in known) / pixels if pixels else None


def map_shares(outputs: EngineOutputs, labels: LabelSet) -> MapShares:
    """Return the shares of a result.

    Args:
        outputs: of a model, of any size.
        labels: names of the mask ids; id 0 is the background.
    """
    mask = outputs.mask
    counts = np.bincount(mask.ravel(), minlength=len(labels))[: len(labels)]
    shares = tuple(round(float(count) / mask.size, _DIGITS) for count in counts)
    if outputs.attribution is None:
        return MapShares(shares)
    means = class_means(mask, outputs.attribution, labels)
    thermal = tuple(_rounded(means.get(name)) for name in labels.names)
    needed = outputs.further.get("needed")
    if needed is None:
        return MapShares(shares, thermal)
    without = {"thermal": _share(needed, THERMAL_NEEDED), "rgb": _share(needed, RGB_NEEDED)}
    return MapShares(shares, thermal, without)


def _share(needed: NDArray[Any], bit: int) -> float:
    return round(float(np.count_nonzero(needed & bit)) / needed.size, _DIGITS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
