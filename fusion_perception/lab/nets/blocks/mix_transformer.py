# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Mix Transformer: the hierarchical encoder of SegFormer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.blocks.drop_path import DropPath


def to_map(tokens: Tensor, height: int, width: int) -> Tensor:
    """(B, H W, C) -> (B, C, H, W)."""
    return tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], height, width)


def to_tokens(image: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H W, C)."""
    return image.flatten(2).transpose(1, 2)


class EfficientSelfAttention(nn.Module):
    """Multi-head attention whose keys and values come from a map reduced by a strided convolution.

    Args:
        channels: channels in and out.
        heads: number of heads; divides ``channels``.
        reduction: factor by which the map of keys and values is smaller along each side.
    """

    def __init__(self, channels: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.project = nn.Linear(channels, channels)
        if reduction > 1:
            self.reduce = nn.Conv2d(channels, channels, reduction, reduction)
            self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(B, H W, C) -> the same shape."""
        batch, _, channels = x.shape
        source = self.norm(to_tokens(self.reduce(to_map(x, height, width)))) if self.reduction > 1 else x
        key, value = self.key_value(source).chunk(2, -1)
        q, k, v = (
            t.reshape(batch, -1, self.heads, channels // self.heads).transpose(1, 2)
            for t in (self.query(x), key, value)
        )
        # Written out: the fused operator has no ONNX form whose gradient could be traced.
        weights = torch.softmax((q * (channels // self.heads) ** -0.5) @ k.transpose(-1, -2), -1)
        return self.project((weights @ v).transpose(1, 2).reshape(batch, -1, channels))


class MixFeedForward(nn.Module):
    """Linear, depth-wise 3x3 convolution, GELU, linear; the convolution stands in for a position code.

    Args:
        channels: channels in and out.
        expansion: width of the hidden layer relative to ``channels``.
    """

    def __init__(self, channels: int, expansion: int = 4) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = nn.Linear(channels, hidden)
        self.local = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.project = nn.Linear(hidden, channels)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(B, H W, C) -> the same shape."""
        hidden = to_tokens(self.local(to_map(self.expand(x), height, width)))
        return self.project(F.gelu(hidden))


class MixBlock(nn.Module):
    """x += attention(norm x); x += feed-forward(norm x).

    Args:
        channels: channels in and out.
        heads: of the attention.
        reduction: of the attention's keys and values.
        drop_path: rate of stochastic depth.
    """

    def __init__(self, channels: int, heads: int, reduction: int, drop_path: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels, eps=1e-6)
        self.attention = EfficientSelfAttention(channels, heads, reduction)
        self.feed_norm = nn.LayerNorm(channels, eps=1e-6)
        self.feed = MixFeedForward(channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(B, H W, C) -> the same shape."""
        x = x + self.drop_path(self.attention(self.attention_norm(x), height, width))
        return x + self.drop_path(self.feed(self.feed_norm(x), height, width))


class MixStage(nn.Module):
    """Overlapping patch embedding, blocks, normalisation.

    Args:
        in_channels: of the map before.
        channels: of this stage.
        kernel: of the embedding convolution.
        stride: of the embedding convolution.
        heads: of the attention.
        reduction: of the attention's keys and values.
        drop_paths: rate of stochastic depth of each block.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        stride: int,
        heads: int,
        reduction: int,
        drop_paths: Sequence[float],
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2)
        self.embed_norm = nn.LayerNorm(channels)
        self.blocks = nn.ModuleList(MixBlock(channels, heads, reduction, rate) for rate in drop_paths)
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, image: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, C, H / stride, W / stride)."""
        image = self.embed(image)
        height, width = image.shape[-2:]
        tokens = self.embed_norm(to_tokens(image))
        for block in self.blocks:
            tokens = block(tokens, height, width)
        return to_map(self.norm(tokens), height, width)


class MixTransformer(nn.Module):
    """Four stages at 1/4, 1/8, 1/16 and 1/32 (Xie et al., SegFormer, NeurIPS 2021).

    Args:
        in_channels: of the image.
        widths: channels of the stages.
        depths: blocks of the stages.
        heads: heads of the stages; each divides its width.
        drop_path: rate of stochastic depth of the last block; it grows linearly from 0.
    """

    def __init__(
        self,
        in_channels: int,
        widths: Sequence[int],
        depths: Sequence[int],
        heads: Sequence[int] = (1, 2, 5, 8),
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        total = sum(depths)
        rates = [drop_path * i / max(1, total - 1) for i in range(total)]
        self.stages = nn.ModuleList()
        for i, reduction in enumerate((8, 4, 2, 1)):
            start = sum(depths[:i])
            self.stages.append(
                MixStage(
                    widths[i - 1] if i else in_channels,
                    widths[i],
                    3 if i else 7,
                    2 if i else 4,
                    heads[i],
                    reduction,
                    rates[start : start + depths[i]],
                )
            )
        self.apply(_initialise)

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, in, H, W), H and W multiples of 32 -> four maps (B, widths[i], H / 2^(i+2), W / 2^(i+2))."""
        maps = []
        for stage in self.stages:
            image = stage(image)
            maps.append(image)
        return maps


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, 0.0, (2.0 / fan_out) ** 0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
