# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to the figures when a sensor fails, or is dark, blurred, noisy or misaligned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Thermal = NDArray[np.uint8]
Rgb = NDArray[np.uint8]
Pair = tuple[Thermal | None, Rgb | None]

NOISE_LEVELS = 15.0
"""Standard deviation of the added noise in grey levels."""
BLUR_SIGMA = 2.0
"""Standard deviation of the blur in pixels."""
EXPOSURE = 0.1
"""Remaining share of the light."""
SHIFTS = (1, 2, 4, 8, 16)
"""Misalignments in pixels."""


@dataclass(frozen=True)
class Perturbation:
    """One way in which the input gets worse.

    Attributes:
        name: row name.
        description: what is done, for a reader of the table.
        apply: (thermal (H, W), rgb (H, W, 3), generator) -> the pair the model gets; None is a
            missing sensor. The inputs are left as they are.
    """

    name: str
    description: str
    apply: Callable[[Thermal, Rgb, np.random.Generator], Pair]


def dim(rgb: Rgb, exposure: float) -> Rgb:
    """Return the picture that a camera would have taken with less light.

    The light is scaled, not the stored value: sRGB is decoded, scaled and encoded again
    (IEC 61966-2-1), and what falls between two grey levels is lost.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
        exposure: share of the light, 0..1.
    """
    s = np.arange(256) / 255
    light = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4) * exposure
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return cv2.LUT(rgb, np.round(encoded * 255).astype(np.uint8))


def add_noise(image: NDArray[np.uint8], sigma: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the image with independent Gaussian noise of ``sigma`` grey levels on every value."""
    noisy = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(sigma)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def blur(image: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Return the image blurred by a Gaussian of ``sigma`` pixels."""
    return cv2.GaussianBlur(image, (0, 0), sigma)


def shift(thermal: Thermal, pixels: int) -> Thermal:
    """Return the thermal image moved to the right, the left edge repeated, as by a wrong baseline."""
    moved = np.empty_like(thermal)
    moved[:, pixels:] = thermal[:, : thermal.shape[1] - pixels]
    moved[:, :pixels] = thermal[:, :1]
    return moved


def _shifted(pixels: int) -> Perturbation:
    return Perturbation(
        f"misaligned {pixels} px",
        f"thermal moved {pixels} px to the right",
        lambda t, c, _: (shift(t, min(pixels, t.shape[1])), c),
    )


CLEAN = Perturbation("clean", "the pair as recorded", lambda t, c, _: (t, c))
THERMAL_MISSING = Perturbation("thermal missing", "no thermal frame", lambda t, c, _: (None, c))
RGB_MISSING = Perturbation("RGB missing", "no RGB frame", lambda t, c, _: (t, None))

PERTURBATIONS: tuple[Perturbation, ...] = (
    CLEAN,
    THERMAL_MISSING,
    RGB_MISSING,
    Perturbation("RGB at 10 % exposure", "a tenth of the light (sRGB)", lambda t, c, _: (t, dim(c, EXPOSURE))),
    Perturbation(
        "thermal noise",
        f"Gaussian noise, {NOISE_LEVELS:g} grey levels, on thermal",
        lambda t, c, rng: (add_noise(t, NOISE_LEVELS, rng), c),
    ),
    Perturbation(
        "RGB noise",
        f"Gaussian noise, {NOISE_LEVELS:g} grey levels, on RGB",
        lambda t, c, rng: (t, add_noise(c, NOISE_LEVELS, rng)),
    ),
    Perturbation(
        "thermal blur", f"Gaussian blur, sigma {BLUR_SIGMA:g} px, on thermal", lambda t, c, _: (blur(t, BLUR_SIGMA), c)
    ),
    Perturbation(
        "RGB blur", f"Gaussian blur, sigma {BLUR_SIGMA:g} px, on RGB", lambda t, c, _: (t, blur(c, BLUR_SIGMA))
    ),
    *(_shifted(pixels) for pixels in SHIFTS),
)
"""The rows of the robustness table, in order; figures are always taken against the clean pair."""
