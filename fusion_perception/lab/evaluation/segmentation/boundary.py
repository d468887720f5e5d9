# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boundary F-score: how well outlines lie where they belong."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.evaluation.segmentation.confusion_matrix import check_masks
from fusion_perception.labels import IGNORE, LabelSet

Bool = NDArray[np.bool_]


def _touches(mask: Bool) -> Bool:
    """Pixels with a 4-neighbour in ``mask``; there is nothing beyond the image's edge."""
    out = np.zeros_like(mask)
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def _near(boundary: Bool, tolerance: float) -> Bool:
    """Pixels within ``tolerance`` (Euclidean) of a boundary pixel."""
    if not boundary.any():
        return np.zeros_like(boundary)
    return cv2.distanceTransform((~boundary).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= tolerance


@dataclass
class _Counts:
    """Boundary pixels of one class: predicted, of those right, in the target, of those found."""

    predicted: int = 0
    right: int = 0
    target: int = 0
    found: int = 0


class BoundaryScore:
    """Boundary precision, recall and F-score per class over any number of masks.

    A predicted boundary pixel is right if the target has a boundary of that class within the tolerance;
    a target boundary pixel is found if the prediction has one. F = 2 P R / (P + R), from counts summed
    over the images.
    Source: Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013;
    tolerance 0.75 % of the image diagonal as there (6 pixels at 640 x 480).

    A boundary against unknown (255) pixels is not known to be one: it is no target boundary, and a
    predicted boundary within the tolerance of unknown pixels is not judged. Labels with unknown
    bands around the objects leave little to judge; ``known_pixels`` says how much.

    Args:
        labels: names of the classes.
        tolerance: distance in pixels, or None for 0.75 % of the diagonal.
    """

    def __init__(self, labels: LabelSet, tolerance: float | None = None) -> None:
        self.labels = labels
        self.tolerance = tolerance
        self._counts = [_Counts() for _ in labels.names]

    def update(self, prediction: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        """Add one image.

        Args:
            prediction: (H, W) uint8 class ids.
            target: (H, W) uint8 class ids, 255 = unknown.

        Raises:
            ImageError: shapes or types differ, or an id is not in the label set.
        """
        check_masks(prediction, target, len(self.labels))
        tolerance = self.tolerance if self.tolerance is not None else 0.0075 * float(np.hypot(*target.shape))
        unknown = target == IGNORE
        unjudged = _near(unknown, tolerance)
        for class_id in np.union1d(prediction, target[~unknown]):
            ours, theirs = prediction == class_id, target == class_id
            predicted = ours & _touches(~ours)
            wanted = theirs & _touches(~theirs & ~unknown)
            right = predicted & _near(wanted, tolerance)
            judged = right | (predicted & ~unjudged)
            counts = self._counts[int(class_id)]
            counts.predicted += int(judged.sum())
            counts.right += int(right.sum())
            counts.target += int(wanted.sum())
            counts.found += int((wanted & _near(predicted, tolerance)).sum())

    @property
    def known_pixels(self) -> NDArray[np.int64]:
        """Target boundary pixels per class."""
        return np.array([c.target for c in self._counts], np.int64)

    @property
    def f_score(self) -> NDArray[np.float64]:
        """F-score per class (0..1); NaN for classes without a known boundary in the targets."""
        scores = np.full(len(self._counts), np.nan)
        for i, c in enumerate(self._counts):
            if c.target:
                # 2PR / (P + R); nothing right and nothing predicted are both 0.
                precision = c.right / c.predicted if c.predicted else 0.0
                recall = c.found / c.target
                scores[i] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return scores
