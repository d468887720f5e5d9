# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0's stages, and the way of the published ImageNet weights into them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU

STAGES = (
    # expansion, channels, kernel, stride, blocks
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
"""EfficientNet-B0 (Tan and Le, ICML 2019, table 1) without squeeze-and-excitation: what Lite0 is."""

STEM = 32
"""Channels of the first convolution."""

EPSILON = 1e-3
"""Of the batch normalisation that the published weights were trained with."""

STEM_STRIDES = {1: 2, 2: 4}
"""How many times smaller the network looks at an image -> stride of its first convolution."""


class LiteBlock(nn.Module):
    """1x1 expansion, depth-wise convolution, linear 1x1; the input added where the shapes allow.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        expansion: width of the depth-wise convolution relative to the input.
        kernel: side of the depth-wise kernel, odd.
        stride: 1 or 2.
    """

    def __init__(self, in_channels: int, out_channels: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand = ConvBNReLU(in_channels, hidden, kernel=1, act=nn.ReLU6()) if expansion > 1 else None
        self.depthwise = ConvBNReLU(hidden, hidden, kernel, stride, act=nn.ReLU6(), groups=hidden)
        self.project = ConvBNReLU(hidden, out_channels, kernel=1, act=False)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, ceil(H / stride), ceil(W / stride))."""
        y = self.project(self.depthwise(x if self.expand is None else self.expand(x)))
        return x + y if self.residual else y


def lite_stem(in_channels: int, reduce: int) -> ConvBNReLU:
    """Return the first convolution.

    Args:
        in_channels: of the image.
        reduce: 1: 3x3 with stride 2, as published; 2: 6x6 with stride 4, as large as an average over 2x2 pixels and the
            published convolution after it.
    """
    stem = ConvBNReLU(in_channels, STEM, 3 * reduce, STEM_STRIDES[reduce], act=nn.ReLU6())
    stem.norm.eps = EPSILON  # type: ignore[assignment]
    return stem


def lite_stages(first: int, last: int) -> nn.ModuleList:
    """Return the stages ``first`` to ``last`` of Lite0, counted from 1."""
    width = STEM if first == 1 else STAGES[first - 2][1]
    stages = nn.ModuleList()
    for expansion, channels, kernel, stride, blocks in STAGES[first - 1 : last]:
        layers = []
        for i in range(blocks):
            layers.append(LiteBlock(width, channels, expansion, kernel, stride if i == 0 else 1))
            width = channels
        stages.append(nn.Sequential(*layers))
    for module in stages.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = EPSILON
    return stages


def adapted_stem(weight: Tensor, in_channels: int, reduce: int) -> Tensor:
    """Return weights of ``lite_stem`` that do what the published ones do.

    One channel gets the sum over the colours, what a grey RGB image would give. With ``reduce`` 2 every weight is
    shared out to 2x2 pixels, so that the convolution sees the average over them.

    Args:
        weight: (32, 3, 3, 3).
        in_channels: 1 or 3.
        reduce: see ``lite_stem``.
    """
    if in_channels == 1:
        weight = weight.sum(1, keepdim=True)
    return weight.repeat_interleave(reduce, 2).repeat_interleave(reduce, 3) / reduce**2


def take_over(stem: ConvBNReLU | None, stages: nn.ModuleList, published: Mapping[str, Tensor], first: int = 1) -> None:
    """Copy published ImageNet weights into a stem and stages.

    Args:
        stem: made by ``lite_stem``; None leaves it out.
        stages: made by ``lite_stages``.
        published: weights by the names of the PyTorch port of EfficientNet-Lite (``_conv_stem``, ``_blocks.N``).
        first: number of the first of ``stages``.

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has another shape.
    """
    if stem is not None:
        reduce = stem.conv.kernel_size[0] // 3
        _copy(stem, {**_part(published, "_bn0."), "conv": published["_conv_stem.weight"]}, reduce)
    number = sum(blocks for *_, blocks in STAGES[: first - 1])
    for stage in stages:
        for block in stage:  # type: ignore[attr-defined]
            parts = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
            for name, (conv, norm) in {**parts, "project": ("_project_conv", "_bn2")}.items():
                target = getattr(block, name)
                if target is not None:
                    values = _part(published, f"_blocks.{number}.{norm}.")
                    _copy(target, {**values, "conv": published[f"_blocks.{number}.{conv}.weight"]})
            number += 1


def _part(published: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    names = ("weight", "bias", "running_mean", "running_var")
    return {name: published[prefix + name] for name in names}


def _copy(target: ConvBNReLU, values: Mapping[str, Tensor], reduce: int = 0) -> None:
    weight = values["conv"]
    if reduce:
        weight = adapted_stem(weight, target.conv.in_channels, reduce)
    with torch.no_grad():
        target.conv.load_state_dict({"weight": weight})
        norm = {name: value for name, value in values.items() if name != "conv"}
        target.norm.load_state_dict({**norm, "num_batches_tracked": torch.tensor(0)})
