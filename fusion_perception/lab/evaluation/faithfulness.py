# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does the attribution of a deployed graph explain that graph? Completeness, curves, random weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ModelError
from fusion_perception.lab.evaluation.attribution_figures import (
    CurveFigures,
    ErrorFigures,
    FaithfulnessFigures,
    MapFigures,
    PathInfo,
    SanityFigures,
)
from fusion_perception.lab.evaluation.attribution_metrics import (
    Float,
    PerturbationCurve,
    completeness_error,
    deletion_curve,
    insertion_curve,
    rank_correlation,
)
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe, Explanation, region_weights
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.robustness import add_noise
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, in_order
from fusion_perception.resize import resize

SQUARE = 16
"""Pixels are replaced in squares of this side: single pixels gone are noise to a network, in any order."""
PORTIONS = 10
"""Steps of a curve."""
SEEDS = (0, 1, 2)
"""One random network each."""
LIMIT = 0.5
"""Highest mean absolute rank correlation with the maps of random networks that passes."""
NOISE_LEVELS = 2.0
"""Noise in grey levels under which a map should stay what it is."""
SMALLEST_GAIN = 0.05
"""Frames whose score rises from black by less than this share of itself explain nothing and are left out."""

CURVES = ("deletion", "insertion", "random")
SENSORS = ("thermal", "rgb")
MAPS = ("thermal share", "thermal evidence", "RGB evidence")
_CELL = 8


@dataclass
class _Sums:
    """What is gathered over the frames of one split."""

    errors: list[float] = field(default_factory=list)
    curves: dict[tuple[str, str], list[Float]] = field(default_factory=dict)


class Faithfulness:
    """Figures of the attribution over any number of pairs.

    The explained score s is the one of the graph itself (``attribution.targets``): the margin of every
    predicted class, averaged over its region, with the regions of the undisturbed pair.

    - *completeness error*: |sum of both signed maps - (s(pair) - s(black))| / |s(pair) - s(black)|, see
      ``completeness_error``; 0 is exact. A path of few points leaves a rest, which this shows.
    - *curves*: share of the score kept, (s(changed) - s(black)) / (s(pair) - s(black)), while one sensor's
      image is blackened (deletion) or put back (insertion) square by square, the squares with the largest sum
      of that sensor's signed map first; mean over the pairs. *Area*: mean height of the curve. Deletion
      should lie below the *random* order, insertion above it; a random insertion is a random deletion
      read backwards.
    - *sanity*: rank correlation (Spearman) of a map with the same map of networks with random kernels; as
      references, with the map of the same network under slight noise (should be near 1), and for the
      share with the share of brightness T / (T + Y), which knows the inputs alone.

    Args:
        probe: the model.
        seeds: one random network each.
        portions: steps of a curve.
    """

    def __init__(self, probe: AttributionProbe, *, seeds: Sequence[int] = SEEDS, portions: int = PORTIONS) -> None:
        self._probe = probe
        self._random: list[AttributionProbe] = []
        self._obstacle = ""
        try:
            self._random = [probe.randomised(seed) for seed in seeds]
        except ModelError as error:  # an INT8 graph has no kernels to draw; the rest can still be measured
            self._obstacle = str(error)
        self._seeds = tuple(seeds)
        self._portions = portions
        self._splits: dict[str, _Sums] = {}
        self._similarity: dict[str, list[list[float]]] = {name: [] for name in MAPS}
        self._steady: dict[str, list[float]] = {name: [] for name in MAPS}
        self._brightness: list[float] = []
        self._left_out = 0
        self._count = 0

    def update(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], split: str | None = None) -> None:
        """Add one pair.

        Args:
            thermal: (H, W) uint8, of any size.
            rgb: (H, W, 3) uint8 RGB.
            split: for example ``"night"``.
        """
        size = (self._probe.metadata.height, self._probe.metadata.width)
        thermal, rgb = resize(thermal, size), resize(rgb, size)
        number, self._count = self._count, self._count + 1
        rng = np.random.default_rng(number)
        explanation = self._probe.explain(thermal, rgb)
        self._compare_maps(explanation, thermal, rgb, rng)
        weights = region_weights(explanation.logits)

        def score(t: NDArray[Any], c: NDArray[Any]) -> float:
            return float((weights * self._probe.logits(t, c)).sum())

        full = float((weights * explanation.logits).sum())
        black = score(np.zeros_like(thermal), np.zeros_like(rgb))
        if abs(full - black) < SMALLEST_GAIN * abs(full):
            self._left_out += 1
            return

        def kept(t: NDArray[Any], c: NDArray[Any]) -> float:
            return (score(t, c) - black) / (full - black)

        error = completeness_error((explanation.thermal, explanation.rgb), full, black)
        curves: dict[tuple[str, str], Float] = {}
        chance = rng.random(_squares(explanation.thermal)[1].shape)
        for sensor, signed in zip(SENSORS, (explanation.thermal, explanation.rgb), strict=True):
            squares, sums = _squares(signed)
            importance = sums[squares]
            for name, draw, order in (
                ("deletion", deletion_curve, importance),
                ("insertion", insertion_curve, importance),
                ("random", deletion_curve, chance[squares]),
            ):
                curve = draw(kept, thermal, rgb, order, modality=sensor, steps=self._portions)
                curves[sensor, name] = curve.scores
        for name in (ALL,) if split is None else (ALL, split):
            sums_of = self._splits.setdefault(name, _Sums())
            sums_of.errors.append(error)
            for key, scores in curves.items():
                sums_of.curves.setdefault(key, []).append(scores)

    def _compare_maps(
        self, trained: Explanation, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], rng: np.random.Generator
    ) -> None:
        noisy = self._probe.explain(add_noise(thermal, NOISE_LEVELS, rng), add_noise(rgb, NOISE_LEVELS, rng))
        others = [_maps(probe.explain(thermal, rgb)) for probe in self._random]
        ours, steady = _maps(trained), _maps(noisy)
        for name in MAPS:
            self._steady[name].append(rank_correlation(ours[name], steady[name]))
            self._similarity[name].append([rank_correlation(ours[name], other[name]) for other in others])
        t = thermal[::_CELL, ::_CELL].astype(np.float64)
        y = luminance(rgb)[::_CELL, ::_CELL].astype(np.float64)
        self._brightness.append(rank_correlation(ours["thermal share"], t / np.maximum(t + y, 1)))

    def summary(self) -> FaithfulnessFigures:
        """Return the figures; None stands for "cannot be said"."""
        attribution = self._probe.metadata.attribution
        splits = {name: self._splits[name] for name in in_order(self._splits)}
        return FaithfulnessFigures(
            pairs=self._count,
            left_out=self._left_out,
            path=PathInfo(attribution.steps, attribution.rule, attribution.baseline) if attribution else None,
            square=SQUARE,
            completeness_error={name: _errors(sums.errors) for name, sums in splits.items()},
            curves={
                sensor: {name: _curve_figures(sums, sensor) for name, sums in splits.items()} for sensor in SENSORS
            },
            sanity=SanityFigures(
                kernels_replaced=self._random[0].kernels if self._random else 0,
                seeds=self._seeds,
                not_done=self._obstacle or None,
                limit=LIMIT,
                noise_levels=NOISE_LEVELS,
                maps={name: self._map_figures(name) for name in MAPS},
                share_and_brightness_ratio=_mean(self._brightness),
            ),
        )

    def _map_figures(self, name: str) -> MapFigures:
        similarity = self._similarity[name]
        value = _mean(np.abs(np.nan_to_num(similarity)).ravel())
        return MapFigures(
            same_network_noisy_input=_mean(self._steady[name]),
            random_networks=tuple(_mean(values) for values in zip(*similarity, strict=True)),
            mean_absolute=value,
            passed=None if value is None else value <= LIMIT,
        )


