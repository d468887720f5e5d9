# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TIM's second stage: refinement of a fused image for viewing."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU
from fusion_perception.lab.nets.blocks.mid_grey import start_at_mid_grey
from fusion_perception.lab.nets.blocks.reflect_conv import reflect_conv
from fusion_perception.lab.nets.fusers.tim import FULL, TIM, Genotype, named_cell, tim_head

THERMAL_OPERATIONS = ("spatial_3_1", "dilconv_3_2")
LUMA_OPERATIONS = ("eca_3_1", "spatial_3_1")
"""Operations of both cells of a branch."""


class Refined(NamedTuple):
    """Images of the refinement; each (B, 1, H, W).

    Attributes:
        fused: the result.
        thermal: the thermal branch on its own, in -1..1; None without auxiliary heads.
        luma: the luminance branch on its own, in -1..1; None without auxiliary heads.
    """

    fused: Tensor
    thermal: Tensor | None
    luma: Tensor | None


class RefinementBranch(nn.Module):
    """Features of one source together with the fused image of the first stage.

    Args:
        channels: of the features, even.
        operations: of each of the two cells.
    """

    def __init__(self, channels: int, operations: tuple[str, ...]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            reflect_conv(2, 2 * channels),
            nn.PReLU(),
            ConvBNReLU(2 * channels, channels, act=nn.PReLU(), bias=True, padding_mode="reflect"),
        )
        self.cells = nn.Sequential(*(named_cell("chain", channels, operations) for _ in range(2)))

    def forward(self, source: Tensor, fused: Tensor) -> Tensor:
        """(B, 1, H, W) twice -> (B, C, H, W)."""
        return self.cells(self.stem(torch.cat([source, fused], 1)))


class TIMRefinement(nn.Module):
    """Two branches, blended by a mask that the luminance branch draws (TIM's enhancement task).

    mask = sigmoid(1x1 [max, max, mean over channels of F_luma]);  fused = head(mask F_luma + (1 - mask) F_thermal).

    Size at 48 channels: 237,308 parameters with the auxiliary heads. That is the published count if the maximum
    enters the mask twice and the head of the fused image is linear throughout; both are as released.

    Args:
        channels: of the features, even.
        auxiliary: build the heads that show each branch on its own, for losses in training; without a loss on
            them no gradient reaches them.
    """

    def __init__(self, channels: int = 48, auxiliary: bool = False) -> None:
        super().__init__()
        self.thermal = RefinementBranch(channels, THERMAL_OPERATIONS)
        self.luma = RefinementBranch(channels, LUMA_OPERATIONS)
        self.mask = nn.Conv2d(3, 1, 1, bias=False)
        self.head = nn.Sequential(
            reflect_conv(channels, channels),
            reflect_conv(channels, channels // 2),
            start_at_mid_grey(nn.Conv2d(channels // 2, 1, 1)),
        )
        self.heads = nn.ModuleDict({m: tim_head(channels) for m in ("thermal", "luma")} if auxiliary else {})

    def forward(self, thermal: Tensor, luma: Tensor, fused: Tensor) -> Refined:
        """Refine; all three (B, 1, H, W) in 0..1."""
        thermal, luma = self.thermal(thermal, fused), self.luma(luma, fused)
        largest = luma.amax(1, keepdim=True)
        mask = torch.sigmoid(self.mask(torch.cat([largest, largest, luma.mean(1, keepdim=True)], 1)))
        result = self.head(thermal + mask * (luma - thermal))
        if not self.heads:
            return Refined(result, None, None)
        return Refined(result, torch.tanh(self.heads["thermal"](thermal)), torch.tanh(self.heads["luma"](luma)))


class TIMRefined(nn.Module):
    """First stage and refinement as one fuser.

    Args:
        channels: of both stages, even.
        genotype: of the first stage.
        auxiliary: see ``TIMRefinement``.
    """

    def __init__(self, channels: int = 48, genotype: Genotype = FULL, auxiliary: bool = False) -> None:
        super().__init__()
        self.fuse = TIM(channels, genotype)
        self.refine = TIMRefinement(channels, auxiliary)
        self.stride = self.fuse.stride

    def stages(self, thermal: Tensor, luma: Tensor) -> tuple[Tensor, Refined]:
        """Return the fused image of the first stage, and the refined images."""
        fused = self.fuse(thermal, luma)
        return fused, self.refine(thermal, luma, fused)

    def forward(self, thermal: Tensor, luma: Tensor) -> Tensor:
        """(B, 1, H, W) twice, in 0..1, sides multiples of ``stride`` -> (B, 1, H, W), unclamped."""
        return self.stages(thermal, luma)[1].fused
