# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Copy-paste of labelled objects between images of the same time of day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.labels import IGNORE


@dataclass(frozen=True)
class ObjectPatch:
    """One object cut from a training image; all arrays share one small height and width.

    Attributes:
        thermal: (h, w) uint8.
        rgb: (h, w, 3) uint8.
        mask: (h, w) bool, the object's pixels.
        label: class id.
        bottom: row of the lowest pixel in its image, over the image height (0..1).
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    label: int
    bottom: float


class ObjectBank:
    """Objects of a training set, grouped by a key such as the time of day.

    Simple copy-paste (Ghiasi et al., 2021) on both sensors at once: an object keeps its height in the
    image, so that its size stays plausible.

    Args:
        min_area: smallest object kept, in pixels.
        max_area: largest object kept, in pixels.
    """

    def __init__(self, min_area: int = 60, max_area: int = 40000) -> None:
        self.min_area = min_area
        self.max_area = max_area
        self.patches: dict[str, dict[int, list[ObjectPatch]]] = defaultdict(lambda: defaultdict(list))

    def add(self, key: str, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        """Cut every object out of one image: thermal (H, W), rgb (H, W, 3), labels (H, W)."""
        for label in np.unique(labels):
            if label in (0, IGNORE):
                continue
            count, _, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
            for i in range(1, count):
                x, y, w, h, area = (int(v) for v in stats[i])
                if not self.min_area <= area <= self.max_area:
                    continue
                box = (slice(y, y + h), slice(x, x + w))
                self.patches[key][int(label)].append(
                    ObjectPatch(
                        thermal[box].copy(),
                        rgb[box].copy(),
                        labels[box] == label,
                        int(label),
                        (y + h) / labels.shape[0],
                    )
                )

    def paste(
        self,
        key: str,
        arrays: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
        count: int,
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return copies of thermal, rgb and labels with up to ``count`` objects pasted in.

        Objects are drawn evenly over the classes, so that rare classes are seen often.
        """
        groups = self.patches.get(key)
        if not groups:
            return arrays
        thermal, rgb, labels = (a.copy() for a in arrays)
        height, width = labels.shape
        names = sorted(groups)
        for _ in range(count):
            group = groups[names[int(rng.integers(len(names)))]]
            patch = group[int(rng.integers(len(group)))]
            h, w = patch.mask.shape
            bottom = int((patch.bottom + rng.uniform(-0.03, 0.03)) * height)
            y, x = min(max(bottom - h, 0), height - h), int(rng.integers(0, max(1, width - w)))
            if h > height or w > width:
                continue
            flip = -1 if rng.random() < 0.5 else 1
            mask = patch.mask[:, ::flip]
            soft = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)
            box = (slice(y, y + h), slice(x, x + w))
            thermal[box] = (soft * patch.thermal[:, ::flip] + (1 - soft) * thermal[box]).astype(np.uint8)
            rgb[box] = (soft[..., None] * patch.rgb[:, ::flip] + (1 - soft[..., None]) * rgb[box]).astype(np.uint8)
            labels[box][mask] = patch.label
        return thermal, rgb, labels
