# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Confusion matrix and what follows from it: IoU, accuracy, precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.labels import IGNORE, LabelSet


class ConfusionMatrix:
    """Counts of (true class, predicted class) over any number of masks.

    Pixels whose target is 255 are ignored. A class without a single target pixel is *absent*: its IoU
    and accuracy are NaN, it takes no part in a mean, and ``absent`` names it. (Some MFNet evaluations
    count such a class as 0, others as 1; both say nothing about the model.) What is falsely predicted as
    an absent class still counts against the classes that were really there.

    Args:
        labels: names of the classes.
        background: name of the class that ``mean_iou`` can leave out.
    """

    def __init__(self, labels: LabelSet, background: int = 0) -> None:
        self.labels = labels
        self.background = background
        self.counts: NDArray[np.int64] = np.zeros((len(labels), len(labels)), np.int64)

    def update(
        self,
        prediction: NDArray[np.uint8],
        target: NDArray[np.uint8],
        annotated: Sequence[int] | None = None,
    ) -> None:
        """Add one image.

        Args:
            prediction: (H, W) uint8 class ids.
            target: (H, W) uint8 class ids, 255 = unknown.
            annotated: ids that the target distinguishes, where that is not all of them; predictions
                of other ids then count as background, since 0 there only means "none of these".

        Raises:
            ImageError: shapes or types differ, or an id is not in the label set.
        """
        check_masks(prediction, target, len(self.labels))
        if annotated is not None:
            prediction = np.where(np.isin(prediction, annotated), prediction, np.uint8(self.background))
        n = len(self.labels)
        known = target != IGNORE
        pairs = target[known].astype(np.int64) * n + prediction[known]
        self.counts += np.bincount(pairs, minlength=n * n).reshape(n, n)

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        """Return the matrix over the images of both."""
        if len(self.labels) != len(other.labels):
            raise ValueError(f"cannot add matrices of {len(self.labels)} and {len(other.labels)} classes")
        total = ConfusionMatrix(self.labels, self.background)
        total.counts = self.counts + other.counts
        return total

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of the classes without a target pixel."""
        present = self.counts.sum(axis=1) > 0
        return tuple(name for name, there in zip(self.labels.names, present, strict=True) if not there)

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union per class, TP / (TP + FP + FN); NaN for absent classes."""
        hits = np.diag(self.counts)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - hits
        return self._ratio(hits, union)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of each class's pixels that were found, TP / (TP + FN); NaN for absent classes."""
        return self._ratio(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the predicted pixels that are right, TP / (TP + FP); NaN where nothing was predicted."""
        return self._ratio(np.diag(self.counts), self.counts.sum(axis=0))

    def mean_iou(self, *, background: bool) -> float:
        """Mean IoU over the classes that are present; NaN if there are none.

        Args:
            background: whether the background counts as a class.
        """
        values = self.iou if background else np.delete(self.iou, self.background)
        values = values[~np.isnan(values)]
        return float(values.mean()) if values.size else float("nan")

    @property
    def pixel_accuracy(self) -> float:
        """Share of the known pixels that are right; NaN if there are none."""
        total = self.counts.sum()
        return float(np.trace(self.counts) / total) if total else float("nan")

    def _ratio(self, hits: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
        present = (self.counts.sum(axis=1) > 0) & (total > 0)
        return np.divide(hits, total, out=np.full(len(hits), np.nan), where=present)


def check_masks(prediction: NDArray[np.uint8], target: NDArray[np.uint8], classes: int) -> None:
    """Raise ImageError unless both are uint8 masks of one size with ids below ``classes`` (target: or 255)."""
    for name, mask in (("predicted", prediction), ("target", target)):
        if mask.dtype != np.uint8 or mask.ndim != 2:
            raise ImageError(f"the {name} mask is {mask.dtype} {mask.shape}; it must be uint8 (H, W)")
    if prediction.shape != target.shape:
        raise ImageError(
            f"the predicted mask is {prediction.shape}, the target {target.shape}; resize the prediction first"
        )
    if prediction.size and prediction.max() >= classes:
        raise ImageError(f"the predicted mask has id {prediction.max()}; allowed: 0..{classes - 1}")
    known = target[target != IGNORE]
    if known.size and known.max() >= classes:
        raise ImageError(
            f"the target mask has id {known.max()}; allowed: 0..{classes - 1} and {IGNORE}: "
            "is it of another label set, or a colour image?"
        )
