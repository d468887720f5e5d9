# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every network must do; a subclass names a registry and says how to call its entries."""

from __future__ import annotations

from typing import ClassVar

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from safetensors.torch import load_file, save_file  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from fusion_perception.lab.nets.registry import Registry  # noqa: E402

CLASSES = 9


def randomise(net: nn.Module) -> nn.Module:
    """Leave the special state of an untrained network: norms that do nothing, weights that are zero."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.1, 0.1)
        elif isinstance(module, nn.Conv2d) and not bool(module.weight.any()):
            nn.init.normal_(module.weight, std=0.02)
    return net


class BaseNetTester:
    """Subclasses give ``registry`` and the methods below; pytest runs every test for every entry."""

    registry: Registry
    options: ClassVar[dict] = {}

    def pytest_generate_tests(self, metafunc):
        if "name" in metafunc.fixturenames:
            metafunc.parametrize("name", sorted(self.registry.entries), scope="class")

    def silent(self, net: nn.Module) -> set[str]:
        """Names of parameters that no gradient moves, and for a reason."""
        return set()

    def call(self, net: nn.Module, batch: int, height: int, width: int) -> Tensor:
        """Run the network on random inputs, with every optional input given."""
        raise NotImplementedError

    def check_output(self, output: Tensor, batch: int, height: int, width: int) -> None:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def net(cls, name) -> nn.Module:
        torch.manual_seed(0)
        return randomise(cls.registry.build(name, **cls.options)).eval()

    @pytest.fixture(autouse=True)
    def seed(self):
        torch.manual_seed(1)

    def smallest(self, net: nn.Module) -> int:
        """Side of a small valid image."""
        return max(2 * net.stride, 16)

    def test_shape(self, net):
        side = self.smallest(net)
        with torch.no_grad():
            output = self.call(net, 2, side, 2 * side)
        self.check_output(output, 2, side, 2 * side)
        assert bool(torch.isfinite(output).all())

    def test_any_multiple_of_the_stride_fits(self, net):
        """Odd sides where the stride is 1, odd multiples of it elsewhere."""
        height, width = (net.stride * 3, net.stride * 5) if net.stride > 1 else (17, 23)
        with torch.no_grad():
            output = self.call(net, 1, height, width)
        self.check_output(output, 1, height, width)

    def test_gradients_reach_every_parameter(self, net):
        """In eval mode, in which a bias before a batch norm is not cancelled and nothing is dropped."""
        net.zero_grad(set_to_none=True)
        side = self.smallest(net)
        output = self.call(net, 2, side, side)
        (output * torch.randn_like(output)).sum().backward()
        unreached = [n for n, p in net.named_parameters() if p.grad is None]
        silent = {n for n, p in net.named_parameters() if p.grad is not None and not bool(p.grad.abs().max() > 0)}
        net.zero_grad(set_to_none=True)
        assert not unreached
        assert silent <= self.silent(net)

    def test_training_mode(self, net):
        side = self.smallest(net)
        state = {k: v.clone() for k, v in net.state_dict().items()}
        net.train()
        try:
            output = self.call(net, 2, side, side)
        finally:
            net.eval()
            net.load_state_dict(state)
        self.check_output(output, 2, side, side)
        assert output.requires_grad
        assert bool(torch.isfinite(output).all())

    def test_same_output_after_save_and_load(self, net, name, tmp_path):
        save_file({k: v.contiguous() for k, v in net.state_dict().items()}, tmp_path / "net.safetensors")
        again = self.registry.build(name, **self.options).eval()
        again.load_state_dict(load_file(tmp_path / "net.safetensors"))
        side, outputs = self.smallest(net), []
        for network in (net, again):
            torch.manual_seed(2)
            with torch.no_grad():
                outputs.append(self.call(network, 1, side, side))
        assert torch.equal(*outputs)

    def test_images_of_a_batch_do_not_touch_each_other(self, net):
        side = self.smallest(net)
        with torch.no_grad():
            torch.manual_seed(3)
            alone = self.call(net, 1, side, side)
            torch.manual_seed(3)
            first = self.call(_Repeat(net), 1, side, side)
        assert torch.allclose(first[:1], alone, atol=1e-5)
        assert torch.allclose(first[1:], alone, atol=1e-5)


class _Repeat(nn.Module):
    """Calls a network with every input twice along the batch."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("net"), name)

    def forward(self, *args, **kwargs) -> Tensor:
        def twice(value):
            if isinstance(value, Tensor):
                return torch.cat([value, value])
            return [twice(v) for v in value] if isinstance(value, (list, tuple)) else value

        return self.net(*(twice(a) for a in args), **{k: twice(v) for k, v in kwargs.items()})
