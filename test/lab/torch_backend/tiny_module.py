# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tiny model of the engines' tests as a torch module."""

import torch

from test.engine.tiny_model import tiny_metadata


class TinyModule(torch.nn.Module):
    """With a weight, so that moving and layout have something to do."""

    def __init__(self, attribution: bool) -> None:
        super().__init__()
        self.attribution = attribution
        self.conv = torch.nn.Conv2d(1, 1, 3, padding=1, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, 0, 1, 1] = 1

    def forward(self, thermal, rgb):
        t, c = thermal.float(), rgb.float()
        maps = (
            ((t[..., None] + c) * 0.5).to(torch.uint8),
            (t > c[..., 1]).to(torch.uint8),
            self.conv(t[None, None])[0, 0].round().to(torch.uint8),
        )
        return (*maps, (t * 0.25).to(torch.uint8)) if self.attribution else maps


def load(steps):
    return TinyModule(steps > 0), tiny_metadata(steps > 0)
