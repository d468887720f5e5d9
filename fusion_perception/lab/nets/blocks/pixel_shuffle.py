# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sub-pixel upsampling as two plain transpositions."""

from __future__ import annotations

from torch import Tensor


def pixel_shuffle(x: Tensor, factor: int = 2) -> Tensor:
    """Rearrange (B, C f^2, h, w) to (B, C, h f, w f), equal to ``torch.nn.functional.pixel_shuffle``.

    One transposition interleaves columns, one interleaves rows. ONNX Runtime's CPU DepthToSpace is a
    single six-dimensional transposition and takes about six times as long; the gradient of this form
    is made of the same two transpositions.
    """
    batch, channels, height, width = x.shape
    planes = channels // (factor * factor)
    columns = x.reshape(batch * planes * factor, factor, height * width).transpose(1, 2)
    rows = columns.reshape(batch * planes, factor, height, width * factor).transpose(1, 2)
    return rows.reshape(batch, planes, height * factor, width * factor)
