# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Random draws of one batch element, and operations on the rows that were drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

NOISE = 2**20
"""Noise comes from a sequence of twice a multiple of this: a CPU takes longer to draw anew than for all the rest."""


class Dice:
    """All randomness of one batch element.

    Numbers are drawn on the CPU, so that which rows an operation touches is known without waiting for a GPU; noise is a
    window, drawn in the same way, of a long sequence that lies on the device.

    Args:
        seed: of all draws.
    """

    def __init__(self, *seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        """Return True with a probability; draws nothing where that is 0."""
        return probability > 0 and bool(self.rng.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """Return a number of [low, high)."""
        return float(self.rng.uniform(low, high))

    def factor(self, low: float, high: float) -> float:
        """Return a number of [low, high), both above 0, with evenly spread logarithm."""
        return math.exp(self.uniform(math.log(low), math.log(high)))

    def integer(self, low: int, high: int) -> int:
        """Return an integer of [low, high)."""
        return int(self.rng.integers(low, high))

    def normal(self, like: Tensor) -> Tensor:
        """Return normal noise of the shape and device of a tensor; not to be changed."""
        sequence = _noise(max(1, math.ceil(like.numel() / NOISE)), like.device)
        start = self.integer(0, len(sequence) - like.numel() + 1)
        return sequence[start : start + like.numel()].view(like.shape)


@cache
def _noise(count: int, device: torch.device) -> Tensor:
    """Return twice ``count`` times ``NOISE`` normal numbers, the same ones every time."""
    generator = torch.Generator(device).manual_seed(0)
    return torch.randn(2 * count * NOISE, generator=generator, device=device)


def chosen(dice: Sequence[Dice], probability: float) -> list[int]:
    """Return the rows that a probability hits."""
    return [row for row, own in enumerate(dice) if own.chance(probability)]


def column(values: Sequence[float] | Sequence[Sequence[float]]) -> Tensor:
    """Return one number or one list of numbers a row as (R, C, 1, 1) float32, to be multiplied with images."""
    table = np.asarray(values, np.float32).reshape(len(values), -1 if len(values) else 1)
    return torch.from_numpy(table)[..., None, None]


def on_rows(images: Tensor, rows: Sequence[int], apply: Callable[..., Tensor], *parameters: Tensor) -> None:
    """Replace some rows of a batch.

    Args:
        images: (B, C, H, W), changed in place.
        rows: indices of R rows.
        apply: function of images (R, C, H, W) and the parameters; no row may depend on another one.
        parameters: (R, ...) on the CPU, one entry for each row.
    """
    if not rows:
        return
    if images.device.type == "cpu":  # row by row: a row stays in the cache
        for k, row in enumerate(rows):
            part = images[row : row + 1]
            part.copy_(apply(part, *(values[k : k + 1] for values in parameters)))
        return
    # Made on the device it would be waited for, until all that is queued there is done.
    index = torch.tensor(rows).to(images.device, non_blocking=True)
    moved = (values.to(images.device, non_blocking=True) for values in parameters)
    images.index_copy_(0, index, apply(images.index_select(0, index), *moved))
