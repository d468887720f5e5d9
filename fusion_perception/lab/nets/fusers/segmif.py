# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""SegMiF's fuser: dense residual streams that exchange with segmentation features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.attention import HierarchicalInteractiveAttention
from fusion_perception.lab.nets.blocks.drdb import DilatedResidualDenseBlock
from fusion_perception.lab.nets.blocks.mid_grey import start_at_mid_grey


class SegMiF(nn.Module):
    """Two streams of dilated dense blocks with hierarchical interactive attention (Liu et al., ICCV 2023).

    The context are the first two feature maps of the segmenter's encoder. They must exist before the fused
    image does; a system computes them from the visible image with the segmenter's own normalisation, the
    same in training and in use. Without context the features count as zero.

    Sizes: the release declares 1,034,370 parameters, of which a second attention of 66,304 is never called;
    it is left out unless ``faithful``, so 968,066 remain.

    Args:
        width: channels of the streams, a multiple of ``heads``.
        growth: of the dense blocks.
        context_channels: channels of the two feature maps; (64, 128) for MiT-B1 to B3, (32, 64) for B0.
        heads: of the attention.
        mean: average instead of add over pixels in the attention, see ``linear_attention``.
        faithful: also build the attention that is never called.
    """

    stride = 1
    context_levels = 2
    """How many of the segmenter's feature maps ``features`` takes."""

    def __init__(
        self,
        width: int = 64,
        growth: int = 32,
        context_channels: Sequence[int] = (64, 128),
        heads: int = 8,
        mean: bool = False,
        faithful: bool = False,
    ) -> None:
        super().__init__()
        if len(context_channels) != self.context_levels or width % heads:
            raise ValueError(
                f"SegMiF takes {self.context_levels} context_channels and a width that is a multiple of heads; "
                f"got {list(context_channels)}, width {width} and {heads} heads"
            )
        self.context_channels = tuple(context_channels)
        self.act = nn.PReLU()
        self.stem = nn.ModuleDict({m: nn.Conv2d(1, width, 3, padding=1) for m in ("thermal", "luma")})
        self.dense = nn.ModuleDict(
            {
                m: nn.ModuleList(DilatedResidualDenseBlock(width, growth) for _ in range(self.context_levels))
                for m in ("thermal", "luma")
            }
        )
        self.context = nn.ModuleList(nn.Conv2d(c, width, 1) for c in context_channels)
        self.interact = HierarchicalInteractiveAttention(width, heads, mean)
        if faithful:
            self.never_called = HierarchicalInteractiveAttention(width, heads, mean)
        self.head = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=1) for i, o in ((2 * width, width), (width, width // 2), (width // 2, 1))
        )
        start_at_mid_grey(self.head[-1])

    def _scene(self, level: int, features: Sequence[Tensor] | None, like: Tensor) -> Tensor:
        """Project feature map ``level`` and enlarge it to (B, width, H, W)."""
        project = self.context[level]
        if features is None:
            return project(like.new_zeros(1, self.context_channels[level], 1, 1)).expand_as(like)
        # A 1x1 convolution and bilinear interpolation commute; the smaller map first is cheaper.
        return F.interpolate(project(features[level]), size=like.shape[-2:], mode="bilinear", align_corners=False)

    def forward(self, thermal: Tensor, luma: Tensor, features: Sequence[Tensor] | None = None) -> Tensor:
        """Fuse.

        Args:
            thermal: (B, 1, H, W) in 0..1.
            luma: (B, 1, H, W) in 0..1.
            features: two feature maps (B, context_channels[i], h_i, w_i); None: zero.

        Returns:
            (B, 1, H, W) fused luminance, unclamped.
        """
        streams = {m: self.act(self.stem[m](x)) for m, x in (("thermal", thermal), ("luma", luma))}
        for level in range(self.context_levels):
            a, b = (self.dense[m][level](streams[m]) for m in ("thermal", "luma"))
            # One attention serves both levels.
            streams["thermal"], streams["luma"] = self.interact(a, b, self._scene(level, features, a))
        x = torch.cat([streams["thermal"], streams["luma"]], 1)
        for conv in self.head:
            x = self.act(conv(x))
        return x
