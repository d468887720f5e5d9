# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Critics and generators: networks that only training needs."""

from .network_tester import BaseNetTester, torch

from fusion_perception.lab.nets.registry import CRITICS, GENERATORS  # isort: skip


class TestCritics(BaseNetTester):
    registry = CRITICS

    def call(self, net, batch, height, width):
        return net(torch.rand(batch, 1, height, width))

    def check_output(self, output, batch, height, width):
        assert output.shape == (batch, 1, height, width)


class TestGenerators(BaseNetTester):
    registry = GENERATORS

    def call(self, net, batch, height, width):
        return net(torch.rand(batch, 1, height, width), torch.rand(batch, 1, height, width))

    def check_output(self, output, batch, height, width):
        assert output.shape == (batch, 2, height, width)
        assert torch.allclose(output.sum(1), torch.ones(batch, height, width), atol=1e-6)
