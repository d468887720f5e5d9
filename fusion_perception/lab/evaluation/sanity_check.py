# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Do the maps of an attribution depend on what the network has learned?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ModelError
from fusion_perception.lab.evaluation.attribution_figures import MapFigures, SanityFigures
from fusion_perception.lab.evaluation.attribution_metrics import Float, rank_correlation
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe, Explanation
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.robustness import add_noise

SQUARE = 16
"""Evidence is summed over squares of this side: single pixels are noise."""
SEEDS = (0, 1, 2)
"""One random network each."""
NOISE_LEVELS = 2.0
"""Noise in grey levels under which a map should stay what it is."""
MAPS = ("thermal share", "thermal evidence", "RGB evidence")
_CELL = 8


class SanityCheck:
    """Rank correlations (Spearman) of a map with the same map of networks with random kernels.

    As references: with the map of the same network under slight noise (should be near 1), and for the share with the
    share of brightness T / (T + Y), which knows the inputs alone.

    Args:
        probe: the model.
        limit: highest mean absolute correlation with the maps of random networks that passes.
        seeds: one random network each.
    """

    def __init__(self, probe: AttributionProbe, limit: float, seeds: Sequence[int] = SEEDS) -> None:
        self._probe = probe
        self._limit = limit
        self._random: list[AttributionProbe] = []
        self._obstacle = ""
        try:
            self._random = [probe.randomised(seed) for seed in seeds]
        except ModelError as error:  # an INT8 graph has no kernels to draw; the rest can still be measured
            self._obstacle = str(error)
        self._seeds = tuple(seeds)
        self._similarity: dict[str, list[list[float]]] = {name: [] for name in MAPS}
        self._steady: dict[str, list[float]] = {name: [] for name in MAPS}
        self._brightness: list[float] = []

    def update(
        self, trained: Explanation, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], rng: np.random.Generator
    ) -> None:
        """Add one pair, of the model's size.

        Args:
            trained: of the model.
            thermal: (H, W) uint8.
            rgb: (H, W, 3) uint8.
            rng: draws the slight noise.
        """
        noisy = self._probe.explain(add_noise(thermal, NOISE_LEVELS, rng), add_noise(rgb, NOISE_LEVELS, rng))
        others = [_maps(probe.explain(thermal, rgb)) for probe in self._random]
        ours, steady = _maps(trained), _maps(noisy)
        for name in MAPS:
            self._steady[name].append(rank_correlation(ours[name], steady[name]))
            self._similarity[name].append([rank_correlation(ours[name], other[name]) for other in others])
        t = thermal[::_CELL, ::_CELL].astype(np.float64)
        y = luminance(rgb)[::_CELL, ::_CELL].astype(np.float64)
        self._brightness.append(rank_correlation(ours["thermal share"], t / np.maximum(t + y, 1)))

    def summary(self) -> SanityFigures:
        """Return the figures; None stands for "cannot be said"."""
        return SanityFigures(
            kernels_replaced=self._random[0].kernels if self._random else 0,
            seeds=self._seeds,
            not_done=self._obstacle or None,
            limit=self._limit,
            noise_levels=NOISE_LEVELS,
            maps={name: self._map_figures(name) for name in MAPS},
            share_and_brightness_ratio=_mean(self._brightness),
        )

    def _map_figures(self, name: str) -> MapFigures:
        similarity = self._similarity[name]
        value = _mean(np.abs(np.nan_to_num(similarity)).ravel())
        return MapFigures(
            same_network_noisy_input=_mean(self._steady[name]),
            random_networks=tuple(_mean(values) for values in zip(*similarity, strict=True)),
            mean_absolute=value,
            passed=None if value is None else value <= self._limit,
        )


def squares(signed: NDArray[np.float32]) -> tuple[NDArray[np.intp], Float]:
    """The number of its square for every pixel (H, W), and the sum of the map over every square."""
    height, width = signed.shape
    columns = -(-width // SQUARE)
    ids = (np.arange(height) // SQUARE)[:, None] * columns + np.arange(width) // SQUARE
    sums = np.bincount(ids.ravel(), weights=signed.ravel().astype(np.float64))
    return ids.astype(np.intp), np.asarray(sums, np.float64)


def _maps(explanation: Explanation) -> dict[str, Float]:
    """The maps that are compared: the share every few pixels; evidence summed over squares."""
    thermal, rgb = (squares(np.abs(signed))[1] for signed in (explanation.thermal, explanation.rgb))
    return dict(zip(MAPS, (explanation.share[::_CELL, ::_CELL].astype(np.float64), thermal, rgb), strict=True))


def _mean(values: Iterable[float]) -> float | None:
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else None
