# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of edges: kept (Qabf), lost (Labf) and invented (Nabf)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Float = NDArray[np.float64]

# Constants of Xydeas and Petrovic for strength (g) and orientation (a).
_GAMMA_G, _KAPPA_G, _SIGMA_G = 0.9994, -15.0, 0.5
_GAMMA_A, _KAPPA_A, _SIGMA_A = 0.9879, -22.0, 0.8


@dataclass(frozen=True)
class EdgeTransfer:
    """Where the edge information of the sources went; the three parts sum to 1.

    Attributes:
        kept: Qabf, higher is better.
        lost: Labf, edges of the sources that the fused image shows more weakly.
        invented: Nabf, edges stronger than in either source (artefacts); lower is better.
    """

    kept: float
    lost: float
    invented: float


def _sobel(image: Gray) -> tuple[Float, Float]:
    """Edge strength and orientation (-pi/2..pi/2) by 3 x 3 Sobel operators."""
    sx = cv2.Sobel(image, cv2.CV_64F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    sy = cv2.Sobel(image, cv2.CV_64F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    strength = cv2.magnitude(sx, sy)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(sx == 0, np.pi / 2, np.arctan(sy / sx))
    return strength, angle


def _preservation(source: tuple[Float, Float], fused: tuple[Float, Float]) -> Float:
    """Q of Xydeas and Petrovic: how far strength and orientation of each source edge survive (0..1)."""
    (gs, angle_s), (gf, angle_f) = source, fused
    smaller, larger = np.minimum(gs, gf), np.maximum(gs, gf)
    strength = np.divide(smaller, larger, out=np.zeros_like(gs), where=larger > 0)
    orientation = 1 - np.abs(angle_s - angle_f) * (2 / np.pi)
    q_g = _GAMMA_G / (1 + np.exp(_KAPPA_G * (strength - _SIGMA_G)))
    q_a = _GAMMA_A / (1 + np.exp(_KAPPA_A * (orientation - _SIGMA_A)))
    return q_g * q_a


def edge_transfer(thermal: Gray, visible: Gray, fused: Gray) -> EdgeTransfer:
    """Return Qabf, Labf and Nabf.

    Formula: Qabf = sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B), g the Sobel strength (weight
    exponent L = 1), Q = Q_g Q_a, Q_g = 0.9994 / (1 + exp(-15 (G - 0.5))),
    Q_a = 0.9879 / (1 + exp(-22 (A - 0.8))), G the ratio of the weaker to the stronger edge and
    A = 1 - |angle difference| / (pi / 2).
    Nabf = sum over the pixels where g_F exceeds both g_A and g_B of
    ((1 - Q_AF) g_A + (1 - Q_BF) g_B) / sum(g_A + g_B), and Labf the same over all other pixels,
    so that Qabf + Labf + Nabf = 1.
    Source: Xydeas and Petrovic, "Objective image fusion performance measure", Electron. Lett. 36,
    2000; Petrovic and Xydeas, "Objective image fusion performance characterisation", ICCV 2005,
    with the artefact map of Shreyamsha Kumar, SIViP 7, 2013, on the constants above.

    The border repeats the outermost pixels. The border rule matters: a border of zeros, as in some
    releases, makes an edge of the image's own frame and raises Qabf of MSRS pairs by 0.005 to 0.012.
    Where source and fused edge are equally strong, G is 1 by the paper; a widespread release puts
    the edge strength itself there, which raises Qabf of a pixel-wise maximum by 0.0003.

    Args:
        thermal: (H, W) uint8.
        visible: (H, W) uint8 luminance.
        fused: (H, W) uint8 luminance.

    Returns:
        The three shares; (1, 0, 0) when neither source has an edge.
    """
    edges_a, edges_b, edges_f = _sobel(thermal), _sobel(visible), _sobel(fused)
    (g_a, _), (g_b, _), (g_f, _) = edges_a, edges_b, edges_f
    total = float(g_a.sum() + g_b.sum())
    if total == 0:
        return EdgeTransfer(1.0, 0.0, 0.0)
    kept = _preservation(edges_a, edges_f) * g_a + _preservation(edges_b, edges_f) * g_b
    missing = g_a + g_b - kept
    artefact = (g_f > g_a) & (g_f > g_b)
    invented = float(missing[artefact].sum()) / total
    quality = float(kept.sum()) / total
    return EdgeTransfer(quality, 1 - quality - invented, invented)
