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
        p_foreign: float = 0.0,
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return copies of thermal, rgb and labels with up to ``count`` objects pasted in.

        Objects are drawn evenly over the classes, so that rare classes are seen often.

        Args:
            key: group of the image.
            arrays: thermal (H, W), rgb (H, W, 3) and labels (H, W), all uint8.
            count: most objects pasted.
            rng: source of all randomness.
            p_foreign: share of the objects that come from another group, with their RGB brought to about the
                brightness of the place they cover: a car seen by day, parked at night.
        """
        own = self.patches.get(key)
        if not own:
            return arrays
        others = [self.patches[name] for name in sorted(self.patches) if name != key and self.patches[name]]
        thermal, rgb, labels = (a.copy() for a in arrays)
        height, width = labels.shape
        for _ in range(count):
            foreign = bool(others) and p_foreign > 0 and rng.random() < p_foreign
            groups = others[int(rng.integers(len(others)))] if foreign else own
            names = sorted(groups)
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
            warm, colour = patch.thermal[:, ::flip], patch.rgb[:, ::flip]
            if foreign:
                warm, colour = _adapted(warm, colour, mask, rgb[box], rng)
            thermal[box] = (soft * warm + (1 - soft) * thermal[box]).astype(np.uint8)
            rgb[box] = (soft[..., None] * colour + (1 - soft[..., None]) * rgb[box]).astype(np.uint8)
            labels[box][mask] = patch.label
        return thermal, rgb, labels


def _adapted(
    thermal: NDArray[np.uint8],
    rgb: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    covered: NDArray[np.uint8],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bring an object of another time of day to the brightness of what it covers, give or take a factor of two."""
    ratio = (float(covered.mean()) + 4) / (float(rgb[mask].mean()) + 4)
    gain = float(np.clip(ratio * np.exp(rng.uniform(-0.5, 0.7)), 0.05, 1.5))
    warmth = float(np.exp(rng.uniform(-0.5, 0.2)))
    return cv2.convertScaleAbs(thermal, alpha=warmth), cv2.convertScaleAbs(rgb, alpha=gain)