def measure_faithfulness(
    evaluator: Evaluator, probe: AttributionProbe, pairs: int = 0, tick: Tick | None = None
) -> FaithfulnessFigures:
    """Return the figures of :class:`Faithfulness` on a data set.

    Args:
        evaluator: reads the pairs.
        probe: the model.
        pairs: at most so many, evenly spaced; 0 for all.
        tick: progress.
    """
    score = Faithfulness(probe)
    chosen = choose(evaluator.count, pairs)
    for done, item in enumerate(evaluator.items(chosen)):
        score.update(item.thermal, item.rgb, item.time)
        if tick:
            tick(done + 1, len(chosen))
    return score.summary()


def choose(count: int, wanted: int) -> list[int]:
    """Return evenly spaced indices below ``count``, at most ``wanted`` of them; 0 wants all."""
    if wanted <= 0 or wanted >= count:
        return list(range(count))
    return [int((i + 0.5) * count / wanted) for i in range(wanted)]


def _squares(signed: NDArray[np.float32]) -> tuple[NDArray[np.intp], Float]:
    """The number of its square for every pixel (H, W), and the sum of the map over every square."""
    height, width = signed.shape
    columns = -(-width // SQUARE)
    ids = (np.arange(height) // SQUARE)[:, None] * columns + np.arange(width) // SQUARE
    sums = np.bincount(ids.ravel(), weights=signed.ravel().astype(np.float64))
    return ids.astype(np.intp), np.asarray(sums, np.float64)


def _maps(explanation: Explanation) -> dict[str, Float]:
    """The maps that are compared: the share every few pixels, it is smooth; evidence summed over squares."""
    thermal, rgb = (_squares(np.abs(signed))[1] for signed in (explanation.thermal, explanation.rgb))
    return dict(zip(MAPS, (explanation.share[::_CELL, ::_CELL].astype(np.float64), thermal, rgb), strict=True))


def _errors(errors: Sequence[float]) -> ErrorFigures:
    return ErrorFigures(len(errors), float(np.median(errors)), float(np.percentile(errors, 90)))


def _curve_figures(sums: _Sums, sensor: str) -> CurveFigures:
    deletion, insertion, random = (np.mean(sums.curves[sensor, name], axis=0) for name in CURVES)
    shares = np.linspace(0, 1, len(deletion))
    frames = [
        (_area(shares, d) < _area(shares, r), _area(shares, i) > _area(shares, r))
        for d, i, r in zip(*(sums.curves[sensor, name] for name in CURVES), strict=True)
    ]
    return CurveFigures(
        pairs=len(frames),
        shares=tuple(shares.tolist()),
        deletion=tuple(deletion.tolist()),
        insertion=tuple(insertion.tolist()),
        random=tuple(random.tolist()),
        deletion_area=_area(shares, deletion),
        insertion_area=_area(shares, insertion),
        random_area=_area(shares, random),
        deletion_better=float(np.mean([d for d, _ in frames])),
        insertion_better=float(np.mean([i for _, i in frames])),
    )


def _area(shares: Float, scores: Float) -> float:
    return PerturbationCurve(shares, scores, False).mean_height


def _mean(values: Iterable[float]) -> float | None:
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else None
