# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does the attribution rank the sensors as local occlusion does?"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.evaluation.attribution_figures import OcclusionFigures
from fusion_perception.lab.evaluation.attribution_metrics import rank_correlation
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick, decision, run_named
from fusion_perception.lab.evaluation.failures import SENSORS
from fusion_perception.lab.evaluation.faithfulness import choose
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, in_order
from fusion_perception.lab.evaluation.sensor_agreement import brightness_share, kept

SQUARES = 7
"""Squares in the width of an image: each about as large as an object near by."""
FILL_BLUR = 1 / 20
"""Standard deviation of the blur that fills a square, as a share of the width."""
SPACING = 3
"""One square in three, each way, is occluded at a time: what happens around one hardly touches the next."""
MIN_PIXELS = 32
"""Squares with fewer object pixels are left out."""
SAYS_NOTHING = 0.02
"""Squares whose occlusion costs less probability than this, by either sensor, say nothing and are left out."""

Floats = NDArray[np.float64]


@dataclass
class _Sums:
    """One value for each square."""

    share: list[Floats] = field(default_factory=list)
    brightness: list[Floats] = field(default_factory=list)
    need: list[Floats] = field(default_factory=list)
    seen: int = 0


class OcclusionScore:
    """Rank correlation of the thermal share with what blurring one sensor, square by square, does.

    The picture is divided into squares of a seventh of its width. In one sensor, a square is filled with its heavily
    blurred picture; what the object pixels in it then lose of the probability of their decision (all, where the
    decision changes) is their need of that sensor there. Compared, over the squares of all pairs, are the difference
    of the two needs and the mean thermal share of the same pixels (Spearman).
    """

    def __init__(self) -> None:
        self._splits: dict[str, _Sums] = {}

    def update(
        self,
        share: NDArray[np.uint8],
        brightness: NDArray[np.uint8],
        losses: dict[str, Floats],
        squares: NDArray[np.intp],
        split: str | None = None,
    ) -> None:
        """Add one pair.

        Args:
            share: (H, W) uint8 thermal share.
            brightness: (H, W) uint8 share of the brightness, the reference.
            losses: sensor -> (H, W) loss of probability while it is occluded there; NaN where nothing is decided.
            squares: (H, W) number of the square of every pixel.
            split: for example ``"night"``.
        """
        objects = ~np.isnan(losses["thermal"])
        where, count = squares[objects], int(squares.max()) + 1
        pixels = np.bincount(where, minlength=count)
        looked_at = pixels >= MIN_PIXELS

        def mean(values: NDArray[np.generic]) -> Floats:
            sums = np.bincount(where, weights=values[objects].astype(np.float64), minlength=count)
            return np.asarray(sums[looked_at] / pixels[looked_at])

        thermal, rgb = mean(losses["thermal"]), mean(losses["rgb"])
        telling = np.maximum(np.abs(thermal), np.abs(rgb)) >= SAYS_NOTHING
        for name in (ALL,) if split is None else (ALL, split):
            sums = self._splits.setdefault(name, _Sums())
            sums.seen += int(looked_at.sum())
            sums.need.append((thermal - rgb)[telling])
            sums.share.append(mean(share)[telling])
            sums.brightness.append(mean(brightness)[telling])

    def summary(self) -> dict[str, OcclusionFigures]:
        """Return split -> figures; None stands for "cannot be said"."""
        return {split: _figures(self._splits[split]) for split in in_order(self._splits)}


def measure_occlusion(
    evaluator: Evaluator, method: Method, pairs: int = 0, tick: Tick | None = None
) -> dict[str, OcclusionFigures]:
    """Return the figures of :class:`OcclusionScore` over a data set.

    Args:
        evaluator: reads the pairs.
        method: what to run; it must run here, and have masks and an attribution.
        pairs: at most so many, evenly spaced; 0 for all.
        tick: progress.
    """
    score = OcclusionScore()
    chosen = choose(evaluator.count, pairs)
    for done, item in enumerate(evaluator.items(chosen)):
        clean = run_named(method, item, item.thermal, item.rgb, attribution=True)
        if clean.mask is None or clean.attribution is None:
            return {}
        squares, turns = _squares(item.rgb.shape)
        blurred_thermal, blurred_rgb = _blurred(item.thermal), _blurred(item.rgb)
        mask, _ = decided = decision(clean)
        losses: dict[str, Floats] = {sensor: np.full(mask.shape, np.nan, np.float64) for sensor in SENSORS}
        for turn in np.unique(turns[mask != 0]):
            hidden = turns == turn
            seen = hidden & (mask != 0)
            thermal = np.where(hidden, blurred_thermal, item.thermal)
            rgb = np.where(hidden[..., None], blurred_rgb, item.rgb)
            for sensor, images in (("thermal", (thermal, item.rgb)), ("rgb", (item.thermal, rgb))):
                found = decision(run_named(method, item, *images))
                losses[sensor][seen] = (kept(decided, mask) - kept(found, mask))[seen]
        brightness = brightness_share(item.thermal, luminance(item.rgb))
        score.update(clean.attribution, brightness, losses, squares, item.time)
        if tick:
            tick(done + 1, len(chosen))
    return score.summary()


def _blurred(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(1.0, FILL_BLUR * image.shape[1])), np.uint8)


def _squares(size: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The number of its square for every pixel (H, W), and the number of the turn in which that is occluded."""
    height, width = size[:2]
    side = max(1, width // SQUARES)
    rows, columns = np.arange(height) // side, np.arange(width) // side
    squares = rows[:, None] * (columns[-1] + 1) + columns
    turns = (rows % SPACING)[:, None] * SPACING + columns % SPACING
    return squares.astype(np.intp), turns.astype(np.intp)


def _figures(sums: _Sums) -> OcclusionFigures:
    need = np.concatenate(sums.need)
    return OcclusionFigures(
        squares=sums.seen,
        telling=len(need),
        rank_correlation=_correlation(np.concatenate(sums.share), need),
        brightness=_correlation(np.concatenate(sums.brightness), need),
    )


def _correlation(a: Floats, b: Floats) -> float | None:
    value = rank_correlation(a, b) if len(a) > 1 else np.nan
    return None if np.isnan(value) else value
