# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where each part of the thermal image lies beside the RGB image, from many frames together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.alignment.structure import Floats

_FAR = 5  # pixels from a peak at which it has come to its end
_LEAST_SEEN = 0.6  # part of a patch, weighted, that the thermal image has to cover
_SMOOTHING = 0.7  # standard deviation in pixels


@dataclass(frozen=True)
class Offsets:
    """Displacements of the patches.

    Attributes:
        at: (N, 2) float64 centres (x, y) in pixels.
        by: (N, 2) float64 by how much what thermal shows there has to move, (x, y) in pixels, to lie on RGB.
        certainty: (N,) float64 height of the correlation's peak over its surroundings, in standard deviations of
            these: below about 5 it may be chance.
    """

    at: NDArray[np.float64]
    by: NDArray[np.float64]
    certainty: NDArray[np.float64]

    def above(self, certainty: float) -> Offsets:
        """Return those that are at least so certain."""
        kept = self.certainty >= certainty
        return Offsets(self.at[kept], self.by[kept], self.certainty[kept])

    def __len__(self) -> int:
        return len(self.certainty)


class PatchOffsets:
    """Sums the correlation of thermal and RGB structure over frames, patch by patch.

    A single frame seldom says in every part where it lies: the sum over frames does, and frames without structure add
    nothing to it.

    Args:
        seen: (H, W) bool, what of the RGB view the thermal image covers.
        patch: side of a patch in pixels; displacements up to a quarter of it are found.
        step: distance of patches in pixels, or a little less.
    """

    def __init__(self, seen: NDArray[np.bool_], patch: int = 64, step: int = 40) -> None:
        self.patch = patch = min(patch, 2 * (min(seen.shape) // 2))
        rise = np.hanning(patch + 2)[1:-1].astype(np.float32)
        window = np.outer(rise, rise)
        self._window = np.dstack([window, window])
        corners = [(y, x) for y in _places(seen.shape[0], patch, step) for x in _places(seen.shape[1], patch, step)]
        least = _LEAST_SEEN * float(window.sum())
        self._corners = [(y, x) for y, x in corners if float(window[seen[y : y + patch, x : x + patch]].sum()) >= least]
        self._sum = np.zeros((len(self._corners), patch, patch, 2), np.float32)  # spectra: real and imaginary part

    def add(self, thermal: Floats, rgb: Floats, weight: float = 1.0) -> None:
        """Take in a frame.

        Args:
            thermal: (H, W, 2) structure of the thermal image, laid onto the RGB view.
            rgb: (H, W, 2) structure of the RGB image.
            weight: how much the frame counts.
        """
        for k, corner in enumerate(self._corners):
            # The vectors are taken as complex numbers: the real part of their correlation is that of scalar products.
            product = cv2.mulSpectrums(self._spectrum(rgb, corner), self._spectrum(thermal, corner), 0, conjB=True)
            cv2.scaleAdd(product, weight, self._sum[k], self._sum[k])

    def fade(self, share: float) -> None:
        """Let all that was taken in count only a share of it."""
        self._sum *= np.float32(share)

    def measure(self) -> Offsets:
        """Return the displacement of each patch, in no particular order."""
        rows = []
        for spectrum in self._sum:
            surface = np.fft.fftshift(cv2.idft(spectrum, flags=cv2.DFT_SCALE)[..., 0])
            rows.append(_peak(cv2.GaussianBlur(surface, (0, 0), _SMOOTHING)))
        found = np.array(rows, np.float64).reshape(-1, 3)
        at = np.array(self._corners, np.float64).reshape(-1, 2)[:, ::-1] + (self.patch - 1) / 2
        return Offsets(at, found[:, :2], found[:, 2])

    def _spectrum(self, vectors: Floats, corner: tuple[int, int]) -> Floats:
        (y, x), side = corner, self.patch
        return np.asarray(cv2.dft(vectors[y : y + side, x : x + side] * self._window), np.float32)


def _places(length: int, patch: int, step: int) -> list[int]:
    number = max(1, -(-(length - patch) // step) + 1)
    return [round(place) for place in np.linspace(0, length - patch, number)]


def _peak(surface: Floats) -> tuple[float, float, float]:
    """Return x and y of the highest value of the middle, from the centre, and its certainty."""
    centre, reach = surface.shape[0] // 2, surface.shape[0] // 4
    near = surface[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1]
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    y, x = int(row) + centre - reach, int(column) + centre - reach
    others = np.ones(surface.shape, bool)
    others[max(0, y - _FAR) : y + _FAR + 1, max(0, x - _FAR) : x + _FAR + 1] = False
    rest = surface[others]
    spread = float(rest.std())
    at_edge = row in (0, 2 * reach) or column in (0, 2 * reach)  # what rises beyond is no peak of ours
    certainty = 0.0 if at_edge or spread <= 0 else (float(surface[y, x]) - float(rest.mean())) / spread
    dx = _summit(surface[y, x - 1], surface[y, x], surface[y, x + 1])
    dy = _summit(surface[y - 1, x], surface[y, x], surface[y + 1, x])
    return x + dx - centre, y + dy - centre, certainty


def _summit(before: float, at: float, after: float) -> float:
    """Where between its neighbours a parabola through three values is highest: -0.5 to 0.5."""
    bend = float(before) - 2 * float(at) + float(after)
    return 0.5 * (float(before) - float(after)) / bend if bend < 0 else 0.0
