# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks against boxes drawn by people: matched and precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.data.boxes import Box

MATCHED_SHARE = 0.25
"""A box is matched if at least this share of its pixels has its class."""


@dataclass
class BoxCounts:
    """Sums for one class.

    Attributes:
        boxes: number of boxes.
        matched: boxes of which at least a quarter has the class.
        pixels: predicted pixels of the class.
        inside: predicted pixels of the class inside some box of the class.
    """

    boxes: int = 0
    matched: int = 0
    pixels: int = 0
    inside: int = 0

    @property
    def recall(self) -> float:
        """Share of the boxes that are matched; NaN without boxes."""
        return self.matched / self.boxes if self.boxes else float("nan")

    @property
    def precision(self) -> float:
        """Share of the class's pixels that lie in some box of the class; NaN without pixels."""
        return self.inside / self.pixels if self.pixels else float("nan")


class BoxScore:
    """Matched and precision per class over any number of masks.

    matched = share of the boxes of which at least 25 % of the pixels have the box's class;
    precision = share of the pixels of a class that lie inside some box of that class, over the same
    images. A pixel belongs to a box if the box touches it.

    Which annotations to pass: MSRS has three sets of boxes, drawn on the thermal, the visible and a fused
    image. The thermal set lacks what is cold, the visible set what is dark, and all three together
    count most objects three times, so the fused set (``"fusion"``) is the one to quote. It is also the
    one the masks of source "boxes" were grown in: not one of their 3.5 million object pixels lies outside.

    Args:
        ids: class name -> mask id, for every class that has boxes.
    """

    def __init__(self, ids: dict[str, int]) -> None:
        self.ids = ids
        self.counts = {name: BoxCounts() for name in ids}

    def update(self, mask: NDArray[np.uint8], boxes: Iterable[Box]) -> None:
        """Add one image.

        Args:
            mask: (H, W) uint8 class ids.
            boxes: all its boxes; boxes of classes not in ``ids`` and boxes that hold no pixel of the
                image are left out.
        """
        boxes = list(boxes)
        for name, class_id in self.ids.items():
            counts = self.counts[name]
            hits = mask == class_id
            covered = np.zeros(mask.shape, bool)
            for box in boxes:
                if box.label != name:
                    continue
                window = box.window(*mask.shape)
                inside = hits[window]
                if inside.size == 0:
                    continue
                covered[window] = True
                counts.boxes += 1
                counts.matched += int(np.count_nonzero(inside) >= MATCHED_SHARE * inside.size)
            counts.pixels += int(np.count_nonzero(hits))
            counts.inside += int(np.count_nonzero(hits & covered))
