# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Convolutional long short-term memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.reflect_conv import reflect_conv

State = tuple[Tensor, Tensor]


class ConvLSTMCell(nn.Module):
    """One step of a convolutional LSTM (Shi et al., 2015, without peepholes).

    i, f, o = sigmoid(.), j = tanh(.) of conv_x(x) + conv_h(h);  c' = f c + i j;  h' = o tanh(c').

    Args:
        channels: of the input, the hidden and the cell state.
        first: the cell never gets a state: it needs neither the recurrent convolution nor the forget gate.
        faithful: build these all the same, and let h' = o c' without a state, as UAAFusion's release does.
    """

    def __init__(self, channels: int, first: bool = False, faithful: bool = False) -> None:
        super().__init__()
        self.channels, self.linear_start = channels, faithful
        self.gates = 3 if first and not faithful else 4
        self.from_input = reflect_conv(channels, self.gates * channels)
        self.from_hidden: nn.Conv2d | None = None
        if self.gates == 4:
            self.from_hidden = reflect_conv(channels, 4 * channels)

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """Return the new hidden and cell state.

        Args:
            x: (B, C, H, W).
            state: h and c, each (B, C, H, W); None: nothing remembered yet.
        """
        gates = self.from_input(x)
        if state is not None and self.from_hidden is not None:
            gates = gates + self.from_hidden(state[0])
        enter, leave, candidate, *forget = torch.split(gates, self.channels, 1)
        cell = torch.sigmoid(enter) * torch.tanh(candidate)
        if state is None and self.linear_start:
            return torch.sigmoid(leave) * cell, cell
        if state is not None:
            cell = cell + torch.sigmoid(forget[0]) * state[1]
        return torch.sigmoid(leave) * torch.tanh(cell), cell
