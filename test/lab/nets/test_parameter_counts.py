# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes of the published networks, exactly."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fusion_perception.lab.nets.blocks.attention import HierarchicalInteractiveAttention
from fusion_perception.lab.nets.blocks.conv_unit import ConvUnit
from fusion_perception.lab.nets.registry import CRITICS, FUSERS, GENERATORS, SEGMENTERS


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def build(registry, name, **options):
    with torch.device("meta"):  # shapes only
        return registry.build(name, **options)


@pytest.mark.parametrize(
    ("registry", "name", "options", "expected"),
    [
        (FUSERS, "uaafusion", {"faithful": True}, 1_010_380),
        (FUSERS, "segmif", {"faithful": True}, 1_034_370),
        (FUSERS, "segmif", {}, 968_066),  # without the attention that the release never calls
        (FUSERS, "bdlfusion", {}, 417_730),
        (CRITICS, "pixel", {}, 8_704),
        (FUSERS, "tdfusion", {}, 59_856),
        (GENERATORS, "tdfusion", {}, 44_529),
        (FUSERS, "tim", {}, 994_917),
        (FUSERS, "tim_light", {}, 127_358),
        (FUSERS, "tim_refined", {"auxiliary": True}, 994_917 + 237_308),
        (SEGMENTERS, "mobilenet_deeplab", {"classes": 15}, 3_255_519),
    ],
)
def test_published_size(registry, name, options, expected):
    assert count(build(registry, name, **options)) == expected


@pytest.mark.parametrize(
    ("name", "options", "millions"),
    [("segformer_b3", {}, 44.60), ("segformer_b0", {"in_channels": 1}, 3.71)],
)
def test_published_size_in_millions(name, options, millions):
    assert round(count(build(SEGMENTERS, name, classes=9, **options)) / 1e6, 2) == millions


def test_segmif_leaves_out_one_attention():
    assert 1_034_370 - 968_066 == count(HierarchicalInteractiveAttention(64, 8)) == 66_304


def test_uaafusion_leaves_out_what_cannot_act():
    """The default network is the published one less its idle parts, plus one gain for each live attention."""
    lean, released = build(FUSERS, "uaafusion"), build(FUSERS, "uaafusion", faithful=True)
    assert [count(stage) for stage in released.stages] == [199_175] * 5
    conv = 32 * 32 * 9 + 32
    heads = 9_538
    first_lstm = 4 * conv + conv  # recurrent convolutions of four gates, input convolution of the forget gate
    last_memory = count(ConvUnit(96, 32, 32)) + 8 * conv + count(ConvUnit(32, 32, 32))
    gains = 4
    assert count(lean) == 1_010_380 - heads - first_lstm - last_memory + gains == 825_196
