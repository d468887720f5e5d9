# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Can an attribution be trusted? Completeness, deletion and insertion, weight randomisation.

Everything here works on callables and NumPy arrays, so that it measures a torch model, an exported
graph and a toy function alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError

Image = NDArray[np.generic]
Float = NDArray[np.float64]
Score = Callable[[Image, Image], float]
"""(thermal (H, W), rgb (H, W, 3)) -> the scalar that the attribution explains."""

MODALITIES = ("thermal", "rgb", "both")


def completeness_error(attributions: Iterable[NDArray[np.floating]], score: float, baseline_score: float) -> float:
    """Return how far the attributions are from summing to the score difference, relative to it.

    Formula: |sum(attributions) - (score - baseline_score)| / |score - baseline_score|; 0 is exact.
    Source: the completeness axiom of Sundararajan, Taly and Yan, "Axiomatic attribution for deep
    networks", ICML 2017.

    Args:
        attributions: signed maps of all modalities, any shapes.
        score: explained scalar at the image.
        baseline_score: the same at the baseline.

    Returns:
        The relative error; with equal scores 0 if the attributions sum to 0 and infinity if not.
    """
    total = float(sum(np.sum(a, dtype=np.float64) for a in attributions))
    difference = float(score) - float(baseline_score)
    error = abs(total - difference)
    if difference == 0:
        return 0.0 if error == 0 else float("inf")
    return error / abs(difference)


@dataclass(frozen=True)
class PerturbationCurve:
    """Score against the share of pixels changed.

    Attributes:
        shares: (steps + 1,) shares of pixels changed, 0..1.
        scores: (steps + 1,) score at each.
        inserted: True if the clean image stands at the end of the curve, not at its beginning.
    """

    shares: Float
    scores: Float
    inserted: bool

    @property
    def mean_height(self) -> float:
        """Area under the curve in units of the score, by the trapezoidal rule."""
        return float((np.diff(self.shares) * (self.scores[1:] + self.scores[:-1]) / 2).sum())

    @property
    def area(self) -> float:
        """Area under the curve, with scores scaled so that the clean image is 1 and the empty one 0.

        Near 0 or below for a good deletion, near 1 or above for a good insertion; about 0.5 for an order
        that says nothing. NaN if the clean and the empty image score alike.
        """
        clean, empty = (-1, 0) if self.inserted else (0, -1)
        span = self.scores[clean] - self.scores[empty]
        if span == 0:
            return float("nan")
        scaled = (self.scores - self.scores[empty]) / span
        return float((np.diff(self.shares) * (scaled[1:] + scaled[:-1]) / 2).sum())


def deletion_curve(
    score: Score,
    thermal: Image,
    rgb: Image,
    importance: NDArray[np.floating],
    *,
    modality: str = "both",
    steps: int = 20,
    baseline: tuple[float, float] = (0, 0),
) -> PerturbationCurve:
    """Replace the most important pixels first and watch the score fall.

    Source: Petsiuk, Das and Saenko, "RISE: randomized input sampling for explanation of black-box
    models", BMVC 2018; here for one sensor at a time, so that each modality's map is judged by
    its own sensor.

    Args:
        score: the explained scalar as a function of both images.
        thermal: (H, W).
        rgb: (H, W, 3).
        importance: (H, W), higher goes first; equal values in a fixed pseudo-random order.
        modality: ``"thermal"``, ``"rgb"`` or ``"both"``: the images in which pixels are replaced.
        steps: number of equal portions.
        baseline: value put into thermal and into RGB.

    Raises:
        ImageError: the sizes differ.
        ValueError: unknown modality or no steps.
    """
    return _curve(score, thermal, rgb, importance, modality, steps, baseline, insert=False)


def insertion_curve(
    score: Score,
    thermal: Image,
    rgb: Image,
    importance: NDArray[np.floating],
    *,
    modality: str = "both",
    steps: int = 20,
    baseline: tuple[float, float] = (0, 0),
) -> PerturbationCurve:
    """Begin with the modality empty, put the most important pixels back first and watch the score rise.

    Arguments, errors and source as for :func:`deletion_curve`.
    """
    return _curve(score, thermal, rgb, importance, modality, steps, baseline, insert=True)


