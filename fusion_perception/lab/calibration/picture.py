# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a calibration changes, for the eye: thermal in red over RGB in cyan, before and after."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.calibration.frames import RigFrames, scale
from fusion_perception.lab.calibration.solution import Calibration

_SHOWN = 3  # pairs
_WIDTH = 480  # pixels of one view
_BAR = 26  # pixels of a line of text


def before_and_after(frames: RigFrames, found: Calibration) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 RGB: a row for each of some pairs; thermal stretched onto RGB, and as the answer lays it.

    Where both show the same, the picture is grey. The edges of things have one seam where thermal lies on RGB, and two
    where it does not. The pairs are those in which most agrees, spread over the run.
    """
    size = max(16, round(_WIDTH * frames.rgb_size[0] / frames.rgb_size[1])), _WIDTH
    stretched = scale(frames.thermal[0].shape, size)
    answer = scale(frames.rgb[0].shape, size) @ frames.small(found.matrix)
    rows = [
        np.hstack([_label("before: stretched onto RGB"), _label("after: " + ("refused" if found.doubts else "found"))])
    ]
    for part in np.array_split(np.arange(len(frames)), min(_SHOWN, len(frames))):
        number = int(part[found.agreement[part].argmax()])
        rgb = _stretch(cv2.resize(frames.rgb[number], size[::-1], interpolation=cv2.INTER_AREA))
        row = []
        for matrix in (stretched, answer):
            hot = cv2.warpPerspective(_stretch(frames.thermal[number]), matrix, size[::-1])
            row.append(np.dstack([hot, rgb, rgb]))
        rows.append(np.hstack(row))
    return np.vstack(rows)


def _stretch(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Use the whole range of greys, dark parts lifted."""
    low, high = np.percentile(image, (1, 99))
    scaled = np.clip((image.astype(np.float32) - low) / max(float(high - low), 1.0), 0, 1)
    return np.asarray(255 * np.sqrt(scaled), np.uint8)


def _label(text: str) -> NDArray[np.uint8]:
    bar = np.zeros((_BAR, _WIDTH, 3), np.uint8)
    cv2.putText(bar, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return bar
