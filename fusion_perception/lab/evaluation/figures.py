# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of segmentation, as documents and tables carry them. None stands for "cannot be said"."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.documents.typed_document import Count

PerClass = dict[str, float | None]
"""Class -> figure."""

FusionMeans = dict[str, dict[str, float | None]]
"""Split -> key of a fusion metric -> mean over its pairs."""

IouByKind = dict[str, dict[str, PerClass]]
"""Kind of label -> split -> class -> IoU."""


@dataclass(frozen=True)
class Reliability:
    """Calibration of the objects, confidence by confidence.

    Attributes:
        pixels: in each bin of confidence, from low to high.
        confidence: mean of each bin; None for an empty one.
        accuracy: share of right pixels of each bin.
    """

    pixels: tuple[Count, ...]
    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]


@dataclass(frozen=True)
class LabelFigures:
    """Figures against masks.

    Attributes:
        images: with such labels.
        iou: intersection over union, 0..1.
        accuracy: share of the true pixels that were found.
        precision: share of the predicted pixels that are right.
        miou_with_background: mean IoU over the classes that occur, with the background.
        miou_without_background: the same without it.
        pixel_accuracy: share of right pixels.
        absent: classes that do not occur in the labels.
        boundary_f: boundary F-score.
        boundary_known_pixels: boundary pixels that the labels know.
        ece: expected calibration error over all pixels.
        ece_objects: the same where prediction or label is an object.
        reliability: behind ``ece_objects``.
    """

    images: Count
    iou: PerClass
    accuracy: PerClass
    precision: PerClass
    miou_with_background: float | None
    miou_without_background: float | None
    pixel_accuracy: float | None
    absent: tuple[str, ...]
    boundary_f: PerClass
    boundary_known_pixels: dict[str, Count]
    ece: float | None
    ece_objects: float | None
    reliability: Reliability


@dataclass(frozen=True)
class BoxFigures:
    """Figures against the boxes of one class.

    Attributes:
        matched: share of the boxes of which a quarter has the class.
        precision: share of the class's pixels that are inside some box of it.
        boxes: number of boxes.
        pixels: number of predicted pixels.
    """

    matched: float | None
    precision: float | None
    boxes: Count
    pixels: Count


MaskSummary = dict[str, dict[str, LabelFigures]]
"""Kind of label -> split -> figures."""

BoxSummary = dict[str, dict[str, BoxFigures]]
"""Split -> class -> figures."""


def iou_by_kind(summary: MaskSummary) -> IouByKind:
    """Return the IoU alone of figures against masks."""
    return {kind: {split: figures.iou for split, figures in splits.items()} for kind, splits in summary.items()}


def iou_shares(iou: IouByKind, reference: IouByKind) -> IouByKind:
    """Return IoU / IoU of a reference, measured on the same pairs; None where either cannot be said or it is 0."""

    def share(value: float | None, whole: float | None) -> float | None:
        return None if value is None or not whole else value / whole

    return {
        kind: {
            split: {name: share(value, reference[kind][split][name]) for name, value in classes.items()}
            for split, classes in splits.items()
        }
        for kind, splits in iou.items()
    }
