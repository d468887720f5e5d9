# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All segmentation figures of a run, by day, by night and over both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.data.boxes import BOX_LABELS, Box
from fusion_perception.lab.evaluation.figures import (
    BoxFigures,
    BoxSummary,
    LabelFigures,
    MaskSummary,
    PerClass,
    Reliability,
)
from fusion_perception.lab.evaluation.segmentation.boundary import BoundaryScore
from fusion_perception.lab.evaluation.segmentation.box_match import BoxScore
from fusion_perception.lab.evaluation.segmentation.calibration import Calibration
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.labels import LabelSet

ALL = "all"
"""Name of the split that holds every image."""

_SAME_CLASS = {"bike": ("bike", "bicycle"), "person": ("person",), "car": ("car",)}
"""Names under which label sets know the classes of the boxes."""


def box_ids(labels: LabelSet) -> dict[str, int]:
    """Return box class -> mask id, for the box classes that the label set has."""
    return {box: labels.names.index(name) for box in BOX_LABELS for name in _SAME_CLASS[box] if name in labels.names}


class LabelScore:
    """Figures against masks: confusion matrix, boundaries, calibration.

    Args:
        labels: names of the classes.
    """

    def __init__(self, labels: LabelSet) -> None:
        self.images = 0
        self.confusion = ConfusionMatrix(labels)
        self.boundary = BoundaryScore(labels)
        self.calibration = Calibration()
        self.object_calibration = Calibration()

    def update(
        self,
        mask: NDArray[np.uint8],
        target: NDArray[np.uint8],
        confidence: NDArray[np.uint8] | None = None,
        annotated: Sequence[int] | None = None,
    ) -> None:
        """Add one image.

        Args:
            mask: (H, W) uint8 predicted ids.
            target: (H, W) uint8 true ids, 255 = unknown.
            confidence: (H, W) uint8, or None for a method without.
            annotated: ids that the target distinguishes, where that is not all of them.
        """
        if annotated is not None:
            mask = np.where(np.isin(mask, annotated), mask, np.uint8(0))
        self.confusion.update(mask, target)
        self.boundary.update(mask, target)
        if confidence is not None:
            self.calibration.update(confidence, mask, target)
            # The background is nearly all of a street scene and easy: objects get their own figure.
            self.object_calibration.update(confidence, mask, target, (mask != 0) | (target != 0))
        self.images += 1

    def summary(self) -> LabelFigures:
        """Return the figures; None stands for "cannot be said"."""
        matrix, names = self.confusion, self.confusion.labels.names
        return LabelFigures(
            images=self.images,
            iou=_named(names, matrix.iou),
            accuracy=_named(names, matrix.accuracy),
            precision=_named(names, matrix.precision),
            miou_with_background=number(matrix.mean_iou(background=True)),
            miou_without_background=number(matrix.mean_iou(background=False)),
            pixel_accuracy=number(matrix.pixel_accuracy),
            absent=tuple(matrix.absent),
            boundary_f=_named(names, self.boundary.f_score),
            boundary_known_pixels=dict(zip(names, self.boundary.known_pixels.tolist(), strict=True)),
            ece=number(self.calibration.expected_error),
            ece_objects=number(self.object_calibration.expected_error),
            reliability=Reliability(
                pixels=tuple(self.object_calibration.pixels.tolist()),
                confidence=tuple(number(v) for v in self.object_calibration.confidence),
                accuracy=tuple(number(v) for v in self.object_calibration.accuracy),
            ),
        )


class SplitScores:
    """:class:`LabelScore` and :class:`BoxScore` over all images and over each split of them.

    Args:
        labels: label set of the predicted masks.
    """

    def __init__(self, labels: LabelSet) -> None:
        self.labels = labels
        self.masks: dict[str, dict[str, LabelScore]] = {}
        self.boxes: dict[str, BoxScore] = {}

    def update_masks(
        self,
        mask: NDArray[np.uint8],
        target: NDArray[np.uint8],
        *,
        kind: str,
        split: str | None,
        confidence: NDArray[np.uint8] | None = None,
        annotated: Sequence[int] | None = None,
    ) -> None:
        """Add one image with a target mask.

        Args:
            mask: (H, W) uint8 predicted ids.
            target: (H, W) uint8 true ids, 255 = unknown.
            kind: where the target comes from; figures of different kinds are never mixed.
            split: for example ``"day"``; None counts under ``"all"`` only.
            confidence: (H, W) uint8, or None.
            annotated: ids that the target distinguishes, where that is not all of them.
        """
        of_kind = self.masks.setdefault(kind, {})
        for name in _splits(split):
            of_kind.setdefault(name, LabelScore(self.labels)).update(mask, target, confidence, annotated)

    def update_boxes(self, mask: NDArray[np.uint8], boxes: Iterable[Box], *, split: str | None) -> None:
        """Add one image with boxes.

        Args:
            mask: (H, W) uint8 predicted ids.
            boxes: its boxes.
            split: for example ``"day"``; None counts under ``"all"`` only.
        """
        boxes = list(boxes)
        for name in _splits(split):
            self.boxes.setdefault(name, BoxScore(box_ids(self.labels))).update(mask, boxes)

    def mask_summary(self) -> MaskSummary:
        """Return kind -> split -> figures."""
        return {
            kind: {split: splits[split].summary() for split in in_order(splits)} for kind, splits in self.masks.items()
        }

    def box_summary(self) -> BoxSummary:
        """Return split -> class -> matched, precision and the counts behind them."""
        return {
            split: {
                name: BoxFigures(number(c.recall), number(c.precision), c.boxes, c.pixels)
                for name, c in self.boxes[split].counts.items()
            }
            for split in in_order(self.boxes)
        }


def in_order(splits: Iterable[str]) -> list[str]:
    """Return split names in the order of tables: all, day, night."""
    return sorted(splits, key=lambda name: (name != ALL, name))


def number(value: float) -> float | None:
    """Return a float for JSON; NaN, which JSON has not, becomes None."""
    return None if np.isnan(value) else float(value)


def _named(names: Sequence[str], values: NDArray[np.float64]) -> PerClass:
    return {name: number(value) for name, value in zip(names, values, strict=True)}


def _splits(split: str | None) -> tuple[str, ...]:
    return (ALL,) if split is None else (ALL, split)
