# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Linear attention over pixels, and SegMiF's hierarchical interactive attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.channel_norm import ChannelLayerNorm
from fusion_perception.lab.nets.blocks.single_precision import at_least_single


def linear_attention(query: Tensor, key: Tensor, value: Tensor, heads: int, mean: bool = False) -> Tensor:
    """Attention whose cost is linear in the number of pixels: each head mixes channels, not pixels.

    Per head, context = softmax over the key channels of (key^T value) / sqrt(channels per head), a small
    matrix summed over all pixels; result = query context (the form of CMX's cross attention).

    Args:
        query: (B, C, H, W).
        key: (B, C, H, W).
        value: (B, C, H, W).
        heads: number of heads; divides C.
        mean: average over the pixels instead of adding them up. The sum grows with the image, and with it
            the softmax turns into a choice of one channel without a gradient.

    Returns:
        (B, C, H, W).
    """
    batch, channels, height, width = query.shape
    pixels = height * width
    shape = (batch, heads, channels // heads, pixels)
    q, k, v = (at_least_single(x.reshape(shape)) for x in (query, key, value))
    scale = (channels // heads) ** -0.5
    context = (k * (scale / pixels if mean else scale)) @ v.transpose(-1, -2)
    result = torch.softmax(context, -2).transpose(-1, -2) @ q
    return result.to(query.dtype).reshape(batch, channels, height, width)


class HierarchicalInteractiveAttention(nn.Module):
    """Exchange between two image streams and a stream of segmentation features (HIA of SegMiF).

    Every stream is projected to a part y and a part u. Modality-oriented: v_m = LA(u_m; u_seg), each image
    stream asks the segmentation. Semantic-oriented: z_m = LA(y_seg; y_m), the segmentation asks each image
    stream. out_m = LayerNorm(x_m + Linear[z_m, v_m]). Source: Liu et al., SegMiF, ICCV 2023.

    Args:
        channels: of every stream.
        heads: of the attention.
        mean: see ``linear_attention``.
    """

    def __init__(self, channels: int = 64, heads: int = 8, mean: bool = False) -> None:
        super().__init__()
        self.heads, self.mean = heads, mean
        self.project = nn.ModuleDict({m: nn.Conv2d(channels, 2 * channels, 1) for m in ("thermal", "luma", "scene")})
        self.key_value = nn.ModuleDict(
            {m: nn.Conv2d(channels, 2 * channels, 1, bias=False) for m in ("thermal", "luma", "scene")}
        )
        self.merge = nn.ModuleDict({m: nn.Conv2d(2 * channels, channels, 1) for m in ("thermal", "luma")})
        self.norm = nn.ModuleDict({m: ChannelLayerNorm(channels) for m in ("thermal", "luma")})

    def forward(self, thermal: Tensor, luma: Tensor, scene: Tensor) -> tuple[Tensor, Tensor]:
        """Three (B, C, H, W) streams -> the two image streams, of the same shape."""
        scene_y, scene_u = torch.relu(self.project["scene"](scene)).chunk(2, 1)
        scene_key, scene_value = self.key_value["scene"](scene_u).chunk(2, 1)
        results = []
        for name, x in (("thermal", thermal), ("luma", luma)):
            y, u = torch.relu(self.project[name](x)).chunk(2, 1)
            key, value = self.key_value[name](y).chunk(2, 1)
            modality = linear_attention(u, scene_key, scene_value, self.heads, self.mean)
            semantic = linear_attention(scene_y, key, value, self.heads, self.mean)
            results.append(self.norm[name](x + self.merge[name](torch.cat([semantic, modality], 1))))
        return results[0], results[1]
