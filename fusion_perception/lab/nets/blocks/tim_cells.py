# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The cells that TIM's networks are sequences of."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.resample import ResidualDownsample, ResidualUpsample
from fusion_perception.lab.nets.blocks.selective_fusion import SelectiveFusion

MakeOperation = Callable[[int, int], nn.Module]
"""(edge of the cell, channels) -> the operation there."""


def _prepare(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.ReLU(), ConvBNReLU(channels, channels, kernel=1, act=False))


class OperationSequence(nn.Module):
    """Operations one after the other; in a search each gets the weights of its edge.

    Args:
        operations: in order.
    """

    def __init__(self, operations: list[nn.Module]) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """(B, C, H, W), weights (edges, candidates) or None -> (B, C, H, W)."""
        for edge, operation in enumerate(self.operations):
            x = operation(x) if weights is None else operation(x, weights[edge])
        return x


class ChainCell(nn.Module):
    """ReLU, 1x1, BN, then a sequence of operations.

    Args:
        channels: channels in and out.
        edges: number of operations.
        make: builds them.
    """

    scales = 1

    def __init__(self, channels: int, edges: int, make: MakeOperation) -> None:
        super().__init__()
        self.prepare = _prepare(channels)
        self.sequence = OperationSequence([make(edge, channels) for edge in range(edges)])

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """(B, C, H, W), weights (edges, candidates) or None -> (B, C, H, W)."""
        return self.sequence(self.prepare(x), weights)


class FusionCell(nn.Module):
    """The same sequence of operations at three scales, selectively fused; the input added.

    Args:
        channels: channels in and out; twice and four times as many at the half and quarter scale.
        edges: number of operations.
        make: builds them, for each scale.
    """

    scales = 3

    def __init__(self, channels: int, edges: int, make: MakeOperation) -> None:
        super().__init__()
        self.prepare = _prepare(channels)
        self.down = nn.ModuleList()
        self.sequences = nn.ModuleList()
        self.up = nn.ModuleList()
        for scale in range(self.scales):
            widths = [channels << i for i in range(scale)]
            self.down.append(nn.Sequential(*(ResidualDownsample(w) for w in widths)))
            self.sequences.append(OperationSequence([make(edge, channels << scale) for edge in range(edges)]))
            self.up.append(nn.Sequential(*(ResidualUpsample(2 * w) for w in reversed(widths))))
        self.fuse = SelectiveFusion(channels, self.scales)

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """(B, C, H, W), H and W multiples of 4, weights (edges, candidates) or None -> (B, C, H, W)."""
        prepared = self.prepare(x)
        maps = [
            up(sequence(down(prepared), weights))
            for down, sequence, up in zip(self.down, self.sequences, self.up, strict=True)
        ]
        return x + self.fuse(maps)


CELLS: dict[str, type[ChainCell] | type[FusionCell]] = {"chain": ChainCell, "fusion": FusionCell}


def build_cell(kind: str, channels: int, edges: int, make: MakeOperation) -> ChainCell | FusionCell:
    """Return a cell; raises ValueError naming the kinds that exist."""
    if kind not in CELLS:
        raise ValueError(f"unknown cell '{kind}'; allowed: {', '.join(CELLS)}")
    return CELLS[kind](channels, edges, make)
