# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which part of a sample a batch element shows, and at which size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.augmentation.dice import Dice, column, on_rows
from fusion_perception.lab.training.sample_store import SampleStore

CANDIDATES = 3
"""Positions of a crop that are looked at."""
ENOUGH = 640
"""Object pixels of the sample in a crop that is taken at once."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a sample, and where it goes in the crop.

    Attributes:
        top, left, height, width: of the rectangle, in pixels of the sample.
        y, x, rows, columns: of the rectangle in the crop, in pixels of the crop; what is around it is padding.
        flip: whether the crop shows it in a mirror.
    """

    top: int
    left: int
    height: int
    width: int
    y: int
    x: int
    rows: int
    columns: int
    flip: bool

    @property
    def place(self) -> tuple[slice, slice, slice]:
        """Where it is in a crop (C, h, w)."""
        return slice(None), slice(self.y, self.y + self.rows), slice(self.x, self.x + self.columns)


def draw_window(store: SampleStore, index: int, config: AugmentConfig, dice: Dice) -> Window:
    """Draw scale, position and mirror of a crop, preferring crops that hold labelled objects."""
    factor = dice.factor(*config.scale) if config.scale[0] < config.scale[1] else config.scale[0]
    (high, wide), (rows, columns) = store.sizes[index], config.crop
    height, rows, y = _side(high, rows, factor, dice)
    width, columns, x = _side(wide, columns, factor, dice)
    best = (0, 0, -1)
    for _ in range(CANDIDATES):
        top, left = dice.integer(0, high - height + 1), dice.integer(0, wide - width + 1)
        pixels = store.object_pixels(index, top, left, top + height, left + width)
        if pixels > best[2]:
            best = (top, left, pixels)
        if pixels > ENOUGH:
            break
    return Window(best[0], best[1], height, width, y, x, rows, columns, dice.chance(config.p_flip))


def _side(length: int, crop: int, factor: float, dice: Dice) -> tuple[int, int, int]:
    """Return how much of a side is seen, how long it is in the crop, and where it begins there."""
    seen = max(1, round(crop / factor))
    if seen <= length:
        return seen, crop, 0
    taken = min(crop, max(1, round(length * factor)))
    return length, taken, dice.integer(0, crop - taken + 1)


def cut(images: Tensor, window: Window) -> Tensor:
    """Return a window of images (C, H, W) uint8 at the size of the crop, (C, rows, columns) float in 0..255.

    Pixels are averaged where the crop is smaller, interpolated where it is larger.
    """
    part = _part(images, window)
    if part.shape[-2:] != (window.rows, window.columns):
        if part.device.type != "cpu":  # only the CPU resizes integers with averages, which is the fastest there
            part = part.float()
        size = (window.rows, window.columns)
        part = F.interpolate(part[None], size, mode="bilinear", align_corners=False, antialias=True)[0]
    part = part.float()
    return part.flip(-1) if window.flip else part


def cut_maps(maps: Tensor, window: Window) -> Tensor:
    """Return a window of ids (C, H, W) uint8 at the size of the crop; every pixel keeps an id that is there."""
    part = _part(maps, window)
    if part.shape[-2:] != (window.rows, window.columns):
        part = F.interpolate(part[None], (window.rows, window.columns), mode="nearest-exact")[0]
    return part.flip(-1) if window.flip else part


def _part(images: Tensor, window: Window) -> Tensor:
    return images[:, window.top : window.top + window.height, window.left : window.left + window.width]


def blacken_padding(images: Tensor, windows: Sequence[Window]) -> None:
    """Set what lies around the windows to 0, in place.

    Args:
        images: (B, C, h, w).
        windows: one for each row.
    """
    for image, window in zip(images, windows, strict=True):
        image[:, : window.y] = 0
        image[:, window.y + window.rows :] = 0
        image[:, :, : window.x] = 0
        image[:, :, window.x + window.columns :] = 0


def shift(images: Tensor, dice: Sequence[Dice], rows: Sequence[int], most: float) -> None:
    """Move some rows by up to ``most`` pixels, in place; the border is repeated.

    The distance is ``most`` times the square of an even draw: a quarter of it is the median. Cameras are a little out
    of line more often than far, and what is learnt from far ones makes outlines wide.
    """
    moves = []
    for i in rows:
        distance, angle = most * dice[i].uniform(0, 1) ** 2, dice[i].uniform(0, 2 * math.pi)
        moves.append([distance * math.cos(angle), distance * math.sin(angle)])
    on_rows(images, rows, moved, column(moves))


def moved(images: Tensor, by: Tensor) -> Tensor:
    """Return images (B, C, h, w) moved by ``by``, (B, 2, 1, 1) pixels in x and y."""
    count, _, height, width = images.shape
    grid = torch.empty(count, height, width, 2, device=images.device)
    for k, side in enumerate((width, height)):
        places = (2 * torch.arange(side, device=images.device) + 1 - 2 * by[:, k, 0]) / side - 1  # (B, side)
        grid[..., k] = places[:, None] if k == 0 else places[..., None]
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
