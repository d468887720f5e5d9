# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What thermal cameras differ in: gain control, polarity and defects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.training.augmentation.dice import Dice, column, on_rows

KNOTS = 33
"""Points of the curve that equalises a histogram."""


def respond(thermal: Tensor, dice: Sequence[Dice], rows: Sequence[int], strength: float = 1.0) -> None:
    """Random gain, offset and gamma of some rows, as an automatic gain control produces; in place."""
    draws = [
        (
            math.exp(strength * dice[i].uniform(-0.4, 0.4)),
            math.exp(strength * dice[i].uniform(-0.3, 0.3)),
            dice[i].uniform(-0.05, 0.1),
        )
        for i in rows
    ]
    on_rows(thermal, rows, _response, *(column([draw[k] for draw in draws]) for k in range(3)))


def _response(x: Tensor, gain: Tensor, gamma: Tensor, offset: Tensor) -> Tensor:
    x = powered(x, gamma).mul_(gain)
    return x.add_(bounded(offset, x)).clamp_(0, 1)


def powered(images: Tensor, exponent: Tensor) -> Tensor:
    """Return images >= 0 to powers (B, 1, 1, 1) above 0; in half the time of ``pow``."""
    return images.log().mul_(exponent).exp_()


def bounded(offset: Tensor, images: Tensor) -> Tensor:
    """Return offsets (B, 1, 1, 1) that leave half of the mean of images (B, C, h, w) or more: a dark one stays seen."""
    return torch.maximum(offset, -0.5 * images.mean((1, 2, 3), keepdim=True))


def invert(thermal: Tensor, rows: Sequence[int]) -> None:
    """Show cold as bright in some rows, in place."""
    on_rows(thermal, rows, lambda x: 1 - x)


def control_gain(thermal: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Make some rows look as other ways to come from raw values to 8 bit would have made them, in place."""
    kinds: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for i in rows:
        kinds[dice[i].integer(0, 3)].append(i)
        # Raw values have no steps of 1/255, and none is below 0: what comes next takes powers.
        thermal[i].add_(dice[i].normal(thermal[i]), alpha=0.4 / 255).clamp_(0, 1)
    low, high = (column([dice[i].uniform(0, 0.05) for i in kinds[0]]) for _ in range(2))
    on_rows(thermal, kinds[0], stretched, low, high)
    for function, kind in ((equalised, 1), (evened, 2)):
        on_rows(thermal, kinds[kind], function, column([dice[i].uniform(0.3, 1.0) for i in kinds[kind]]))


def _sorted(thermal: Tensor) -> Tensor:
    """Return some pixels of images (B, 1, h, w) from dark to bright, (B, n)."""
    step = 4 if min(thermal.shape[-2:]) >= 64 else 1
    return thermal[:, 0, ::step, ::step].flatten(1).sort(1).values


def stretched(thermal: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Stretch images (B, 1, h, w) so that shares of the pixels, each (B, 1, 1, 1), are black and white."""
    values = _sorted(thermal)
    last = values.shape[1] - 1
    dark = values.gather(1, (low.flatten(1) * last).long())[..., None, None]
    bright = values.gather(1, ((1 - high.flatten(1)) * last).long())[..., None, None]
    return ((thermal - dark) / (bright - dark).clamp_min(0.02)).clamp_(0, 1)


def equalised(thermal: Tensor, strength: Tensor) -> Tensor:
    """Equalise the histogram of images (B, 1, h, w); strength (B, 1, 1, 1): 0 nothing, 1 all even."""
    values = _sorted(thermal)
    take = torch.linspace(0, values.shape[1] - 1, KNOTS, device=thermal.device).long()
    # Equal values are one knot at their middle rank, so that a plain image stays plain.
    knots = values[:, take].contiguous()
    flat = thermal.flatten(1)
    above = torch.searchsorted(knots, flat).clamp_(1, KNOTS - 1)
    left, right = knots.gather(1, above - 1), knots.gather(1, above)
    share = ((flat - left) / (right - left).clamp_min(1 / 255)).clamp_(0, 1)
    even = (above - 1 + share).div_(KNOTS - 1).view_as(thermal)
    return torch.lerp(thermal, even, strength)


def evened(thermal: Tensor, strength: Tensor) -> Tensor:
    """Give all parts of images (B, 1, h, w) about the same mean and contrast; strength (B, 1, 1, 1) in 0..1."""
    size = tuple(max(1, side // 64) for side in thermal.shape[-2:])
    mean = F.adaptive_avg_pool2d(thermal, size)
    spread = (F.adaptive_avg_pool2d(thermal.square(), size) - mean.square()).clamp_min_(0).sqrt_()
    both = F.interpolate(torch.cat([mean, spread], 1), thermal.shape[-2:], mode="bilinear", align_corners=False)
    even = (thermal - both[:, :1]).mul_(0.18).div_(both[:, 1:].clamp_min(0.02)).add_(0.45).clamp_(0, 1)
    return torch.lerp(thermal, even, strength)


def damage(thermal: Tensor, dice: Sequence[Dice], rows: Sequence[int]) -> None:
    """Give some rows stripes, dead lines, or dead and hot pixels; each of the three in half of the cases; in place."""
    height, width = thermal.shape[-2:]
    for i in rows:
        own, image = dice[i], thermal[i, 0]
        if own.chance(0.5):
            line = image[:1] if own.chance(0.5) else image[:, :1]
            image.add_(own.normal(line), alpha=own.uniform(1, 5) / 255)
        if own.chance(0.5):
            for _ in range(own.integer(1, 4)):
                level = float(own.chance(0.5))
                if own.chance(0.5):
                    image[own.integer(0, height)] = level
                else:
                    image[:, own.integer(0, width)] = level
        if own.chance(0.5):
            for level in (0.0, 1.0):
                count = math.ceil(own.factor(1e-4, 2e-3) * height * width)
                places = torch.from_numpy(own.rng.integers(0, height * width, count)).to(
                    image.device, non_blocking=True
                )
                image.view(-1).index_fill_(0, places, level)
        image.clamp_(0, 1)