def _curve(
    score: Score,
    thermal: Image,
    rgb: Image,
    importance: NDArray[np.floating],
    modality: str,
    steps: int,
    baseline: tuple[float, float],
    *,
    insert: bool,
) -> PerturbationCurve:
    if modality not in MODALITIES:
        raise ValueError(f"unknown modality '{modality}'; allowed: {', '.join(MODALITIES)}")
    if steps < 1:
        raise ValueError(f"a curve needs at least 1 step; got {steps}")
    if not thermal.shape == rgb.shape[:2] == importance.shape:
        raise ImageError(
            f"thermal {thermal.shape}, rgb {rgb.shape} and importance {importance.shape} must have one height and width"
        )
    empty_thermal, empty_rgb = np.full_like(thermal, baseline[0]), np.full_like(rgb, baseline[1])
    rank = _rank(importance)
    shares = np.linspace(0, 1, steps + 1)
    scores = []
    for share in shares:
        chosen = rank < round(share * rank.size)
        keep = chosen if insert else ~chosen
        t = np.where(keep, thermal, empty_thermal) if modality != "rgb" else thermal
        c = np.where(keep[..., None], rgb, empty_rgb) if modality != "thermal" else rgb
        scores.append(float(score(t, c)))
    return PerturbationCurve(shares, np.array(scores), insert)


def _rank(importance: NDArray[np.floating]) -> NDArray[np.int64]:
    """Position of every pixel in falling order of importance, (H, W)."""
    flat = importance.ravel()
    # A fixed shuffle breaks ties: row order would delete connected areas and flatter a blank map.
    ties = np.random.default_rng(0).permutation(flat.size)
    order = np.lexsort((ties, -flat))
    rank = np.empty(flat.size, np.int64)
    rank[order] = np.arange(flat.size)
    return rank.reshape(importance.shape)


def rank_correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation of two maps (-1..1), ties sharing their mean rank.

    Args:
        a: any shape.
        b: the same shape.

    Returns:
        The correlation; NaN if a map is constant.

    Raises:
        ImageError: the shapes differ.
    """
    if a.shape != b.shape:
        raise ImageError(f"the maps must have one shape; got {a.shape} and {b.shape}")
    ranks = []
    for values in (a, b):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        last = np.cumsum(counts, dtype=np.float64)
        mean_rank = last - (counts - 1) / 2
        centred = mean_rank[inverse.ravel()]
        ranks.append(centred - centred.mean())
    norm = np.sqrt(np.vdot(ranks[0], ranks[0]) * np.vdot(ranks[1], ranks[1]))
    return float(np.vdot(ranks[0], ranks[1]) / norm) if norm > 0 else float("nan")


@dataclass(frozen=True)
class RandomisationCheck:
    """How much an attribution keeps of itself when the weights are replaced by random ones.

    Attributes:
        similarity: rank correlation of the trained model's map with that of each random model.
        limit: highest mean of their absolute values with which the check is passed.
    """

    similarity: tuple[float, ...]
    limit: float

    @property
    def mean(self) -> float:
        """Mean absolute similarity; constant maps (NaN) count as 0, they keep nothing."""
        return float(np.mean(np.abs(np.nan_to_num(self.similarity))))

    @property
    def passed(self) -> bool:
        """True if the map depends on what was learned."""
        return self.mean <= self.limit


def randomisation_check(
    attribute: Callable[[int | None], NDArray[np.floating]], *, seeds: Iterable[int] = (0, 1, 2), limit: float = 0.5
) -> RandomisationCheck:
    """Compare the map of the trained weights with maps of random weights.

    A map that stays what it was only shows edges of the input, not the model.
    Source: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018 (model parameter
    randomisation, rank correlation).

    Args:
        attribute: seed -> map; None means the trained weights, a number weights drawn with that seed.
        seeds: one random model each.
        limit: highest mean absolute rank correlation that passes.

    Raises:
        ValueError: no seeds.
    """
    seeds = tuple(seeds)
    if not seeds:
        raise ValueError("the check needs at least one seed; got none")
    trained = attribute(None)
    return RandomisationCheck(tuple(rank_correlation(trained, attribute(seed)) for seed in seeds), limit)
