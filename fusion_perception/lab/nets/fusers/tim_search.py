# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TIM's search space: every candidate operation on every edge, mixed by architecture parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.tim_cells import build_cell
from fusion_perception.lab.nets.blocks.tim_operations import CANDIDATES, build_operation
from fusion_perception.lab.nets.fusers.tim import tim_head, tim_stem


@dataclass(frozen=True)
class Edge:
    """One place in the network where the search chooses an operation.

    Attributes:
        cell: index of the cell.
        kind: of the cell.
        position: of the operation in its cell.
        runs: where the operation runs: (channels, factor by which the image is smaller) each time.
    """

    cell: int
    kind: str
    position: int
    runs: tuple[tuple[int, int], ...]


class MixedOperation(nn.Module):
    """The weighted sum of all candidates.

    Args:
        candidates: names of the operations.
        channels: channels in and out.
    """

    def __init__(self, candidates: Sequence[str], channels: int) -> None:
        super().__init__()
        self.operations = nn.ModuleList(build_operation(name, channels) for name in candidates)

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """(B, C, H, W), weights (candidates,) -> (B, C, H, W)."""
        result = weights[0] * self.operations[0](x)
        for weight, operation in zip(weights[1:], self.operations[1:], strict=True):
            result = result + weight * operation(x)
        return result


class TIMSupernet(nn.Module):
    """The relaxed network: softmax(alpha) mixes the candidates of each edge (DARTS' relaxation).

    The operation at one position of a fusion cell is the same at all of its scales, so the edge has one row of
    alpha. Weights ``weight_parameters()`` are the lower level of the search, ``architecture_parameters()`` the
    upper.

    Args:
        channels: of the features, even.
        cells: kind of each cell and its number of operations.
        candidates: names of the operations, see ``tim_operations``.
    """

    def __init__(
        self,
        channels: int = 48,
        cells: Sequence[Sequence] = (("fusion", 2), ("chain", 2)),
        candidates: Sequence[str] = CANDIDATES,
    ) -> None:
        super().__init__()
        self.candidates = tuple(candidates)
        self.stem = tim_stem(channels)
        self.cells = nn.ModuleList(
            build_cell(kind, channels, count, lambda edge, width: MixedOperation(self.candidates, width))
            for kind, count in cells
        )
        self.head = tim_head(channels)
        self.edges = tuple(
            Edge(index, kind, position, tuple((channels << s, 1 << s) for s in range(self.cells[index].scales)))
            for index, (kind, count) in enumerate(cells)
            for position in range(count)
        )
        self.alpha = nn.Parameter(1e-3 * torch.randn(len(self.edges), len(self.candidates)))
        self.stride = max((2 ** (cell.scales - 1) for cell in self.cells), default=1)

    def architecture_parameters(self) -> list[nn.Parameter]:
        """Return alpha, (edges, candidates)."""
        return [self.alpha]

    def weight_parameters(self) -> list[nn.Parameter]:
        """Return all parameters but alpha."""
        return [p for name, p in self.named_parameters() if name != "alpha"]

    def probabilities(self) -> Tensor:
        """Return softmax(alpha) over the candidates of each edge, (edges, candidates)."""
        return torch.softmax(self.alpha, 1)

    def latency(self, table: Tensor) -> Tensor:
        """Return the expected latency: the sum over edges and candidates of probability times ``table``.

        Args:
            table: (edges, candidates) measured latencies, all runs of an edge added up, in any unit.
        """
        if table.shape != self.alpha.shape:
            raise ValueError(
                f"the latency table has shape {tuple(table.shape)}; "
                f"needed is (edges, candidates) = {tuple(self.alpha.shape)}"
            )
        return (self.probabilities() * table.to(self.alpha)).sum()

    def genotype(self) -> list[list]:
        """Return the network of the most probable operations, as ``TIM`` takes it."""
        chosen = self.alpha.argmax(1).tolist()
        result: list[list] = []
        for edge, index in zip(self.edges, chosen, strict=True):
            if edge.position == 0:
                result.append([edge.kind, []])
            result[-1][1].append(self.candidates[index])
        return result

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """(B, 1, H, W) twice, in 0..1, sides multiples of ``stride`` -> (B, 1, H, W), unclamped."""
        x = self.stem(torch.cat([thermal, luma], 1))
        weights, start = self.probabilities(), 0
        for index, cell in enumerate(self.cells):
            count = sum(edge.cell == index for edge in self.edges)
            x = cell(x, weights[start : start + count])
            start += count
        return self.head(x)
