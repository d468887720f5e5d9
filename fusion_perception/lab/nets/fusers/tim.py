# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TIM's discovered fusion networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.mid_grey import start_at_mid_grey
from fusion_perception.lab.nets.blocks.reflect_conv import reflect_conv
from fusion_perception.lab.nets.blocks.tim_cells import build_cell
from fusion_perception.lab.nets.blocks.tim_operations import build_operation

Genotype = Sequence[Sequence]
"""Cells in order, each ``[kind, [operation, ...]]``; lists of strings, so that it fits into JSON."""

FULL: Genotype = (("fusion", ("residual_3_1", "dilconv_3_2")), ("chain", ("dense_3_1", "dilconv_3_2")))
"""Infrared and visible, without a limit on latency."""

LIGHT: Genotype = (("chain", ("residual_3_1", "eca_3_1")),) * 2
"""Infrared and visible, found with the latency term."""


def tim_stem(channels: int) -> nn.Sequential:
    """Return the common entry: 2 -> 2 C -> C channels at full resolution."""
    return nn.Sequential(reflect_conv(2, 2 * channels), nn.PReLU(), reflect_conv(2 * channels, channels), nn.PReLU())


def tim_head(channels: int) -> nn.Sequential:
    """Return the common exit: C -> C -> C / 2 -> 1 channels, linear at the end."""
    return nn.Sequential(
        reflect_conv(channels, channels),
        nn.PReLU(),
        reflect_conv(channels, channels // 2),
        start_at_mid_grey(nn.Conv2d(channels // 2, 1, 1)),
    )


def named_cell(kind: str, channels: int, names: Sequence[str]) -> nn.Module:
    """Return a cell of the operations with the given names."""
    return build_cell(kind, channels, len(names), lambda edge, width: build_operation(names[edge], width))


class TIM(nn.Module):
    """A sequence of cells whose operations a search has chosen (Liu et al., TIM, TPAMI 2024).

    Sizes at 48 channels: 994,917 parameters with ``FULL``, 127,358 with ``LIGHT``.

    Args:
        channels: of the features, even.
        genotype: cells and their operations, see ``Genotype``.
    """

    def __init__(self, channels: int = 48, genotype: Genotype = FULL) -> None:
        super().__init__()
        self.stem = tim_stem(channels)
        self.cells = nn.ModuleList(named_cell(kind, channels, names) for kind, names in genotype)
        self.head = tim_head(channels)
        self.stride = max((2 ** (cell.scales - 1) for cell in self.cells), default=1)

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """(B, 1, H, W) twice, in 0..1, sides multiples of ``stride`` -> (B, 1, H, W), unclamped."""
        x = self.stem(torch.cat([thermal, luma], 1))
        for cell in self.cells:
            x = cell(x)
        return self.head(x)
