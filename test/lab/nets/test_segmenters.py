# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every segmenter of the registry."""

from typing import ClassVar

import pytest

from .network_tester import CLASSES, BaseNetTester, torch

from fusion_perception.lab.nets.registry import SEGMENTERS  # isort: skip


class TestSegmenters(BaseNetTester):
    registry = SEGMENTERS
    options: ClassVar[dict] = {"classes": CLASSES}

    def call(self, net, batch, height, width):
        if net.inputs == "sensors":
            return net(torch.rand(batch, 1, height, width), torch.rand(batch, 3, height, width))
        return net(torch.rand(batch, net.in_channels, height, width))

    def silent(self, net):
        # What stands in for an absent sensor: ``call`` gives both.
        return {name for name, _ in net.named_parameters() if ".absent." in name or name == "prior"}

    def check_output(self, output, batch, height, width):
        assert output.shape[:2] == (batch, CLASSES)
        assert output.shape[2] == height // (width // output.shape[3])
        assert height % output.shape[2] == 0
        assert width % output.shape[3] == 0

    def test_features_are_what_they_say(self, net):
        if net.inputs == "sensors":
            assert not hasattr(net, "features")
            return
        side = self.smallest(net)
        with torch.no_grad():
            maps = net.features(torch.rand(1, net.in_channels, side, 2 * side))
        assert [m.shape[1] for m in maps] == list(net.feature_channels)
        for i, m in enumerate(maps[:2]):
            assert m.shape[2:] == (side >> (i + 2), 2 * side >> (i + 2))

    def test_channels_and_classes_are_free(self, name):
        net = self.registry.build(name, classes=3)
        if net.inputs == "fused":
            for channels in (1, 3):
                net = self.registry.build(name, classes=3, in_channels=channels).eval()
                side = self.smallest(net)
                assert net(torch.rand(1, channels, side, side)).shape[1] == 3


def test_the_averaged_segmenter_averages_what_one_look_says():
    torch.manual_seed(3)
    net = SEGMENTERS.build("realtime_averaged", classes=CLASSES, scales=(1.0,)).eval()
    plain = SEGMENTERS.build("realtime", classes=CLASSES).eval()
    plain.load_state_dict(net.state_dict())
    thermal, rgb = torch.rand(1, 1, 64, 96), torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        expected = 0.5 * (plain(thermal, rgb) + plain(thermal.flip(3), rgb.flip(3)).flip(3))
        assert torch.allclose(net(thermal, rgb), expected, atol=1e-5)
        larger = SEGMENTERS.build("realtime_averaged", classes=CLASSES, scales=(1.0, 1.5), mirrored=False).eval()
        larger.load_state_dict(net.state_dict())
        both = larger(thermal, rgb)
    assert both.shape == (1, CLASSES, 32, 48)
    assert not torch.allclose(both, plain(thermal, rgb), atol=1e-3)
    net.train(), plain.train()
    with torch.no_grad():  # no dropout: what is left is one look
        net.dropout.p = plain.dropout.p = 0.0
        assert torch.allclose(net(thermal, rgb), plain(thermal, rgb), atol=1e-5)


@pytest.mark.parametrize("name", ["realtime", "realtime_averaged"])
def test_the_side_branch_of_local_contrast_starts_without_effect_and_learns(name):
    torch.manual_seed(4)
    plain = SEGMENTERS.build(name, classes=CLASSES).eval()
    grown = SEGMENTERS.build(name, classes=CLASSES, contrast=8).eval()
    missing = grown.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert missing
    assert all(key.startswith("contrast.") for key in missing)
    thermal, rgb = torch.rand(1, 1, 64, 96), torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        assert torch.equal(grown(thermal, rgb), plain(thermal, rgb))
    grown.train()(thermal.repeat(2, 1, 1, 1), rgb.repeat(2, 1, 1, 1)).square().sum().backward()
    assert float(grown.contrast.second.norm.weight.grad.abs().max()) > 0
