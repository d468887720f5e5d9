# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sensors that meet early, in the middle and late: the same questions, at one cost."""

import pytest

from .network_tester import CLASSES, torch

from fusion_perception.lab.nets.registry import SEGMENTERS  # isort: skip
from fusion_perception.lab.nets.segmenters.two_stream import TwoStreamSegmenter  # isort: skip

WAYS = ("two_stream_early", "two_stream_middle", "two_stream")


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("meeting", range(6))
def test_each_sensor_can_be_asked_alone_wherever_they_meet(meeting, gated):
    torch.manual_seed(5)
    net = TwoStreamSegmenter(CLASSES, decoder=(32, 24, 16, 16, 8), trunk=1, meeting=meeting, gated=gated).eval()
    with torch.no_grad():
        for stream in (net.thermal, net.rgb):
            for absent in stream.absent:
                absent.uniform_(-1, 1)
            for parameter in stream.gates.parameters():
                parameter.normal_()
        thermal, rgb = torch.rand(2, 1, 64, 96), torch.rand(2, 3, 64, 96)
        both, alone_thermal, alone_rgb = net.states(thermal, rgb)
        assert both.shape == (2, CLASSES, 32, 48)
        assert torch.allclose(both, net(thermal, rgb), atol=1e-5)
        assert torch.allclose(alone_thermal, net(thermal, torch.zeros_like(rgb)), atol=1e-5)
        assert torch.allclose(alone_rgb, net(torch.zeros_like(thermal), rgb), atol=1e-5)
    assert len(net.thermal.stages) == meeting


def test_only_the_encoder_of_a_late_meeting_is_run_once_for_all_states():
    counts = {name: (multiplications(name, "forward"), multiplications(name, "states")) for name in WAYS}
    cost = counts["two_stream"][0]
    assert all(plain == pytest.approx(cost, rel=0.01) for plain, _ in counts.values())
    assert counts["two_stream"][1] < 1.9 * cost < 2.2 * cost < counts["two_stream_middle"][1]
    assert counts["two_stream_middle"][1] < counts["two_stream_early"][1]


def multiplications(name: str, question: str) -> int:
    net, total = SEGMENTERS.build(name).eval(), 0

    def count(layer, _inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    for layer in net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        getattr(net, question)(torch.rand(1, 1, 96, 128), torch.rand(1, 3, 96, 128))
    return total


def test_a_meeting_that_is_no_stage_is_refused():
    with pytest.raises(ValueError, match=r"meeting is a stage of 0\.\.5, got 6"):
        TwoStreamSegmenter(meeting=6)
