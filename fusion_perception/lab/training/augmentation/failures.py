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

THERMAL, RGB = "thermal", "rgb"


def fail(
    thermal: Tensor,
    rgb: Tensor,
    dice: Sequence[Dice],
    config: AugmentConfig,
    another: Callable[[str, Dice], Tensor],
) -> None:
    """Let one sensor of some rows fail, in place.

    Args:
        thermal: (B, 1, h, w) in 0..1.
        rgb: (B, 3, h, w) in 0..1.
        dice: of the rows.
        config: how often, and what is seen then.
        another: returns a crop (C, h, w) of the named sensor from another time: what a frozen camera shows.
    """
    for i, own in enumerate(dice):
        value = own.uniform(0, 1)
        if value < config.p_no_thermal:
            name, image = THERMAL, thermal[i]
        elif value < config.p_no_thermal + config.p_no_rgb:
            name, image = RGB, rgb[i]
        else:
            continue
        kind = config.failures[own.integer(0, len(config.failures))]
        image.copy_(another(name, own) if kind == "frozen" else failed(image, kind, own))


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
        return (image * dice.factor(3, 12) + dice.uniform(0.1, 0.6)).clamp_(0, 1)
    if kind == "noise":
        noise = dice.normal(image)
        return noise.mul_(dice.factor(0.05, 0.4)).add_(dice.uniform(0.1, 0.9)).clamp_(0, 1)
    if kind == "blurred":
        return coarse(image[None], dice.factor(16, 48))[0]
    raise ValueError(f"no picture of a sensor that is '{kind}'")
