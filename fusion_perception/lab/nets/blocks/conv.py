# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Plain convolution blocks, and the folding of batch normalisation for deployment."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class ConvBNReLU(nn.Module):
    """Convolution, batch normalisation, ReLU, with padding that keeps the size at stride 1.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel: side of the square kernel; an even kernel goes with stride 2.
        stride: 1 or 2; at stride 2 an even input side is halved exactly.
        act: True a ReLU, False nothing, or a module to use instead.
        bias: give the convolution a bias; the normalisation makes it redundant.
        groups: of the convolution.
        dilation: of an odd kernel.
        padding_mode: as in ``nn.Conv2d``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        stride: int = 1,
        act: bool | nn.Module = True,
        *,
        bias: bool = False,
        groups: int = 1,
        dilation: int = 1,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        padding = dilation * (kernel - 1) // 2 if kernel % 2 else (kernel - stride) // 2
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel,
            stride,
            padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
        )
        self.norm: nn.Module = nn.BatchNorm2d(out_channels)
        self.act: nn.Module = act if isinstance(act, nn.Module) else nn.ReLU() if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H / stride, W / stride)."""
        return self.act(self.norm(self.conv(x)))

    def fold(self) -> None:
        """Merge the normalisation into the convolution; the module must be in eval mode."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around an identity (He et al., 2016, basic block).

    Args:
        channels: channels in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvBNReLU(channels, channels)
        self.second = ConvBNReLU(channels, channels, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return torch.relu(x + self.second(self.first(x)))


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """Fold every ``ConvBNReLU``, and whatever else can, below ``module`` in place and return it in eval mode."""
    module.eval()
    for child in module.modules():
        fold = getattr(child, "fold", None)
        if callable(fold):
            fold()
    return module
