# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Is a confidence of 0.8 right in eight of ten pixels? Expected calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.labels import IGNORE


class Calibration:
    """Reliability of a confidence map over any number of images.

    Formula: ECE = sum_b n_b / n |accuracy_b - confidence_b| over equal bins of confidence.
    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI 2015; Guo et al., "On calibration of modern neural networks", ICML 2017 (15 bins).

    Args:
        bins: number of equal bins over 0..1.
    """

    def __init__(self, bins: int = 15) -> None:
        if bins < 1:
            raise ValueError(f"calibration needs at least one bin; got {bins}")
        self.pixels: NDArray[np.int64] = np.zeros(bins, np.int64)
        self._right = np.zeros(bins)
        self._confidence = np.zeros(bins)

    def update(
        self,
        confidence: NDArray[np.uint8],
        prediction: NDArray[np.uint8],
        target: NDArray[np.uint8],
        where: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add one image.

        Args:
            confidence: (H, W) uint8, 255 = probability 1 of the predicted class.
            prediction: (H, W) uint8 class ids.
            target: (H, W) uint8 class ids; 255 = unknown, left out.
            where: (H, W) bool, pixels to count; all by default.

        Raises:
            ImageError: the sizes differ.
        """
        if not confidence.shape == prediction.shape == target.shape:
            raise ImageError(
                f"confidence {confidence.shape}, mask {prediction.shape} and target {target.shape} must have one size"
            )
        known = target != IGNORE if where is None else (target != IGNORE) & where
        levels = confidence[known]
        right = (prediction == target)[known]
        # 256 levels first: one pass over the pixels, whatever the number of bins.
        n = np.bincount(levels, minlength=256)
        hits = np.bincount(levels, weights=right, minlength=256)
        p = np.arange(256) / 255
        bins = len(self.pixels)
        of_level = np.minimum((p * bins).astype(int), bins - 1)
        self.pixels += np.bincount(of_level, weights=n, minlength=bins).astype(np.int64)
        self._right += np.bincount(of_level, weights=hits, minlength=bins)
        self._confidence += np.bincount(of_level, weights=n * p, minlength=bins)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of right pixels per bin; NaN for empty bins."""
        return np.divide(self._right, self.pixels, out=np.full(len(self.pixels), np.nan), where=self.pixels > 0)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Mean confidence per bin (0..1); NaN for empty bins."""
        return np.divide(self._confidence, self.pixels, out=np.full(len(self.pixels), np.nan), where=self.pixels > 0)

    @property
    def expected_error(self) -> float:
        """ECE in 0..1; NaN before the first known pixel."""
        total = self.pixels.sum()
        return float(np.abs(self._right - self._confidence).sum() / total) if total else float("nan")
