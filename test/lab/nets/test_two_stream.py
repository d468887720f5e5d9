# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The segmenter of two streams: absent sensors, the answers to each alone, and ImageNet's start."""

import pytest

from .network_tester import CLASSES, torch

from fusion_perception.lab.nets.blocks.conv import fold_batch_norm  # isort: skip
from fusion_perception.lab.nets.blocks.efficientnet_lite import (  # isort: skip
    STAGES,
    STEM,
    adapted_stem,
    lite_stages,
    lite_stem,
    take_over,
)
from fusion_perception.lab.nets.registry import SEGMENTERS  # isort: skip


@pytest.fixture(params=[False, True], ids=["mean", "gated"])
def net(request):
    torch.manual_seed(5)
    net = SEGMENTERS.build("two_stream_small", classes=CLASSES, gated=request.param).eval()
    with torch.no_grad():
        net.prior.copy_(torch.arange(CLASSES))
        for stream in (net.thermal, net.rgb):
            for absent in stream.absent:
                absent.uniform_(-1, 1)
            for parameter in stream.gates.parameters():
                parameter.normal_()
    return net


@pytest.fixture
def pair():
    torch.manual_seed(6)
    return torch.rand(2, 1, 64, 96), torch.rand(2, 3, 64, 96)


def test_each_sensor_alone_is_what_a_black_image_of_the_other_gives(net, pair):
    thermal, rgb = pair
    with torch.no_grad():
        both, alone_thermal, alone_rgb = net.states(thermal, rgb)
        assert torch.allclose(both, net(thermal, rgb), atol=1e-5)
        assert torch.allclose(alone_thermal, net(thermal, torch.zeros_like(rgb)), atol=1e-5)
        assert torch.allclose(alone_rgb, net(torch.zeros_like(thermal), rgb), atol=1e-5)
    assert not torch.allclose(both, alone_rgb, atol=1e-2)


def test_gates_say_how_much_each_sensor_counts(pair):
    torch.manual_seed(5)
    plain = SEGMENTERS.build("two_stream_small", classes=CLASSES).eval()
    gated = SEGMENTERS.build("two_stream_small", classes=CLASSES, gated=True).eval()
    missing, unexpected = gated.load_state_dict(plain.state_dict(), strict=False)
    assert missing and not unexpected
    assert all(any(part in name for part in gated.zero_at_first) for name in missing)
    with torch.no_grad():
        both, thermal, rgb = plain.states(*pair)
        assert torch.equal(gated(*pair), both)  # zeros: the mean
        # No gate is like another one: with the other sensor at a hundred less each takes all.
        for own, other, alone in (("thermal", "rgb", thermal), ("rgb", "thermal", rgb)):
            for stream, bias in ((own, 50.0), (other, -50.0)):
                for gate in getattr(gated, stream).gates:
                    gate.bias.fill_(bias)
            assert torch.allclose(gated(*pair), alone, atol=1e-5)
            assert torch.allclose(gated.states(*pair)[1], thermal, atol=1e-5)


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_an_image_without_contrast_counts_as_absent_at_any_level(net, pair, level):
    thermal, rgb = pair
    flat = torch.full_like(thermal, level)
    flat[0, 0, 3, 4] += 2 / 255
    with torch.no_grad():
        assert torch.allclose(net(flat, rgb), net.states(thermal, rgb)[2], atol=1e-5)
        nothing = net(flat, torch.full_like(rgb, level))
    assert torch.equal(nothing, net.prior[None, :, None, None].expand_as(nothing))


def test_a_picture_of_one_colour_holds_nothing_either(net, pair):
    thermal, rgb = pair
    colour = torch.tensor([0.1, 0.5, 0.9])[None, :, None, None].expand_as(rgb)
    with torch.no_grad():
        assert torch.allclose(net(thermal, colour), net.states(thermal, rgb)[1], atol=1e-5)


def test_presence_is_decided_for_every_pair_of_a_batch(net, pair):
    thermal, rgb = (image.clone() for image in pair)
    thermal[0] = 0.5
    with torch.no_grad():
        logits = net(thermal, rgb)
        _, _, alone_rgb = net.states(*pair)
        assert torch.allclose(logits[0], alone_rgb[0], atol=1e-5)
        assert torch.allclose(logits[1], net(*pair)[1], atol=1e-5)


