# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does the attribution of a deployed graph explain that graph? Completeness, curves, random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.evaluation.attribution_figures import (
    CurveFigures,
    ErrorFigures,
    FaithfulnessFigures,
    PathInfo,
)
from fusion_perception.lab.evaluation.attribution_metrics import (
    Float,
    PerturbationCurve,
    completeness_error,
    deletion_curve,
    insertion_curve,
)
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe, region_weights
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick
from fusion_perception.lab.evaluation.sanity_check import SEEDS, SQUARE, SanityCheck, squares
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, in_order
from fusion_perception.resize import resize

PORTIONS = 10
"""Steps of a curve."""
LIMIT = 0.5
"""Highest mean absolute rank correlation with the maps of random networks that passes."""
SMALLEST_GAIN = 0.05
"""Frames whose score rises from black by less than this share of itself explain nothing and are left out."""

CURVES = ("deletion", "insertion", "random")
SENSORS = ("thermal", "rgb")


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
    - *sanity*: see ``SanityCheck``.

    Args:
        probe: the model.
        seeds: one random network each.
        portions: steps of a curve.
    """

    def __init__(self, probe: AttributionProbe, *, seeds: Sequence[int] = SEEDS, portions: int = PORTIONS) -> None:
        self._probe = probe
        self._sanity = SanityCheck(probe, LIMIT, seeds)
        self._portions = portions
        self._splits: dict[str, _Sums] = {}
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
        self._sanity.update(explanation, thermal, rgb, rng)
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
        chance = rng.random(squares(explanation.thermal)[1].shape)
        for sensor, signed in zip(SENSORS, (explanation.thermal, explanation.rgb), strict=True):
            numbers, sums = squares(signed)
            importance = sums[numbers]
            for name, draw, order in (
                ("deletion", deletion_curve, importance),
                ("insertion", insertion_curve, importance),
                ("random", deletion_curve, chance[numbers]),
            ):
                curve = draw(kept, thermal, rgb, order, modality=sensor, steps=self._portions)
                curves[sensor, name] = curve.scores
        for name in (ALL,) if split is None else (ALL, split):
            sums_of = self._splits.setdefault(name, _Sums())
            sums_of.errors.append(error)
            for key, scores in curves.items():
                sums_of.curves.setdefault(key, []).append(scores)

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
            sanity=self._sanity.summary(),
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
