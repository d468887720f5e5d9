# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""An exponential moving average of a network's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn


class ExponentialAverage:
    """Averages weights and running statistics over the course of training.

    The decay starts small, min(decay, (n + 1) / (n + 10)) after n updates, so that the random first weights
    are forgotten quickly.

    Args:
        network: the network that is trained.
        decay: weight of the past in the long run, 0..1; 0 follows the network at once.
    """

    def __init__(self, network: nn.Module, decay: float = 0.998) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, updates: int) -> None:
        """Take in the network's present state after ``updates`` earlier updates."""
        decay = min(self.decay, (updates + 1) / (updates + 10))
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        averaged = [(mean, value) for mean, value in pairs if mean.dtype.is_floating_point]
        copied = [(mean, value) for mean, value in pairs if not mean.dtype.is_floating_point]
        # All tensors in one call each: on a GPU the launches would take longer than the work.
        torch._foreach_lerp_([mean for mean, _ in averaged], [value for _, value in averaged], 1 - decay)
        if copied:
            torch._foreach_copy_([mean for mean, _ in copied], [value for _, value in copied])