def test_training_asks_for_one_sensor_alone_per_pair(net, pair):
    thermal_alone = torch.tensor([True, False])[:, None, None, None]
    with torch.no_grad():
        both, alone = net.both_and_alone(*pair, thermal_alone)
        states = net.states(*pair)
    assert torch.allclose(both, states[0], atol=1e-5)
    assert torch.allclose(alone[0], states[1][0], atol=1e-5)
    assert torch.allclose(alone[1], states[2][1], atol=1e-5)


def test_training_keeps_the_memory_format_that_convolutions_are_fastest_in(pair):
    net = SEGMENTERS.build("two_stream", classes=CLASSES).to(memory_format=torch.channels_last).train()
    plain = []

    def look(module, inputs):
        (x,) = inputs
        if min(x.shape[1:]) > 1 and not x.is_contiguous(memory_format=torch.channels_last):
            plain.append((module, tuple(x.shape)))

    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_pre_hook(look)
    thermal, rgb = (image.contiguous(memory_format=torch.channels_last) for image in pair)
    both, alone = net.both_and_alone(thermal, rgb, torch.tensor([True, False])[:, None, None, None])
    assert not plain
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in (both, alone))


def test_sides_that_halve_to_odd_ones_are_no_obstacle(net):
    with torch.no_grad():
        assert net(torch.rand(1, 1, 96, 160), torch.rand(1, 3, 96, 160)).shape == (1, CLASSES, 48, 80)


def test_every_weight_learns_when_a_sensor_is_missing_in_some_pairs(net, pair):
    net.train()
    thermal, rgb = (image.repeat(2, 1, 1, 1) for image in pair)
    keep = torch.tensor([True, False, True, False])[:, None, None, None]
    both, alone = net.both_and_alone(thermal, rgb, keep)
    weights = torch.linspace(0.5, 1.5, both[0].numel()).view_as(both[0])
    ((both.square() + alone.square()) * weights).sum().backward()
    silent = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert silent == ["prior"]


def published():
    """Return random weights by the published names, for every stage of Lite0."""
    tensors = {"_conv_stem.weight": torch.randn(STEM, 3, 3, 3)}

    def norm(name, channels):
        values = {"weight": torch.rand(channels) + 0.5, "bias": torch.randn(channels)}
        values |= {"running_mean": torch.randn(channels), "running_var": torch.rand(channels) + 0.5}
        tensors.update({f"{name}.{key}": value for key, value in values.items()})

    norm("_bn0", STEM)
    number, width = 0, STEM
    for expansion, channels, kernel, _, blocks in STAGES:
        for _ in range(blocks):
            hidden = width * expansion
            if expansion > 1:
                tensors[f"_blocks.{number}._expand_conv.weight"] = torch.randn(hidden, width, 1, 1)
                norm(f"_blocks.{number}._bn0", hidden)
            tensors[f"_blocks.{number}._depthwise_conv.weight"] = torch.randn(hidden, 1, kernel, kernel)
            norm(f"_blocks.{number}._bn1", hidden)
            tensors[f"_blocks.{number}._project_conv.weight"] = torch.randn(channels, hidden, 1, 1)
            norm(f"_blocks.{number}._bn2", channels)
            number, width = number + 1, channels
    return tensors


def test_published_weights_arrive_where_they_belong():
    torch.manual_seed(7)
    net = SEGMENTERS.build("two_stream", classes=CLASSES)
    weights = published()
    net.start_from(weights)
    assert torch.equal(net.rgb.stages[2][0].depthwise.conv.weight, weights["_blocks.3._depthwise_conv.weight"])
    assert torch.equal(net.thermal.stages[4][2].project.norm.running_var, weights["_blocks.10._bn2.running_var"])
    assert torch.equal(net.trunk[0][3].expand.conv.weight, weights["_blocks.14._expand_conv.weight"])
    assert torch.equal(net.trunk[0][0].expand.norm.bias, weights["_blocks.11._bn0.bias"])


