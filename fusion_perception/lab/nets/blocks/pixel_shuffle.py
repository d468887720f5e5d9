# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sub-pixel upsampling, as two plain transpositions where nothing is learnt."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def pixel_shuffle(x: Tensor, factor: int | tuple[int, int] = 2) -> Tensor:
    """Rearrange (B, C f^2, h, w) to (B, C, h f, w f), equal to ``torch.nn.functional.pixel_shuffle``.

    Two factors are those of rows and columns: (B, C f g, h, w) to (B, C, h f, w g).

    One transposition interleaves columns, one interleaves rows. ONNX Runtime's CPU DepthToSpace is a
    single six-dimensional transposition and takes about six times as long. Where a gradient is asked for, PyTorch's own
    keeps the memory format, and is faster.
    """
    down, along = (factor, factor) if isinstance(factor, int) else factor
    if x.requires_grad and down == along:
        return F.pixel_shuffle(x, down)
    batch, channels, height, width = x.shape
    planes = channels // (down * along)
    columns = x.reshape(batch * planes * down, along, height * width).transpose(1, 2)
    rows = columns.reshape(batch * planes, down, height, width * along).transpose(1, 2)
    return rows.reshape(batch, planes, height * down, width * along)
