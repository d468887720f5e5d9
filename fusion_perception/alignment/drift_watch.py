# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Watches at a low rate whether the thermal image still lies on the RGB image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment.patch_offsets import PatchOffsets
from fusion_perception.alignment.structure import structure

_WIDTH = 320  # pixels to which the images are brought
_MEMORY = 0.85  # what a look counts at the next one: about seven looks are remembered
_FIRST = 5  # looks before anything is told
_CERTAIN, _PATCHES = 6.0, 6  # how certain how many patches have to be
_AGREE = 0.5  # part of them that has to lie near their middle
_HOLD = 3  # looks in a row that have to find it


@dataclass(frozen=True)
class DriftSettings:
    """When the alignment counts as lost.

    Attributes:
        period_ns: time between two looks; 0 never looks.
        least_share: displacement that is told, as a part of the RGB image's width, 0 to 0.2.
    """

    period_ns: int = 5_000_000_000
    least_share: float = 0.015


class DriftWatch:
    """Measures the displacement of thermal against RGB, and tells it when it is large for some time.

    Args:
        settings: how often, and from which displacement on.
    """

    def __init__(self, settings: DriftSettings | None = None) -> None:
        self.settings = settings or DriftSettings()
        self._due_ns = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew, for example since the registration was changed."""
        self._patches: PatchOffsets | None = None
        self._seen: NDArray[np.bool_] | None = None
        self._looks = self._bad = 0
        self._offset: tuple[float, float] | None = None
        self._width = 0

    def due(self, now_ns: int) -> bool:
        """Whether it is time for a look."""
        return self.settings.period_ns > 0 and now_ns >= self._due_ns

    def look(
        self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], seen: NDArray[np.uint8], width: int, now_ns: int
    ) -> None:
        """Take in one pair.

        Args:
            thermal: (H, W) uint8, laid onto the RGB view.
            rgb: (H, W, 3) uint8.
            seen: (H, W) uint8, 0 where the thermal image sees nothing.
            width: of the camera's RGB image in pixels, which displacements are told in.
            now_ns: time of a clock that never jumps.
        """
        self._due_ns = now_ns + self.settings.period_ns
        size = (_WIDTH, max(2, round(_WIDTH * rgb.shape[0] / rgb.shape[1])))
        small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (thermal, rgb, seen)]
        valid = np.asarray(cv2.erode(small[2], np.ones((5, 5), np.uint8)) == 255)
        if self._seen is None or valid.shape != self._seen.shape or not np.array_equal(valid, self._seen):
            self.forget()
            self._seen = valid
            self._patches = PatchOffsets(valid)
        assert self._patches is not None  # noqa: S101 - made with the mask
        self._patches.fade(_MEMORY)
        self._patches.add(structure(small[0], valid), structure(small[1]))
        self._looks += 1
        self._width = width
        self._judge(width)

    def _judge(self, width: int) -> None:
        assert self._patches is not None  # noqa: S101 - made before
        found = self._patches.measure().above(_CERTAIN)
        self._offset = None
        if self._looks >= _FIRST and len(found) >= _PATCHES:
            middle = np.median(found.by, axis=0)
            near = np.hypot(*(found.by - middle).T) <= max(3.0, 0.5 * float(np.hypot(*middle)))
            if near.mean() >= _AGREE:
                x, y = middle * width / _WIDTH
                self._offset = float(x), float(y)
        lost = self._offset is not None and float(np.hypot(*self._offset)) > self.settings.least_share * width
        self._bad = self._bad + 1 if lost else 0

    def values(self) -> dict[str, str]:
        """Return what diagnostics tells: the displacement in pixels of the RGB image, or why there is none."""
        if self.settings.period_ns <= 0:
            return {"alignment": "not watched"}
        if self._offset is None:
            return {"alignment": "not known yet" if self._looks < _FIRST else "the pictures do not tell"}
        x, y = self._offset
        return {"alignment": "lost" if self._bad >= _HOLD else "ok", "alignment_offset_px": f"{x:+.1f} {y:+.1f}"}

    def warning(self) -> str | None:
        """Return a sentence while the alignment is lost, else None."""
        if self._offset is None or self._bad < _HOLD:
            return None
        x, y = self._offset
        across, down = "left" if x > 0 else "right", "above" if y > 0 else "below"
        return (
            f"the thermal picture lies {abs(x):.0f} px {across} of the RGB picture and {abs(y):.0f} px {down} it, so "
            "that things are seen twice: has a camera moved, or was it never calibrated? Find the registration with "
            "'fusion-perception calibrate' (docs/calibration.md)"
        )
