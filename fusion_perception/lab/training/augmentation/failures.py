# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sensors that fail; one at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fusion_perception.lab.training.augmentation.blur import coarse
from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.augmentation.dice import Dice

SPARSE = 8
"""Brightness is looked at in every eighth row and column."""


def draw_failures(dice: Sequence[Dice], config: AugmentConfig) -> tuple[list[int], list[int]]:
    """Return the rows whose thermal fails, and those whose RGB does; no row is in both."""
    thermal, rgb = [], []
    for i, own in enumerate(dice):
        value = own.uniform(0, 1)
        if value < config.p_no_thermal:
            thermal.append(i)
        elif value < config.p_no_thermal + config.p_no_rgb:
            rgb.append(i)
    return thermal, rgb


def fail(
    images: Tensor, dice: Sequence[Dice], rows: Sequence[int], kinds: Sequence[str], another: Callable[[Dice], Tensor]
) -> None:
    """Let a sensor fail in some rows, in place.

    Args:
        images: (B, C, h, w) in 0..1.
        dice: of all rows.
        rows: where it fails.
        kinds: of ``FAILURES``, drawn evenly.
        another: returns a crop (C, h, w) of the sensor from another time: what a frozen camera shows.
    """
    for i in rows:
        own = dice[i]
        kind = kinds[own.integer(0, len(kinds))]
        images[i] = another(own) if kind == "frozen" else failed(images[i], kind, own)


def _overexposed(image: Tensor, dice: Dice) -> Tensor:
    """Gain that makes 40 to 95 % of the values white; the others keep their order. It follows the image."""
    level = torch.quantile(image[:, ::SPARSE, ::SPARSE], dice.uniform(0.05, 0.6))
    return (image / level.clamp_min(1 / 255)).clamp_(0, 1)


def _glaring(image: Tensor, dice: Dice) -> Tensor:
    return (image * dice.factor(3, 12) + dice.uniform(0.1, 0.6)).clamp_(0, 1)


def failed(image: Tensor, kind: str, dice: Dice) -> Tensor:
    """Return what a failed sensor shows.

    Args:
        image: (C, h, w) in 0..1.
        kind: of ``FAILURES`` but ``frozen``.
        dice: of this image.
    """
    if kind == "black":
        return torch.zeros_like(image)
    if kind == "constant":
        return torch.full_like(image, dice.uniform(0, 1))
    if kind == "saturated":
        return _overexposed(image, dice) if dice.chance(0.5) else _glaring(image, dice)
    if kind == "noise":
        return (dice.normal(image) * dice.factor(0.05, 0.4)).add_(dice.uniform(0.1, 0.9)).clamp_(0, 1)
    if kind == "blurred":
        return coarse(image[None], dice.factor(16, 48))[0]
    raise ValueError(f"no picture of a sensor that is '{kind}'")
