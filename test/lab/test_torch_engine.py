# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pytest

from fusion_perception.engine import open_engine
from fusion_perception.errors import BackendError
from fusion_perception.lab.torch_engine import TorchEngine
from test.engine.base_engine_tester import BaseEngineTester
from test.engine.tiny_model import random_pair, tiny_metadata, tiny_reference

torch = pytest.importorskip("torch", reason="the backend under test")

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


class TinyModule(torch.nn.Module):
    """The tiny model, with a weight, so that moving and layout have something to do."""

    def __init__(self, attribution: bool) -> None:
        super().__init__()
        self.attribution = attribution
        self.conv = torch.nn.Conv2d(1, 1, 3, padding=1, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, 0, 1, 1] = 1

    def forward(self, thermal, rgb):
        t, c = thermal.float(), rgb.float()
        maps = (
            ((t[..., None] + c) * 0.5).to(torch.uint8),
            (t > c[..., 1]).to(torch.uint8),
            self.conv(t[None, None])[0, 0].round().to(torch.uint8),
        )
        return (*maps, (t * 0.25).to(torch.uint8)) if self.attribution else maps


def load(steps):
    return TinyModule(steps > 0), tiny_metadata(steps > 0)


@pytest.mark.parametrize("device", DEVICES)
class TestTorchEngine(BaseEngineTester):
    backend = "torch"

    @pytest.fixture
    def make(self, device):
        def make(attribution: bool):
            return TorchEngine("tiny.safetensors", device=device, attribution_steps=int(attribution), load=load)

        return make


def test_stages():
    pair = random_pair()
    outputs, stages = TorchEngine("x", load=load).infer_staged(*pair, wait=True)
    np.testing.assert_array_equal(outputs.fused, tiny_reference(*pair).fused)
    assert list(stages) == ["copy_in", "run", "copy_out"]


def test_channels_last():
    engine = TorchEngine("x", load=load, channels_last=True)
    weight = engine._modules[False].conv.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_nothing_is_recorded_for_autograd():
    engine = TorchEngine("x", load=load)
    engine._modules[False].register_forward_hook(lambda m, i, o: seen.append(torch.is_inference_mode_enabled()))
    seen: list[bool] = []
    engine.infer(*random_pair())
    assert seen == [True]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"precision": "int8"}, "unknown torch precision 'int8'; allowed: fp32, fp16, bf16"),
        ({"device": "npu9000"}, "unknown torch device 'npu9000'; allowed: cpu, cuda"),
        ({"device": "meta"}, "torch device 'meta' is not supported"),
        ({"threads": -1}, "threads is -1"),
    ],
)
def test_options_out_of_range(options, says):
    with pytest.raises(BackendError, match=says):
        TorchEngine("x", load=load, **options)


def test_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match="sees no CUDA device"):
        TorchEngine("x", device="cuda", load=load)


def test_number_of_the_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    asked = []

    class Elsewhere(TinyModule):
        def to(self, device):
            asked.append(str(device))
            raise RuntimeError("CUDA error: invalid device ordinal")

    def load_elsewhere(steps):
        return Elsewhere(steps > 0), tiny_metadata(steps > 0)

    with pytest.raises(BackendError, match="torch cannot open x on cuda:2: CUDA error: invalid device ordinal"):
        open_engine("x", "torch-cuda", device_id=2, load=load_elsewhere, allow_fallback=False)
    for device in ("cuda", "cuda:1"):
        with pytest.raises(BackendError):
            TorchEngine("x", device=device, load=load_elsewhere)
    assert asked == ["cuda:2", "cuda:0", "cuda:1"]


def test_no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendError, match="needs the package 'torch'"):
        TorchEngine("x", load=load)


def test_a_failing_module():
    def broken(steps):
        module, metadata = load(steps)
        module.conv = torch.nn.Conv2d(2, 1, 3)
        return module, metadata

    with pytest.raises(BackendError, match="torch failed on x: "):
        TorchEngine("x", load=broken).infer(*random_pair())


@pytest.mark.skipif("cuda" not in DEVICES, reason="there is no CUDA device")
def test_cuda_graph_gives_the_same():
    pair = random_pair(5)
    plain = TorchEngine("x", device="cuda", load=load, cuda_graph=False).infer(*pair, attribution=True)
    graph = TorchEngine("x", device="cuda", load=load)
    graph.infer(*random_pair(6), attribution=True)
    captured = graph.infer(*pair, attribution=True)
    for name in ("fused", "mask", "confidence", "attribution"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(captured, name))
