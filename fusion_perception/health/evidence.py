# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the attribution of one result says in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.labels import LabelSet
from fusion_perception.types import EngineOutputs

_EVERY = 2
"""Of rows and columns, every so many is looked at: maps are that much finer than what the network decides."""

THERMAL_NEEDED, RGB_NEEDED = 1, 2
"""Bits of the output ``needed``."""

_ENOUGH = 6e-4
"""Share of the pixels that have to be objects: some 200 of 640 x 480."""

SENSORS = ("thermal", "rgb")

ALL = "all"
"""Name of the whole image beside those of the classes."""


@dataclass(frozen=True)
class Evidence:
    """The attribution of one result.

    Attributes:
        share: object class that was decided somewhere -> its mean thermal share, 0..1.
        reversed_without: sensor -> class -> share of its pixels whose decision would be another without that sensor;
            ``"all"`` is the whole image. Empty without Shapley values.
        contribution: sensor -> its part of the evidence that spoke for the decisions, 0..1, over the objects, or over
            the whole image where there are hardly any; None where nothing spoke for them, and without Shapley values.
    """

    share: Mapping[str, float]
    reversed_without: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    contribution: Mapping[str, float] | None = None


def read_evidence(outputs: EngineOutputs, labels: LabelSet) -> Evidence | None:
    """Return what the attribution of a result says; None for a result without.

    Args:
        outputs: of a model; of any size.
        labels: names of the mask ids; id 0 is the background.
    """
    if outputs.attribution is None:
        return None
    mask = _some(outputs.mask)
    means = class_means(outputs.mask, outputs.attribution, labels)
    if not {"signed_thermal", "signed_rgb", "needed"} <= outputs.further.keys():
        return Evidence(means)
    needed = _some(outputs["needed"])
    without = {}
    for sensor, bit in zip(SENSORS, (THERMAL_NEEDED, RGB_NEEDED), strict=True):
        turns = (needed & bit) > 0
        without[sensor] = {ALL: float(turns.mean()), **_by_class(mask, turns, labels)}
    objects = mask != 0
    # For the ground, which is expected without a look, a sensor of mere noise speaks like any other.
    where = objects if objects.mean() >= _ENOUGH else np.ones_like(objects)
    spoke = {s: float(np.maximum(_some(outputs[f"signed_{s}"])[where], 0).sum(dtype=np.float64)) for s in SENSORS}
    total = sum(spoke.values())
    return Evidence(means, without, {s: value / total for s, value in spoke.items()} if total > 0 else None)


def class_means(mask: NDArray[np.uint8], attribution: NDArray[np.uint8], labels: LabelSet) -> dict[str, float]:
    """Return object class that was decided somewhere -> its mean thermal share, 0..1.

    Args:
        mask: (H, W) class ids.
        attribution: (H, W) thermal share, 128 is one half.
        labels: names of the ids; id 0 is the background.
    """
    return _by_class(_some(mask), np.minimum(_some(attribution) / 256, 1), labels)


def _by_class(mask: NDArray[np.uint8], values: NDArray[Any], labels: LabelSet) -> dict[str, float]:
    pixels = np.bincount(mask.ravel(), minlength=len(labels))[: len(labels)]
    sums = np.bincount(mask.ravel(), weights=values.ravel(), minlength=len(labels))
    return {name: float(sums[i] / pixels[i]) for i, name in enumerate(labels.names) if i and pixels[i]}


def _some(plane: NDArray[Any]) -> NDArray[Any]:
    return plane[::_EVERY, ::_EVERY]
