# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does the attribution name the sensor that the decision really needs?

The thermal share of a pixel claims which sensor drove its class. The claim can be tested: take one sensor
away, then the other, and see without which of them the decision changes more.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.attribution_figures import AgreementFigures
from fusion_perception.lab.evaluation.attribution_metrics import rank_correlation
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, in_order
from fusion_perception.labels import LabelSet

WINDOW = 16
"""Side in pixels of the square over which the brightness is averaged, as the share is."""

DECIDED = 0.25
"""A pixel shows which sensor it needs if losing one costs this much more probability than losing the other."""

MIN_OBJECT_PIXELS = 100
"""Frames with fewer object pixels say nothing and are left out."""

_ALIKE = 128


class _Sums:
    """What is added up over the frames of one split."""

    def __init__(self, classes: int) -> None:
        self.frames = 0
        self.decided = 0
        self.agreed = 0.0
        self.gap = 0.0
        self.largest_gap = 0.0
        self.correlations: list[float] = []
        self.pixels = np.zeros(classes, np.int64)
        self.share = np.zeros(classes)


class SensorAgreement:
    """Agreement of thermal share and sensor ablation over any number of frames.

    For every object pixel of the clean prediction, the *need* for a sensor is the confidence in the
    predicted class that is lost when that sensor is missing (all of it, if the class changes).

    - *agreement*: share of the pixels with a clear need (difference of at least 0.25) whose thermal share
      is on the same side of one half; 0.5 is chance.
    - *rank correlation*: Spearman's, of thermal share and the difference of the needs, over the object
      pixels of a frame, averaged over the frames.
    - *gap*: probability of the decision that is kept with the sensor alone that the share names, minus that with the
      other one alone, averaged over the object pixels; 0 where the share names neither. The *largest gap* is that of
      a share that names the better one at every pixel. It is small where either sensor alone is enough.
    - *thermal share*: mean per predicted class.

    Args:
        labels: names of the classes; id 0 is the background.
    """

    def __init__(self, labels: LabelSet) -> None:
        self._labels = labels
        self._splits: dict[str, _Sums] = {}

    def update(
        self,
        share: NDArray[np.uint8],
        clean: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        without_thermal: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        without_rgb: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        split: str | None = None,
    ) -> None:
        """Add one frame.

        Args:
            share: (H, W) uint8 thermal share, 255 = thermal alone.
            clean: (mask, confidence), each (H, W) uint8, with both sensors.
            without_thermal: the same with thermal missing.
            without_rgb: the same with RGB missing.
            split: for example ``"night"``.

        Raises:
            ImageError: the maps differ in size.
        """
        maps = (share, *clean, *without_thermal, *without_rgb)
        if len({m.shape for m in maps}) > 1:
            raise ImageError(f"all maps of a frame must have one size; got {sorted({m.shape for m in maps})}")
        mask, _ = clean
        objects = mask != 0
        if np.count_nonzero(objects) < MIN_OBJECT_PIXELS:
            return

        claim = share[objects].astype(np.int16) - _ALIKE
        # Of the two needs; with both sensors the probability is the same.
        difference = (kept(without_rgb, mask) - kept(without_thermal, mask))[objects]
        decided = np.abs(difference) >= DECIDED
        product = np.sign(claim[decided]) * np.sign(difference[decided])
        correlation = rank_correlation(claim, difference)
        pixels = np.bincount(mask[objects], minlength=len(self._labels))
        shares = np.bincount(mask[objects], weights=share[objects] / 255, minlength=len(self._labels))
        for name in (ALL,) if split is None else (ALL, split):
            sums = self._splits.setdefault(name, _Sums(len(self._labels)))
            sums.frames += 1
            sums.decided += int(decided.sum())
            sums.agreed += float(np.where(product == 0, 0.5, product > 0).sum())
            if not np.isnan(correlation):
                sums.correlations.append(correlation)
            sums.gap += float((np.sign(claim) * difference).sum())
            sums.largest_gap += float(np.abs(difference).sum())
            sums.pixels += pixels
            sums.share += shares

    def summary(self) -> dict[str, AgreementFigures]:
        """Return split -> figures; None stands for "cannot be said"."""
        return {
            split: AgreementFigures(
                frames=s.frames,
                decided_pixels=s.decided,
                agreement=s.agreed / s.decided if s.decided else None,
                rank_correlation=float(np.mean(s.correlations)) if s.correlations else None,
                thermal_share={
                    name: float(share / pixels) if pixels else None
                    for name, share, pixels in zip(self._labels.names, s.share, s.pixels, strict=True)
                    if name != self._labels.names[0]
                },
                gap=float(s.gap / s.pixels.sum()) if s.pixels.any() else None,
                largest_gap=float(s.largest_gap / s.pixels.sum()) if s.pixels.any() else None,
            )
            for split in in_order(self._splits)
            for s in (self._splits[split],)
        }


def kept(decision: tuple[NDArray[np.uint8], NDArray[np.uint8]], mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the probability (H, W) that a decision leaves to the classes of ``mask``: none where it is another one.

    Args:
        decision: (mask, confidence), each (H, W) uint8.
        mask: (H, W) uint8.
    """
    return np.where(decision[0] == mask, decision[1], 0) / 255


def brightness_share(thermal: NDArray[np.uint8], visible: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what a thermal share would be that knows the brightness of the images alone: T / (T + Y).

    The reference that an attribution has to beat to say anything about the network.

    Args:
        thermal: (H, W) uint8.
        visible: (H, W) uint8 luminance.
    """
    t, y = (cv2.blur(image.astype(np.float32), (WINDOW, WINDOW)) for image in (thermal, visible))
    return np.asarray(np.rint(255 * (t + 1) / (t + y + 2)), np.uint8)
