# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A sensor that sees nothing in some places: dirt and drops on its window, glare, or a hand."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fusion_perception.lab.training.augmentation.blur import coarse
from fusion_perception.lab.training.augmentation.dice import Dice

MOST_PLACES = 4
SIDE = (0.07, 0.33)
"""Sides of a covered place, as shares of the width of the image."""
BLURRED = 0.7
"""Share of the places that show a heavily blurred picture; the others show one value."""


def cover(thermal: Tensor, rgb: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Cover rectangles of one of the two sensors in some rows, in place; the other sensor sees what is there.

    Args:
        thermal: (B, 1, h, w) in 0..1.
        rgb: (B, 3, h, w) in 0..1.
        dice: of all rows.
        rows: where it happens.
    """
    for i in rows:
        own = dice[i]
        image = (thermal if own.chance(0.5) else rgb)[i]
        height, width = image.shape[1:]
        blurred = coarse(image[None], own.factor(16, 48))[0]
        for _ in range(own.integer(1, MOST_PLACES + 1)):
            high, wide = (min(side, round(own.factor(*SIDE) * width)) for side in (height, width))
            top, left = own.integer(0, height - high + 1), own.integer(0, width - wide + 1)
            place = (slice(None), slice(top, top + high), slice(left, left + wide))
            image[place] = blurred[place] if own.chance(BLURRED) else torch.full_like(image[place], own.uniform(0, 1))
