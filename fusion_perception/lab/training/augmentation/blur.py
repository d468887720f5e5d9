# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Blur, motion and low resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.training.augmentation.dice import Dice, column, on_rows

RADIUS = 4
"""Of Gaussian blur, in pixels; two and a half times the largest standard deviation."""
MOTION = (3.0, 13.0)
"""Length of a motion in pixels."""


def gaussian(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur images (B, C, h, w) with standard deviations (B, 1, 1, 1) of 0.2 to 1.6 pixels."""
    taps = torch.exp(-0.5 * (torch.arange(RADIUS + 1, device=images.device) / sigma) ** 2)  # (B, 1, 1, RADIUS + 1)
    taps = taps / (2 * taps.sum(-1, keepdim=True) - taps[..., :1])
    for axis in (-1, -2):
        length = images.shape[axis]
        first, last = images.narrow(axis, 0, 1), images.narrow(axis, length - 1, 1)
        total = images * taps[..., :1]
        for k in range(1, min(RADIUS, length - 1) + 1):  # beyond the border its pixels go on
            tap = taps[..., k : k + 1]
            total.narrow(axis, k, length - k).addcmul_(images.narrow(axis, 0, length - k), tap)
            total.narrow(axis, 0, length - k).addcmul_(images.narrow(axis, k, length - k), tap)
            total.narrow(axis, 0, k).addcmul_(first, tap)
            total.narrow(axis, length - k, k).addcmul_(last, tap)
        images = total
    return images


def motion(images: Tensor, length: float, angle: float) -> Tensor:
    """Blur images (B, C, h, w) along a line.

    Args:
        images: any values.
        length: of the line in pixels.
        angle: of the line in radians.
    """
    count = max(2, round(length))
    reach = math.ceil(length / 2)
    offsets = [(k / (count - 1) - 0.5) * length for k in range(count)]
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    height, width = images.shape[-2:]
    total = torch.zeros_like(images)
    for offset in offsets:
        y, x = reach + round(offset * math.sin(angle)), reach + round(offset * math.cos(angle))
        total += padded[..., y : y + height, x : x + width]
    return total.div_(count)


def blur_by_motion(images: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Blur some rows by motion, in place."""
    for i in rows:
        images[i] = motion(images[i : i + 1], dice[i].factor(*MOTION), dice[i].uniform(0, math.pi))[0]


def coarse(images: Tensor, factor: float) -> Tensor:
    """Return images (B, C, h, w) that have lost what a resolution lower by ``factor`` does not show."""
    height, width = images.shape[-2:]
    size = (max(1, round(height / factor)), max(1, round(width / factor)))
    small = F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(small, (height, width), mode="bilinear", align_corners=False)


def make_coarse(images: Tensor, dice: Sequence[Dice], rows: Sequence[int], most: float = 4.0) -> None:
    """Lower the resolution of some rows by a factor of 1.5 to ``most``, in place."""
    for i in rows:
        images[i] = coarse(images[i : i + 1], dice[i].factor(1.5, most))[0]


def add_noise(images: Tensor, dice: Sequence[Dice], rows: Sequence[int], most: float) -> None:
    """Add noise of 2 to ``most`` grey levels of 255 to some rows, in half of the cases after a blur; in place."""
    blurred = [i for i in rows if dice[i].chance(0.5)]
    on_rows(images, blurred, gaussian, column([dice[i].uniform(0.5, 1.6) for i in blurred]))
    for i in rows:
        images[i].add_(dice[i].normal(images[i]), alpha=dice[i].uniform(2, most) / 255).clamp_(0, 1)
