# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of masks on video, as documents and tables carry them. None stands for "cannot be said"."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.documents.typed_document import Count
from fusion_perception.lab.evaluation.figures import PerClass


@dataclass(frozen=True)
class FalsePixels:
    """Pixels of a class where nothing of that class is marked.

    Attributes:
        pixels: over all frames.
        share: of all pixels of all frames.
        frames: with such a pixel.
    """

    pixels: Count
    share: float
    frames: Count


@dataclass(frozen=True)
class SoughtObject:
    """A marked object that must be found.

    Attributes:
        name: of the object.
        classes: that count as finding it.
        frames: in which it was sought.
        found: of them, those in which at least a quarter of its box has one of the classes.
        least_share: of the box that has one of the classes, in the worst frame.
    """

    name: str
    classes: tuple[str, ...]
    frames: Count
    found: Count
    least_share: float


@dataclass(frozen=True)
class RecordingFigures:
    """Figures of one recording.

    Attributes:
        name: of the recording.
        frames: that were measured.
        class_shares: share of all pixels of every class.
        changed: share of all pixels whose class differs from the frame before, mean over the frames; None for one.
        changed_most: the same between the two frames that differ most.
        false_pixels: class -> pixels where there is none; None without marks. Classes of which not all objects are
            marked, or which the model does not have, are left out.
        sought: objects that must be found; None without marks.
    """

    name: str
    frames: Count
    class_shares: PerClass
    changed: float | None
    changed_most: float | None
    false_pixels: dict[str, FalsePixels] | None = None
    sought: tuple[SoughtObject, ...] | None = None
