# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Copy-paste of labelled objects between images of the same time of day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
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
        labels: (h, w) uint8: the class id on the object, 255 on an unknown rim that comes along, 0 outside.
        bottom: row of the lowest pixel in its image, over the image height (0..1).
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    bottom: float

    def mirrored(self) -> ObjectPatch:
        """Return the object seen in a mirror."""
        thermal, rgb, labels = (np.ascontiguousarray(a[:, ::-1]) for a in (self.thermal, self.rgb, self.labels))
        return ObjectPatch(thermal, rgb, labels, self.bottom)


RIM = 0.3
"""Of the sides of a rectangular label: how far its unknown rim reaches at most."""
RECTANGULAR = 0.93
"""Share of its bounding box that a rectangular label fills."""
COOLED = 0.7
"""Share of the heated things from another time of day that are brought to the temperature of the place."""


class ObjectBank:
    """Objects of a training set, grouped by a key such as the time of day.

    Simple copy-paste (Ghiasi et al., 2021) on both sensors at once: an object keeps its height in the
    image, so that its size stays plausible. A rectangular label is a human box that was made smaller; what is unknown
    around it comes along as unknown, else a seam would run through every car and give it away.

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
            count, parts, stats, _ = cv2.connectedComponentsWithStats(
                (labels == label).astype(np.uint8), connectivity=8
            )
            for i in range(1, count):
                x, y, w, h, area = (int(v) for v in stats[i])
                if not self.min_area <= area <= self.max_area:
                    continue
                rim = RIM if area >= RECTANGULAR * w * h else 0.0
                top, left = max(0, y - int(rim * h)), max(0, x - int(rim * w))
                bottom = min(labels.shape[0], y + h + int(rim * h))
                box = (slice(top, bottom), slice(left, min(labels.shape[1], x + w + int(rim * w))))
                own = np.where(parts[box] == i, label, np.uint8(0))
                if rim:
                    own[labels[box] == IGNORE] = IGNORE
                self.patches[key][int(label)].append(
                    ObjectPatch(thermal[box].copy(), rgb[box].copy(), own, bottom / labels.shape[0])
                )

    def paste(
        self,
        key: str,
        arrays: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
        count: int,
        rng: np.random.Generator,
        p_foreign: float = 0.0,
        heated: Container[int] = (),
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
            heated: label ids of things that the sun and an engine heat; most of those from another group are brought to
                about the temperature of the place (``COOLED``).
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
            label = names[int(rng.integers(len(names)))]
            group = groups[label]
            patch = group[int(rng.integers(len(group)))]
            h, w = patch.labels.shape
            bottom = int((patch.bottom + rng.uniform(-0.03, 0.03)) * height)
            y, x = min(max(bottom - h, 0), height - h), int(rng.integers(0, max(1, width - w)))
            if h > height or w > width:
                continue
            if rng.random() < 0.5:
                patch = patch.mirrored()
            mask = patch.labels > 0
            soft = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)
            box = (slice(y, y + h), slice(x, x + w))
            warm, colour = patch.thermal, patch.rgb
            if foreign:
                cooled = label in heated and rng.random() < COOLED
                warm = _cooled(warm, mask, thermal[box], rng) if cooled else _warmed(warm, rng)
                colour = _lit(colour, mask, rgb[box], rng)
            thermal[box] = (soft * warm + (1 - soft) * thermal[box]).astype(np.uint8)
            rgb[box] = (soft[..., None] * colour + (1 - soft[..., None]) * rgb[box]).astype(np.uint8)
            labels[box][mask] = patch.labels[mask]
        return thermal, rgb, labels


def _lit(
    rgb: NDArray[np.uint8], mask: NDArray[np.bool_], covered: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Bring an object to the brightness of what it covers, give or take a factor of two."""
    ratio = (float(covered.mean()) + 4) / (float(rgb[mask].mean()) + 4)
    return cv2.convertScaleAbs(rgb, alpha=float(np.clip(ratio * np.exp(rng.uniform(-0.5, 0.7)), 0.05, 1.5)))


def _warmed(thermal: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Make an object colder or a little warmer."""
    return cv2.convertScaleAbs(thermal, alpha=float(np.exp(rng.uniform(-0.5, 0.2))))


def _cooled(
    thermal: NDArray[np.uint8], mask: NDArray[np.bool_], covered: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Bring an object to 14 grey levels below to 8 above what it covers, with 6 to 40 % of its contrast."""
    contrast = float(np.exp(rng.uniform(np.log(0.06), np.log(0.4))))
    level = float(covered.mean()) + rng.uniform(-14, 8)
    return np.clip(level + contrast * (thermal - float(thermal[mask].mean())), 0, 255).astype(np.uint8)
