# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of the attribution, as documents and tables carry them. None stands for "cannot be said"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fusion_perception.documents.typed_document import INLINE, Count, Size
from fusion_perception.lab.evaluation.figures import PerClass


@dataclass(frozen=True)
class BrightnessReference:
    """The same figures of the share of brightness, T / (T + Y), which knows the images alone."""

    brightness_agreement: float | None
    brightness_rank_correlation: float | None
    brightness_gap: float | None = None


@dataclass(frozen=True)
class AgreementFigures:
    """Agreement with what taking a sensor away does, see ``SensorAgreement``.

    Attributes:
        frames: with enough object pixels.
        decided_pixels: that need one sensor clearly more than the other.
        agreement: share of them whose attribution is on that side.
        rank_correlation: of attribution and need, mean over the frames.
        thermal_share: mean by predicted class.
        brightness: the reference.
        gap: probability that the named sensor alone keeps, minus that of the other.
        largest_gap: gap of a share that always names the better one: none can have a larger one with this network.
    """

    frames: Count
    decided_pixels: Count
    agreement: float | None
    rank_correlation: float | None
    thermal_share: PerClass
    brightness: Annotated[BrightnessReference | None, INLINE] = None
    gap: float | None = None
    largest_gap: float | None = None


@dataclass(frozen=True)
class PathInfo:
    """The path of a gradient attribution; see ``AttributionInfo``."""

    steps: Count
    rule: str
    baseline: str


@dataclass(frozen=True)
class ErrorFigures:
    """Completeness errors over the pairs of one split: median, and what 90 % do not exceed."""

    pairs: Count
    median: Size
    p90: Size


@dataclass(frozen=True)
class CurveFigures:
    """Curves of one sensor over one split, see ``Faithfulness``.

    Attributes:
        pairs: that the means are over.
        shares: of the sensor's pixels replaced or put back, 0..1.
        deletion: mean share of the score kept at each of them.
        insertion: the same while pixels are put back.
        random: the same as deletion in random order.
        deletion_area: mean height of the curve.
        insertion_area: mean height of the curve.
        random_area: mean height of the curve.
        deletion_better: share of the pairs whose deletion is below random.
        insertion_better: share of the pairs whose insertion is above random.
    """

    pairs: Count
    shares: tuple[float, ...]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    random: tuple[float, ...]
    deletion_area: float
    insertion_area: float
    random_area: float
    deletion_better: float
    insertion_better: float


@dataclass(frozen=True)
class MapFigures:
    """Rank correlations of one map with itself under other conditions.

    Attributes:
        same_network_noisy_input: under slight noise.
        random_networks: with each network of random kernels.
        mean_absolute: of those.
        passed: whether that is within the limit.
    """

    same_network_noisy_input: float | None
    random_networks: tuple[float | None, ...]
    mean_absolute: float | None
    passed: bool | None


@dataclass(frozen=True)
class SanityFigures:
    """Do random weights change the maps?

    Attributes:
        kernels_replaced: in each random network.
        seeds: one for each.
        not_done: why there are none.
        limit: highest ``mean_absolute`` that passes.
        noise_levels: of the slight noise.
        maps: name -> figures.
        share_and_brightness_ratio: rank correlation of thermal share and T / (T + Y).
    """

    kernels_replaced: Count
    seeds: tuple[int, ...]
    not_done: str | None
    limit: float
    noise_levels: float
    maps: dict[str, MapFigures]
    share_and_brightness_ratio: float | None


@dataclass(frozen=True)
class FaithfulnessFigures:
    """Does the attribution explain the graph? See ``Faithfulness``.

    Attributes:
        pairs: looked at.
        left_out: whose score hardly rises from black.
        path: None where the model does not say.
        square: side in pixels of what is replaced at once.
        completeness_error: split -> errors.
        curves: sensor -> split -> curves.
        sanity: random weights.
    """

    pairs: Count
    left_out: Count
    path: PathInfo | None
    square: Count
    completeness_error: dict[str, ErrorFigures]
    curves: dict[str, dict[str, CurveFigures]]
    sanity: SanityFigures


@dataclass(frozen=True)
class CorruptionFigures:
    """Shares of a sensor that fails while its images arrive, see ``CorruptionTest``.

    Attributes:
        sensor: that fails.
        name: of the failure, see ``failures.FAILURES``.
        description: for a reader of the table.
        pairs: with enough object pixels whose decision stands.
        away: share of the pairs in which the attribution leaves the failing sensor, or does not name it.
        share_before: of that sensor on those pixels, with both sensors well; mean over the pairs.
        share_after: the same while it fails.
        decisions_changed: share of the object pixels whose decision the failure changed.
        share_where_changed: of the failing sensor on them.
    """

    sensor: Literal["thermal", "rgb"]
    name: str
    description: str
    pairs: Count
    away: float | None
    share_before: float | None
    share_after: float | None
    decisions_changed: float | None
    share_where_changed: float | None


@dataclass(frozen=True)
class OcclusionFigures:
    """Agreement with local occlusion, see ``OcclusionScore``.

    Attributes:
        squares: with objects.
        telling: of them, whose occlusion costs anything.
        rank_correlation: of thermal share and need, over these.
        brightness: the same for the share of brightness, T / (T + Y).
    """

    squares: Count
    telling: Count
    rank_correlation: float | None
    brightness: float | None


@dataclass(frozen=True)
class ShapleyFigures:
    """Are the evidences of the graph the Shapley values of its sensors? See ``ShapleyCheck``.

    Attributes:
        pairs: looked at.
        efficiency_error: of the sum of the two values.
        value_error: of a value.
        sanity: random weights.
    """

    pairs: Count
    efficiency_error: float | None
    value_error: float | None
    sanity: SanityFigures
