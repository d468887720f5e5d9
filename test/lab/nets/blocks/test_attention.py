# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The attentions against their formulas, written the long way."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.nets.blocks.attention import HierarchicalInteractiveAttention, linear_attention  # noqa: E402
from fusion_perception.lab.nets.blocks.channel_norm import ChannelLayerNorm  # noqa: E402
from fusion_perception.lab.nets.blocks.mix_transformer import EfficientSelfAttention  # noqa: E402
from fusion_perception.lab.nets.blocks.restormer import channel_attention  # noqa: E402


@pytest.fixture
def maps():
    torch.manual_seed(0)
    return [0.3 * torch.randn(2, 8, 5, 7, dtype=torch.float64) for _ in range(3)]


def heads_of(x, heads):
    """(B, C, H, W) -> (B, heads, pixels, C / heads), the layout of the papers."""
    batch, channels, height, width = x.shape
    return x.reshape(batch, heads, channels // heads, height * width).transpose(2, 3)


@pytest.mark.parametrize("mean", [False, True])
def test_linear_attention(maps, mean):
    q, k, v = (heads_of(x, 4) for x in maps)
    context = (k.transpose(-1, -2) @ v) / (2**0.5 * (35 if mean else 1))
    expected = (q @ torch.softmax(context, -2)).transpose(2, 3).reshape(maps[0].shape)
    assert torch.allclose(linear_attention(*maps, 4, mean), expected)


def test_the_mean_does_not_depend_on_the_extent_of_the_image(maps):
    wide = [torch.cat([x, x], 3) for x in maps]
    assert torch.allclose(linear_attention(*wide, 4, True)[..., :7], linear_attention(*maps, 4, True))
    assert not torch.allclose(linear_attention(*wide, 4)[..., :7], linear_attention(*maps, 4))


def test_channel_attention(maps):
    temperature = torch.rand(4, 1, 1, dtype=torch.float64)
    q, k, v = (heads_of(x, 4).transpose(2, 3) for x in maps)
    weights = torch.softmax(F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-1, -2) * temperature, -1)
    assert torch.allclose(channel_attention(*maps, temperature), (weights @ v).reshape(maps[0].shape))


@pytest.mark.parametrize("function", [linear_attention, channel_attention])
def test_half_precision_does_not_overflow_on_a_frame(function):
    images = [torch.full((1, 8, 480, 640), 3.0, dtype=torch.float16) for _ in range(3)]
    last = (2,) if function is linear_attention else (torch.ones(2, 1, 1, dtype=torch.float16),)
    found = function(*images, *last)
    assert found.dtype == torch.float16
    assert bool(torch.isfinite(found).all())
    assert float((found - 3).abs().max()) < 0.01  # a mean of equal values, whatever the weights


def test_efficient_self_attention_without_reduction_is_the_usual_attention():
    torch.manual_seed(0)
    net = EfficientSelfAttention(8, 2, 1).double()
    x = torch.randn(2, 15, 8, dtype=torch.float64)
    parts = [net.query(x), *net.key_value(x).chunk(2, -1)]
    q, k, v = (t.reshape(2, 15, 2, 4).transpose(1, 2) for t in parts)
    expected = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 15, 8)
    assert torch.allclose(net(x, 3, 5), net.project(expected))


def test_channel_norm_is_layer_norm_of_every_pixel(maps):
    norm = ChannelLayerNorm(8).double()
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    expected = F.layer_norm(maps[0].permute(0, 2, 3, 1), (8,), norm.weight, norm.bias).permute(0, 3, 1, 2)
    assert torch.allclose(norm(maps[0]), expected)


def test_interactive_attention_by_its_equations(maps):
    net = HierarchicalInteractiveAttention(8, 4).double()
    thermal, luma, scene = maps
    y, u = {}, {}
    for name, x in (("thermal", thermal), ("luma", luma), ("scene", scene)):
        y[name], u[name] = torch.relu(net.project[name](x)).chunk(2, 1)
    found = net(thermal, luma, scene)
    for name, x, result in (("thermal", thermal, found[0]), ("luma", luma, found[1])):
        modality = linear_attention(u[name], *net.key_value["scene"](u["scene"]).chunk(2, 1), 4)
        semantic = linear_attention(y["scene"], *net.key_value[name](y[name]).chunk(2, 1), 4)
        expected = net.norm[name](x + net.merge[name](torch.cat([semantic, modality], 1)))
        assert torch.allclose(result, expected)
