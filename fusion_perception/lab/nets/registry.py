# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Names of the networks, as checkpoints and recipes use them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from fusion_perception.lab.nets.critics.pixel import PixelCritic
from fusion_perception.lab.nets.fusers.bdlfusion import BDLFusion
from fusion_perception.lab.nets.fusers.quality import QualityFuser
from fusion_perception.lab.nets.fusers.realtime import RealtimeFuser
from fusion_perception.lab.nets.fusers.segmif import SegMiF
from fusion_perception.lab.nets.fusers.tdfusion import TDFusion
from fusion_perception.lab.nets.fusers.tim import LIGHT, TIM
from fusion_perception.lab.nets.fusers.tim_refined import TIMRefined
from fusion_perception.lab.nets.fusers.tim_search import TIMSupernet
from fusion_perception.lab.nets.fusers.uaafusion import UAAFusion
from fusion_perception.lab.nets.generators.tdfusion import LossGenerator
from fusion_perception.lab.nets.segmenters.averaged import AveragedSegmenter
from fusion_perception.lab.nets.segmenters.mfnet import MFNet
from fusion_perception.lab.nets.segmenters.mobilenet_deeplab import MobileNetDeepLab
from fusion_perception.lab.nets.segmenters.realtime import RealtimeSegmenter
from fusion_perception.lab.nets.segmenters.segformer import SegFormer
from fusion_perception.lab.nets.segmenters.two_stream import TwoStreamSegmenter


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
        "fine": QualityFuser,  # the name that shipped checkpoints bear
        "uaafusion": UAAFusion,
        "uaafusion_small": partial(UAAFusion, width=12, stages=3),
        "segmif": SegMiF,
        "segmif_small": partial(SegMiF, width=16, growth=8, context_channels=(16, 32), heads=4, mean=True),
        "bdlfusion": BDLFusion,
        "bdlfusion_small": partial(BDLFusion, width=16, growth=8),
        "tdfusion": TDFusion,
        "tdfusion_small": partial(TDFusion, width=8, blocks=1, heads=4),
        "tim": TIM,
        "tim_small": partial(TIM, channels=12),
        "tim_light": partial(TIM, genotype=LIGHT),
        "tim_light_small": partial(TIM, channels=16, genotype=LIGHT),
        "tim_refined": TIMRefined,
        "tim_refined_small": partial(TIMRefined, channels=12, genotype=LIGHT),
        "tim_supernet": TIMSupernet,
        "tim_supernet_small": partial(TIMSupernet, channels=8, cells=(("chain", 2), ("chain", 2))),
    },
)
"""Each ``forward(thermal, luma)``, both (B, 1, H, W) in 0..1 -> (B, 1, H, W) fused luminance."""

_WIDE = (64, 128, 320, 512)

SEGMENTERS = Registry(
    "segmenter",
    {
        "realtime": RealtimeSegmenter,
        "realtime_averaged": AveragedSegmenter,
        "two_stream": TwoStreamSegmenter,
        "two_stream_fine": partial(TwoStreamSegmenter, reduce=1),
        # As many multiplications as ``two_stream``: what they save before the meeting widens the decoder.
        "two_stream_early": partial(TwoStreamSegmenter, meeting=0, decoder=(176, 120, 88, 68, 44)),
        "two_stream_middle": partial(TwoStreamSegmenter, meeting=3, decoder=(152, 112, 80, 60, 40)),
        "two_stream_small": partial(TwoStreamSegmenter, decoder=(32, 24, 16, 16, 8), trunk=1),
        "segformer_b0": SegFormer,
        "segformer_b1": partial(SegFormer, widths=_WIDE),
        "segformer_b2": partial(SegFormer, widths=_WIDE, depths=(3, 4, 6, 3)),
        "segformer_b3": partial(SegFormer, widths=_WIDE, depths=(3, 4, 18, 3)),
        "segformer_small": partial(
            SegFormer, widths=(16, 32, 64, 96), depths=(1, 1, 1, 1), heads=(1, 2, 4, 4), embed=48
        ),
        "mobilenet_deeplab": MobileNetDeepLab,
        "mobilenet_deeplab_small": partial(MobileNetDeepLab, multiplier=0.35, skip=16, decoder=48),
        "mfnet": MFNet,
        "mfnet_small": partial(MFNet, rgb_widths=(16, 16, 24, 32, 32), thermal_widths=(8, 8, 12, 16, 16), decoder=24),
    },
)
"""Each ``forward(image)`` or, where ``inputs`` is ``"sensors"``, ``forward(thermal, rgb)`` -> logits."""

CRITICS = Registry("critic", {"pixel": PixelCritic, "pixel_small": partial(PixelCritic, width=16)})
"""Each ``forward(image)``, (B, 1, H, W) -> scores."""

GENERATORS = Registry(
    "generator",
    {"tdfusion": LossGenerator, "tdfusion_small": partial(LossGenerator, width=8, blocks=1, heads=4)},
)
"""Each ``forward(thermal, luma)`` -> (B, 2, H, W) loss weights."""
