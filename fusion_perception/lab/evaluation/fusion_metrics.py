# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All fusion metrics of one image triple, and the table that names them.

Every metric is computed on uint8 luminance (OpenCV's YCrCb), never stretched: stretching the fused
image to 0..255 first raises EN, SD, SF and AG of any method.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion.correlation import (
    correlation_coefficient,
    sum_of_correlations_of_differences,
)
from fusion_perception.lab.evaluation.fusion.edges import edge_transfer
from fusion_perception.lab.evaluation.fusion.information import (
    VIF_MIN_SIDE,
    mutual_information,
    visual_information_fidelity,
)
from fusion_perception.lab.evaluation.fusion.statistics import (
    average_gradient,
    entropy,
    spatial_frequency,
    standard_deviation,
)
from fusion_perception.lab.evaluation.fusion.structure import WINDOW, structural_similarity

Gray = NDArray[np.uint8]


@dataclass(frozen=True)
class FusionMetric:
    """How one metric is read.

    Attributes:
        key: its name in results.
        title: what it measures, in a few words.
        unit: unit of the value, ``""`` for a ratio.
        higher_is_better: the direction; False for the artefact share alone.
    """

    key: str
    title: str
    unit: str = ""
    higher_is_better: bool = True


FUSION_METRICS: tuple[FusionMetric, ...] = (
    FusionMetric("EN", "entropy", "bit"),
    FusionMetric("SD", "standard deviation", "grey levels"),
    FusionMetric("SF", "spatial frequency", "grey levels"),
    FusionMetric("AG", "average gradient", "grey levels / px"),
    FusionMetric("MI", "mutual information, summed over the sources", "bit"),
    FusionMetric("SCD", "sum of the correlations of differences"),
    FusionMetric("VIF", "visual information fidelity, mean over the sources"),
    FusionMetric("Qabf", "edges kept"),
    FusionMetric("SSIM", "structural similarity, mean over the sources"),
    FusionMetric("MS_SSIM", "multi-scale structural similarity, mean over the sources"),
    FusionMetric("CC", "correlation with the sources"),
    FusionMetric("VIF_sum", "visual information fidelity, summed over the sources"),
    FusionMetric("Nabf", "edges invented", higher_is_better=False),
)
"""Every key that :func:`fusion_metrics` returns, in the order of tables."""

NAN = float("nan")


def luminance(image: NDArray[np.uint8]) -> Gray:
    """Return the luminance Y of OpenCV's YCrCb.

    Args:
        image: (H, W, 3) uint8 RGB, or (H, W) uint8, which is returned as it is.

    Raises:
        ImageError: another type or shape.
    """
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ImageError(
            f"fusion metrics take uint8 images of shape (H, W) or (H, W, 3); got {image.dtype} {image.shape}: "
            "convert to 8 bit first"
        )
    if image.ndim == 2:
        return image
    return np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[:, :, 0])


def fusion_metrics(
    thermal: NDArray[np.uint8], visible: NDArray[np.uint8], fused: NDArray[np.uint8]
) -> dict[str, float]:
    """Return every metric of :data:`FUSION_METRICS` for one pair and its fused image.

    Formulas and sources are in the docstrings of ``evaluation.fusion``. Of the conventions in use,
    this package takes: MI in bits and summed over the sources; VIF, SSIM and MS-SSIM as means over
    the sources (``VIF_sum`` is the other VIF convention); SF by differences between neighbours, AG by
    central differences.

    Args:
        thermal: (H, W) or (H, W, 3) uint8.
        visible: (H, W, 3) uint8 RGB, or its luminance (H, W).
        fused: (H, W, 3) uint8 RGB, or its luminance (H, W).

    Returns:
        Key -> value. NaN where the image is too small for a metric: SSIM 11 pixels, VIF 41,
        MS-SSIM 176.

    Raises:
        ImageError: wrong types, different sizes, or a side below 2 pixels.
    """
    a, b, f = luminance(thermal), luminance(visible), luminance(fused)
    if not a.shape == b.shape == f.shape:
        raise ImageError(
            f"thermal, visible and fused image must have one size; got {a.shape}, {b.shape} and {f.shape}: "
            "resize or register them first"
        )
    side = min(f.shape)
    if side < 2:
        raise ImageError(f"fusion metrics need at least 2 x 2 pixels; got {f.shape}")
    edges = edge_transfer(a, b, f)
    structure = structural_similarity(a, b, f) if side >= WINDOW else None
    fidelity = visual_information_fidelity(a, b, f) if side >= VIF_MIN_SIDE else None
    return {
        "EN": entropy(f),
        "SD": standard_deviation(f),
        "SF": spatial_frequency(f),
        "AG": average_gradient(f),
        "MI": mutual_information(a, b, f),
        "SCD": sum_of_correlations_of_differences(a, b, f),
        "VIF": fidelity.mean if fidelity else NAN,
        "Qabf": edges.kept,
        "SSIM": structure.ssim if structure else NAN,
        "MS_SSIM": structure.ms_ssim if structure else NAN,
        "CC": correlation_coefficient(a, b, f),
        "VIF_sum": fidelity.sum if fidelity else NAN,
        "Nabf": edges.invented,
    }


def mean_metrics(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every key over the images; NaN values are left out of a mean.

    Args:
        rows: results of :func:`fusion_metrics`; may be empty.
    """
    means = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        values = [row[key] for row in rows if key in row and not np.isnan(row[key])]
        means[key] = float(np.mean(values)) if values else NAN
    return means
