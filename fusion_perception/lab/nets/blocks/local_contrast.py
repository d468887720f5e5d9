# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Local contrast of both sensors: what a place looks like, whatever its brightness."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.single_precision import at_least_single
from fusion_perception.lab.nets.colour import luma

CELL = 4
"""Side of the cells, in pixels of half resolution, whose mean and variance are pooled."""


class LocalContrast(nn.Module):
    """(x - mean) / sqrt(variance + floor^2), with mean and variance of a window around each pixel.

    After the local contrast normalisation of Jarrett et al., What is the best multi-stage architecture for object
    recognition?, ICCV 2009.

    A car that has stood all night differs from the road by a few grey levels of the thermal image; so does a wall in
    unlit RGB. A sensor that is switched off has contrast 0.

    Args:
        window: side of the window in cells, odd; 9 cells are 72 pixels of the full image.
        floor: grey level in 0..1 below which differences count as noise.
    """

    def __init__(self, window: int = 9, floor: float = 0.01) -> None:
        super().__init__()
        if window < 1 or window % 2 == 0 or floor <= 0:
            raise ValueError(f"window {window}, floor {floor}; allowed: an odd number of cells, a floor above 0")
        self.window, self.floor = window, floor

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Compare every pixel with its surroundings.

        Args:
            thermal: (B, 1, H, W) in 0..1, H and W multiples of 8.
            rgb: (B, 3, H, W) in 0..1.

        Returns:
            (B, 2, H / 2, W / 2): contrast of thermal and of the luminance.
        """
        # One image after the other: a single channel each.
        half = F.avg_pool2d(at_least_single(torch.cat([thermal, luma(rgb)])), 2)
        mean, square = self._surroundings(half), self._surroundings(half * half)
        spread = torch.sqrt(square - mean * mean + self.floor**2)
        contrast = (half - _enlarged(mean)) / _enlarged(spread)
        return torch.cat(contrast.chunk(2), 1).to(thermal.dtype)

    def _surroundings(self, half: Tensor) -> Tensor:
        cells = F.avg_pool2d(half, CELL)
        return F.avg_pool2d(cells, self.window, 1, self.window // 2, count_include_pad=False)


def _enlarged(cells: Tensor) -> Tensor:
    """From cells to pixels, nearly linear in between: engines, and the gradient, do this faster than interpolation."""
    blocks = F.interpolate(cells, scale_factor=float(CELL), mode="nearest")
    return F.avg_pool2d(blocks, CELL + 1, 1, CELL // 2, count_include_pad=False)
