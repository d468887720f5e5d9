# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small recordings, and a method whose masks are known."""

import cv2
import numpy as np

from fusion_perception.lab.evaluation.methods import MethodOutput
from fusion_perception.labels import MSRS9
from test.lab.evaluation.scenes import PerfectMethod

SIZE = (24, 32)
CAR, PERSON, BIKE = 1, 2, 3


def write_recording(root, name, frames=3, size=SIZE):
    """Write a recording of noise; returns its folder."""
    rng = np.random.default_rng(0)
    for folder in ("vi", "ir"):
        (root / name / folder).mkdir(parents=True)
    for i in range(frames):
        cv2.imwrite(str(root / name / "vi" / f"{i:04d}.png"), rng.integers(0, 255, (*size, 3), np.uint8))
        cv2.imwrite(str(root / name / "ir" / f"{i:04d}.png"), rng.integers(0, 255, size, np.uint8))
    return root / name


def painted(*patches, size=SIZE):
    """Return a mask with rectangles (class, x0, y0, x1, y1)."""
    mask = np.zeros(size, np.uint8)
    for label, x0, y0, x1, y1 in patches:
        mask[y0:y1, x0:x1] = label
    return mask


def output(mask):
    """Return a method's output with this mask."""
    return MethodOutput(np.zeros((*mask.shape, 3), np.uint8), mask)


class CarInTheCorner(PerfectMethod):
    """Sees a car of 4 x 4 pixels in the corner of every frame."""

    name, labels = "corner", MSRS9

    def __init__(self):
        pass

    def run(self, name, thermal, rgb, *, attribution=False):
        return MethodOutput(rgb, painted((CAR, 0, 0, 4, 4), size=rgb.shape[:2]))