def test_a_missing_weight_is_named():
    weights = published()
    del weights["_blocks.12._bn1.bias"]
    with pytest.raises(KeyError, match=r"_blocks\.12\._bn1\.bias"):
        take_over(None, lite_stages(6, 6), weights, first=6)


def test_the_larger_stem_sees_the_average_of_four_pixels():
    torch.manual_seed(8)
    weights, image = published(), torch.rand(1, 3, 32, 48)
    small, large = lite_stem(3, 1), lite_stem(3, 2)
    for stem in (small, large):
        take_over(stem, torch.nn.ModuleList(), weights)
        fold_batch_norm(stem)
    with torch.no_grad():
        # The centred 6x6 window starts one pixel before a 2x2 average on which the 3x3 window is centred.
        halved = torch.nn.functional.avg_pool2d(image[:, :, 1:-1, 1:-1], 2)
        expected = small(halved)[:, :, 1:-1, 1:-1]
        assert torch.allclose(large(image)[:, :, 1:-1, 1:-1], expected[:, :, :6, :10], atol=1e-4)


def test_a_grey_image_gives_the_stem_of_thermal_what_rgb_gets():
    weight = torch.randn(STEM, 3, 3, 3)
    grey = torch.rand(1, 1, 8, 8)
    one = torch.nn.functional.conv2d(grey, adapted_stem(weight, 1, 1))
    three = torch.nn.functional.conv2d(grey.repeat(1, 3, 1, 1), adapted_stem(weight, 3, 1))
    assert torch.allclose(one, three, atol=1e-5)


def test_a_network_at_full_resolution_goes_on_where_the_smaller_one_is():
    torch.manual_seed(9)
    options = {"classes": CLASSES, "decoder": (16, 16, 8, 8, 8), "trunk": 1}
    smaller = SEGMENTERS.build("two_stream", **options).eval()
    fine = SEGMENTERS.build("two_stream_fine", **options).eval()
    fine.start_from_smaller(smaller)
    weight = smaller.rgb.stem.conv.weight
    assert torch.allclose(fine.rgb.stem.conv.weight[:, :, 1, 2], weight[:, :, 2:4, 4:6].sum((2, 3)), atol=1e-6)
    assert torch.allclose(fine.head.bias, smaller.head.bias.view(CLASSES, 4).mean(1))
    # What the one says of a smooth image, the other says of it at half the size.
    y, x = torch.linspace(0, 1, 128)[:, None], torch.linspace(0, 1, 192)[None]
    image = torch.stack([y * x, 1 - y * x, (x - y).abs(), y.expand(128, 192)])[None]
    half = torch.nn.functional.avg_pool2d(image, 2)
    with torch.no_grad():
        large = torch.nn.functional.avg_pool2d(smaller(image[:, :1], image[:, 1:]), 2)
        small = fine(half[:, :1], half[:, 1:])
    assert small.shape == large.shape
    assert (small - large)[..., 4:-4, 4:-4].abs().mean() < 0.1 * large[..., 4:-4, 4:-4].std()
    with pytest.raises(RuntimeError, match="size mismatch"):
        fine.start_from_smaller(SEGMENTERS.build("two_stream_small", classes=CLASSES))


def test_folding_the_first_convolution_leaves_every_bit_as_it_is(net, pair):
    with torch.no_grad():
        before = net.see(*pair)
        for stream in (net.thermal, net.rgb):
            stream.fold()
            stream.fold()  # the second time there is nothing to do
        after = net.see(*pair)
    for was, found in zip(before, after, strict=True):
        assert torch.equal(was.deep, found.deep)
        assert float(was.deep.std()) > 0


@pytest.mark.parametrize("name", ["two_stream_small", "two_stream_fine"])
def test_packed_logits_are_the_same_pixels_in_another_order(name, pair):
    net = SEGMENTERS.build(name, classes=CLASSES).eval()
    with torch.no_grad():
        plain = net(*pair)
        net.packed = True
        packed = net(*pair)
    factor = net.shuffle
    assert packed.shape == (2, CLASSES, factor**2, plain[0, 0].numel() // factor**2)
    rows = packed.reshape(2, CLASSES * factor**2, plain.shape[2] // factor, -1)
    assert torch.equal(torch.nn.functional.pixel_shuffle(rows, factor), plain)
