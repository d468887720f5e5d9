# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The candidate operations of TIM's architecture search."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv import ConvBNReLU


def depthwise(channels: int, kernel: int, dilation: int = 1, inputs: int = 1) -> nn.Conv2d:
    """Return a size-preserving convolution with one group per output channel and ``inputs`` channels in each."""
    return nn.Conv2d(
        inputs * channels,
        channels,
        kernel,
        padding=dilation * (kernel // 2),
        dilation=dilation,
        groups=channels,
        bias=False,
    )


class Residual(nn.Module):
    """x + PReLU(BN(1x1(dw 3x3 dilation 2 (dw k x k (x))))).

    Args:
        channels: channels in and out.
        kernel: k.
        dilation: of the first convolution.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.local = nn.Sequential(depthwise(channels, kernel, dilation), depthwise(channels, 3, 2))
        self.mix = ConvBNReLU(channels, channels, kernel=1, act=nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return x + self.mix(self.local(x))


class Dense(nn.Module):
    """x + 0.333 times the third of three densely connected grouped convolutions.

    Args:
        channels: channels in and out.
        kernel: of the convolutions.
        dilation: of the convolutions.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(depthwise(channels, kernel, dilation, inputs) for inputs in (1, 2, 3))
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        first = self.act(self.convs[0](x))
        second = self.act(self.convs[1](torch.cat([x, first], 1)))
        return x + 0.333 * self.convs[2](torch.cat([x, first, second], 1))


class SeparableConv(nn.Module):
    """Twice ReLU, depth-wise k x k, 1x1, BN (the operation of DARTS, Liu et al., 2019); the input added.

    Args:
        channels: channels in and out.
        kernel: k.
        dilation: of the depth-wise convolutions.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(
                nn.Sequential(
                    nn.ReLU(),
                    depthwise(channels, kernel, dilation),
                    ConvBNReLU(channels, channels, kernel=1, act=False),
                )
                for _ in range(2)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return x + self.layers(x)


class DilatedConv(nn.Module):
    """x + BN(1x1(dw k x k (ReLU x))).

    Args:
        channels: channels in and out.
        kernel: k.
        dilation: of the depth-wise convolution.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.local = depthwise(channels, kernel, dilation)
        self.mix = ConvBNReLU(channels, channels, kernel=1, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return x + self.mix(self.local(torch.relu(x)))


class ChannelGate(nn.Module):
    """Efficient channel attention (Wang et al., ECA-Net, CVPR 2020), then 3x3 convolution and PReLU.

    Args:
        channels: channels in and out.
        kernel: number of neighbouring channels that decide about one.
        dilation: unused; operations share one signature.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.neighbours = nn.Conv2d(1, 1, (kernel, 1), padding=(kernel // 2, 0), bias=False)
        self.mix = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        # The channels become the rows of an image of one column.
        means = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.neighbours(means.transpose(1, 2)).transpose(1, 2))
        return self.act(self.mix(x * gate))


class SpatialGate(nn.Module):
    """x sigmoid(k x k [max, mean over the channels]).

    Args:
        channels: unused; operations share one signature.
        kernel: k.
        dilation: of the convolution.
    """

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.decide = nn.Conv2d(2, 1, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        summary = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.decide(summary))


OPERATIONS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "residual": Residual,
    "dense": Dense,
    "sepconv": SeparableConv,
    "dilconv": DilatedConv,
    "eca": ChannelGate,
    "spatial": SpatialGate,
}

CANDIDATES = (
    "residual_3_1",
    "residual_5_1",
    "dense_3_1",
    "sepconv_3_1",
    "dilconv_3_2",
    "dilconv_5_2",
    "eca_3_1",
    "spatial_3_1",
)
"""What the search chooses from on every edge."""


def build_operation(name: str, channels: int) -> nn.Module:
    """Return the operation ``<operation>_<kernel>_<dilation>``, for example ``"dilconv_3_2"``.

    Raises:
        ValueError: the name does not have this form; the message lists the operations.
    """
    parts = name.split("_")
    if len(parts) != 3 or parts[0] not in OPERATIONS or parts[1] not in "357" or parts[2] not in "12":
        raise ValueError(
            f"unknown operation '{name}'; allowed: <operation>_<kernel>_<dilation> with operation one of "
            f"{', '.join(OPERATIONS)}, kernel 3, 5 or 7, dilation 1 or 2"
        )
    return OPERATIONS[parts[0]](channels, int(parts[1]), int(parts[2]))
