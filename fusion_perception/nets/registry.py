# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Names of the networks, as checkpoints and recipes use them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from fusion_perception.nets.critics.pixel import PixelCritic
from fusion_perception.nets.fusers.bdlfusion import BDLFusion
from fusion_perception.nets.fusers.realtime import RealtimeFuser
from fusion_perception.nets.fusers.segmif import SegMiF
from fusion_perception.nets.fusers.tdfusion import TDFusion
from fusion_perception.nets.fusers.uaafusion import UAAFusion
from fusion_perception.nets.generators.tdfusion import LossGenerator
from fusion_perception.nets.segmenters.realtime import RealtimeSegmenter


class Registry:
    """A name -> constructor table whose errors list what exists.

    Args:
        kind: what the table holds, for messages.
        entries: the table.
    """

    def __init__(self, kind: str, entries: dict[str, Callable[..., nn.Module]]) -> None:
        self.kind = kind
        self.entries = entries

    def build(self, name: str, **options: Any) -> nn.Module:
        """Construct an entry; raises KeyError naming the entries that exist."""
        if name not in self.entries:
            raise KeyError(f"unknown {self.kind} '{name}'; known: {', '.join(sorted(self.entries))}")
        return self.entries[name](**options)


FUSERS = Registry(
    "fuser",
    {
        "realtime": RealtimeFuser,
        "uaafusion": UAAFusion,
        "uaafusion_small": partial(UAAFusion, width=12, stages=3),
        "segmif": SegMiF,
        "segmif_small": partial(SegMiF, width=16, growth=8, context_channels=(16, 32), heads=4, mean=True),
        "bdlfusion": BDLFusion,
        "bdlfusion_small": partial(BDLFusion, width=16, growth=8),
        "tdfusion": TDFusion,
        "tdfusion_small": partial(TDFusion, width=8, blocks=1, heads=4),
    },
)
"""Each ``forward(thermal, luma)``, both (B, 1, H, W) in 0..1 -> (B, 1, H, W) fused luminance."""

SEGMENTERS = Registry("segmenter", {"realtime": RealtimeSegmenter})
"""Each ``forward(image)`` or, where ``inputs`` is ``"sensors"``, ``forward(thermal, rgb)`` -> logits."""

CRITICS = Registry("critic", {"pixel": PixelCritic, "pixel_small": partial(PixelCritic, width=16)})
"""Each ``forward(image)``, (B, 1, H, W) -> scores."""

GENERATORS = Registry(
    "generator",
    {"tdfusion": LossGenerator, "tdfusion_small": partial(LossGenerator, width=8, blocks=1, heads=4)},
)
"""Each ``forward(thermal, luma)`` -> (B, 2, H, W) loss weights."""
