# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Luminance and colour as every fuser here uses them."""

from __future__ import annotations

from torch import Tensor


def luma(rgb: Tensor) -> Tensor:
    """BT.601 luminance Y = 0.299 R + 0.587 G + 0.114 B: (B, 3, H, W) -> (B, 1, H, W), same range."""
    return 0.299 * rgb[:, 0:1] + 0.587 * rgb[:, 1:2] + 0.114 * rgb[:, 2:3]


def recolour(fused_luma: Tensor, rgb: Tensor) -> Tensor:
    """Give a fused luminance the chrominance of an RGB image.

    Keeping Cr and Cb and replacing Y in BT.601 adds the same amount to R, G and B, so no conversion
    to YCrCb and back is needed.

    Args:
        fused_luma: (B, 1, H, W).
        rgb: (B, 3, H, W) in the same range.

    Returns:
        (B, 3, H, W), unclamped.
    """
    return rgb + (fused_luma - luma(rgb))
