# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All images of a run in one block of bytes, and all results in another: one copy each way, however many there are."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from fusion_perception.lab.torch_backend.layout import Layout


class Packed(nn.Module):
    """A module that takes and returns blocks of bytes.

    Args:
        module: (thermal, rgb) -> maps.
        names: of its maps, in its order; what it returns beyond them is left out.
        images: layout of what it takes.
        maps: layout of what it returns.
    """

    def __init__(self, module: nn.Module, names: Iterable[str], images: Layout, maps: Layout) -> None:
        super().__init__()
        self.module = module
        ranges = {slot.name: (slot.begin, slot.end, slot.shape) for slot in images.slots}
        self._thermal, self._rgb = ranges["thermal"], ranges["rgb"]
        order = list(names)
        self._order = tuple(order.index(slot.name) for slot in maps.slots)

    def forward(self, block: Tensor) -> Tensor:
        """Bytes of the images (uint8, flat) -> bytes of the maps (uint8, flat)."""
        (t0, t1, thermal), (c0, c1, rgb) = self._thermal, self._rgb
        maps = self.module(block[t0:t1].view(thermal), block[c0:c1].view(rgb))
        return torch.cat([maps[index].contiguous().view(torch.uint8).reshape(-1) for index in self._order])
