# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every fuser of the registry, and what each promises beyond the common interface."""

import pytest

from .network_tester import BaseNetTester, torch

from fusion_perception.lab.nets.registry import FUSERS  # isort: skip


class TestFusers(BaseNetTester):
    registry = FUSERS

    def silent(self, net):
        """TIM's cells begin with a ReLU: the negative slope of a PReLU right before one changes nothing."""
        names = dict(net.named_parameters())
        slopes = ("stem.3.weight", "stem.2.act.weight", "operations.1.act.weight")
        return {n for n in names if n.endswith(slopes)} if hasattr(net, "cells") or hasattr(net, "refine") else set()

    def call(self, net, batch, height, width):
        context = {}
        if hasattr(net, "context_channels"):
            context["features"] = [
                torch.randn(batch, c, -(-height // scale), -(-width // scale))
                for c, scale in zip(net.context_channels, (4, 8), strict=True)
            ]
        if hasattr(net, "iterates"):
            context["weight"] = torch.rand(batch, 1, height, width)
            context["attention"] = torch.randn(batch, 1, height, width)
        return net(torch.rand(batch, 1, height, width), torch.rand(batch, 1, height, width), **context)

    def check_output(self, output, batch, height, width):
        assert output.shape == (batch, 1, height, width)

    def test_optional_inputs_may_be_absent(self, net):
        side = self.smallest(net)
        with torch.no_grad():
            output = net(torch.rand(1, 1, side, side), torch.rand(1, 1, side, side))
        self.check_output(output, 1, side, side)
        assert bool(torch.isfinite(output).all())

    def test_black_sensors_give_a_finite_picture(self, net):
        black = torch.zeros(1, 1, self.smallest(net), self.smallest(net))
        with torch.no_grad():
            assert bool(torch.isfinite(net(black, black)).all())

    def test_both_sensors_matter(self, net):
        side = self.smallest(net)
        images = [torch.rand(1, 1, side, side, requires_grad=True) for _ in range(2)]
        output = net(*images)
        for gradient in torch.autograd.grad((output * torch.randn_like(output)).sum(), images):
            assert float(gradient.abs().max()) > 0


def test_an_unknown_name_lists_the_names():
    with pytest.raises(KeyError, match=r"unknown fuser 'x'; known: bdlfusion, .*uaafusion_small"):
        FUSERS.build("x")
