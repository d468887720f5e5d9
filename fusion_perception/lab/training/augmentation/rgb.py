# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What RGB cameras differ in: light, colour and compression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.nets.colour import luma
from fusion_perception.lab.training.augmentation.dice import Dice, column, on_rows
from fusion_perception.lab.training.augmentation.thermal import bounded, powered


def relight(rgb: Tensor, dice: Sequence[Dice], rows: Sequence[int], strength: float = 1.0) -> None:
    """Random exposure, gamma, contrast, white balance and saturation of some rows, in place."""
    draws = []
    for i in rows:
        own = dice[i]
        gain = math.exp(strength * own.uniform(-0.35, 0.35))
        gains = [gain * math.exp(strength * own.uniform(-0.08, 0.08)) for _ in range(3)]
        gamma, offset = math.exp(strength * own.uniform(-0.4, 0.4)), own.uniform(-0.06, 0.06)
        draws.append((gains, [gamma], [offset], [own.uniform(0.4, 1.5)]))
    on_rows(rgb, rows, _light, *(column([draw[k] for draw in draws]) for k in range(4)))


def _light(x: Tensor, gains: Tensor, gamma: Tensor, offset: Tensor, saturation: Tensor) -> Tensor:
    x = powered(x, gamma).mul_(gains)
    x.add_(bounded(offset, x)).clamp_(0, 1)
    return torch.lerp(luma(x), x, saturation).clamp_(0, 1)


def darken(rgb: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Expose some rows 1.7 to 20 times too short, in place."""
    on_rows(rgb, rows, lambda x, gain: x.mul_(gain), column([dice[i].factor(0.05, 0.6) for i in rows]))


def compress(rgb: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Give some rows the losses of JPEG, from hardly seen to strong, in place."""
    on_rows(rgb, rows, jpeg, column([dice[i].factor(0.5, 5.0) for i in rows]))


def jpeg(rgb: Tensor, strength: Tensor) -> Tensor:
    """Quantise images as JPEG does: luminance and half as large colour differences, in the cosines of 8 x 8 pixels.

    The steps grow with the frequency about as the tables of the standard do; entropy coding, which loses nothing, is
    left out.

    Args:
        rgb: (B, 3, h, w) in 0..1.
        strength: (B, 1, 1, 1) factor on the steps; 1 is about quality 50, 0.2 about 90.
    """
    grey = luma(rgb)
    colour = F.avg_pool2d((rgb - grey)[:, ::2], 2, ceil_mode=True)
    grey, colour = _quantised(grey, strength, False), _quantised(colour, strength, True)
    colour = F.interpolate(colour, scale_factor=2, mode="nearest")[..., : rgb.shape[-2], : rgb.shape[-1]]
    red, blue = grey + colour[:, :1], grey + colour[:, 1:]
    # Luma is a weighted mean: green is what is left.
    wr, wg, wb = (float(v) for v in luma(torch.eye(3).view(3, 3, 1, 1)).flatten())
    green = (grey - wr * red - wb * blue) / wg
    return torch.cat([red, green, blue], 1).clamp_(0, 1)


def _quantised(images: Tensor, strength: Tensor, colour: bool) -> Tensor:
    """Quantise the cosines of the blocks of images (B, C, h, w)."""
    batch, channels, height, width = images.shape
    padded = F.pad(images, (0, -width % 8, 0, -height % 8), mode="replicate")
    high, wide = padded.shape[-2] // 8, padded.shape[-1] // 8
    blocks = padded.view(batch, channels, high, 8, wide, 8).transpose(3, 4).reshape(batch, -1, 64)
    basis, steps = (x.to(images.device, non_blocking=True) for x in _tables(colour))
    steps = steps * strength.view(-1, 1, 1)
    blocks = ((blocks @ basis.T) / steps).round_().mul_(steps) @ basis
    padded = blocks.view(batch, channels, high, wide, 8, 8).transpose(3, 4).reshape_as(padded)
    return padded[..., :height, :width]


@cache
def _tables(colour: bool) -> tuple[Tensor, Tensor]:
    """Return the (64, 64) cosines of a block, one a row, and their (64,) steps for values in 0..1."""
    k = torch.arange(8, dtype=torch.float32)
    cosine = torch.cos((k[None] + 0.5) * k[:, None] * math.pi / 8) * math.sqrt(2 / 8)
    cosine[0] /= math.sqrt(2)
    frequency = k[:, None] + k[None]
    steps = (17 + 13 * frequency).clamp_max(99) if colour else 11 + 7.5 * frequency
    return torch.kron(cosine, cosine), steps.flatten() / 255
