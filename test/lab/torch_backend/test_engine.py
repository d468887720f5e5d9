# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import contextlib
import shutil
import sys
import threading

import numpy as np
import pytest

from fusion_perception.engine import open_engine
from fusion_perception.errors import BackendError
from fusion_perception.lab.torch_backend.compiler import Compiler
from fusion_perception.lab.torch_backend.engine import TorchEngine
from test.engine.base_engine_tester import BaseEngineTester
from test.engine.tiny_model import random_pair, tiny_metadata, tiny_reference

torch = pytest.importorskip("torch", reason="the backend under test")

from .host_session import HostSession  # noqa: E402
from .tiny_module import TinyModule, load  # noqa: E402

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
class TestTorchEngine(BaseEngineTester):
    backend = "torch"

    @pytest.fixture
    def make(self, device):
        def make(attribution: bool):
            return TorchEngine("tiny.safetensors", device=device, attribution_steps=int(attribution), load=load)

        return make


class TestAsOnAGpu(BaseEngineTester):
    """Page-locked blocks and a captured graph, on a session that computes on the CPU."""

    backend = "torch"

    @pytest.fixture
    def make(self):
        def make(attribution: bool):
            return TorchEngine("tiny", attribution_steps=int(attribution), load=load, sessions=HostSession)

        return make

    def test_a_graph_is_captured(self, engine):
        assert engine.info.provider == "CUDA graph"

    def test_each_network_has_a_session_of_its_own(self):
        sessions = []

        def opened():
            sessions.append(HostSession())
            return sessions[-1]

        engine = TorchEngine("tiny", load=load, sessions=opened)
        for _ in range(2):
            engine.infer(*random_pair())
            engine.infer(*random_pair(), attribution=True)
        assert [session.counts["capture"] for session in sessions] == [1, 1]


class Gate:
    """A stand-in for ``torch.compile`` that is done when the test lets it; ``wrong`` results in another mask."""

    def __init__(self, wrong=False):
        self.wrong, self.may_go_on, self.options = wrong, threading.Event(), []

    def __call__(self, module, **options):
        assert self.may_go_on.wait(60)
        self.options.append(options)
        return (lambda *images: self.changed(module(*images))) if self.wrong else module

    @staticmethod
    def changed(maps):
        if isinstance(maps, tuple):
            return (maps[0], 1 - maps[1], *maps[2:])
        return 255 - maps


@pytest.mark.parametrize("sessions", [None, HostSession], ids=["host", "device"])
class TestCompiled:
    def make(self, monkeypatch, gate, sessions, compiler=None):
        monkeypatch.setattr(torch, "compile", gate)
        return TorchEngine("x", load=load, sessions=sessions, compiler=compiler or Compiler())

    def test_it_runs_as_it_is_until_the_compiled_network_is_ready(self, monkeypatch, sessions):
        gate, pair = Gate(), random_pair(3)
        engine = self.make(monkeypatch, gate, sessions)
        before = engine.info.provider
        for _ in range(5):  # nothing waits for the compiler
            np.testing.assert_array_equal(engine.infer(*pair).fused, tiny_reference(*pair).fused)
        assert engine.info.provider == f"{before}, being compiled"
        original = engine._runners[False]
        assert not engine.settle(0)
        gate.may_go_on.set()
        assert engine.settle(60)
        assert engine.info.provider == f"{before}, compiled"
        assert engine._runners[False] is not original
        np.testing.assert_array_equal(engine.infer(*pair).fused, tiny_reference(*pair).fused)
        assert gate.options == [{"dynamic": False, "fullgraph": True}]  # and no graphs of Inductor's own
        engine.close()

    def test_each_network_once_and_only_what_is_asked_for(self, monkeypatch, sessions):
        gate = Gate()
        gate.may_go_on.set()
        engine = self.make(monkeypatch, gate, sessions)
        engine.infer(*random_pair())
        assert engine.settle(60)
        assert len(gate.options) == 1
        for _ in range(3):
            engine.infer(*random_pair(), attribution=True)
            engine.infer(*random_pair())
        assert engine.settle(60)
        assert len(gate.options) == 2
        assert engine.info.provider.endswith(", compiled")
        engine.close()

    def test_a_compiler_that_fails_is_told_and_the_network_goes_on(self, monkeypatch, sessions):
        def broken(module, **options):
            raise RuntimeError("\n  no C++ compiler\nlong story")

        pair = random_pair(4)
        engine = self.make(monkeypatch, broken, sessions)
        before = engine.info.provider
        for attribution in (False, True, False):
            engine.infer(*pair, attribution=attribution)
        assert engine.settle(60)
        assert engine.info.provider == before
        [note] = engine.info.notes
        assert note.startswith("torch.compile is not used: ")
        assert "no C++ compiler" in note
        assert "long story" not in note
        np.testing.assert_array_equal(engine.infer(*pair).fused, tiny_reference(*pair).fused)
        engine.close()

    def test_a_compiled_network_that_answers_otherwise_is_not_used(self, monkeypatch, sessions):
        gate, pair = Gate(wrong=True), random_pair(5)
        gate.may_go_on.set()
        engine = self.make(monkeypatch, gate, sessions)
        engine.infer(*pair)
        assert engine.settle(60)
        assert "the compiled network does not agree with its original: " in engine.info.notes[0]
        assert "mask_agreement" in engine.info.notes[0]
        np.testing.assert_array_equal(engine.infer(*pair).mask, tiny_reference(*pair).mask)
        engine.close()

    def test_an_engine_that_is_closed_meanwhile(self, monkeypatch, sessions):
        gate = Gate()
        engine = self.make(monkeypatch, gate, sessions, Compiler(stop=gate.may_go_on.set))
        engine.infer(*random_pair())
        engine.close()
        assert engine.settle(60)
        assert engine._runners == {}
        assert engine.info.notes == ()

    def test_at_once(self, monkeypatch, sessions):
        gate = Gate(wrong=True)
        gate.may_go_on.set()
        assert "does not agree" in self.make(monkeypatch, gate, sessions).compile_now(False)
        gate.wrong = False
        assert self.make(monkeypatch, gate, sessions).compile_now(True) == ""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs a C++ compiler")
def test_inductor_compiles_the_packed_network(tmp_path, monkeypatch):
    """The real compiler, on the CPU: floats among the bytes, a graph captured around it."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    engine = TorchEngine("x", load=load, sessions=HostSession, compiler=Compiler())
    pair = random_pair(7)
    engine.infer(*pair, attribution=True)
    assert engine.settle(600)
    assert engine.info.notes == ()
    assert engine.info.provider == "CUDA graph, compiled"
    outputs, expected = engine.infer(*pair, attribution=True), tiny_reference(*pair, attribution=True)
    for name in ("fused", "mask", "confidence", "attribution"):
        np.testing.assert_array_equal(getattr(outputs, name), getattr(expected, name))
    assert any(tmp_path.rglob("*.so"))  # it has compiled, and where it was told
    engine.close()
    torch._dynamo.reset()


def test_fp32_means_fp32(monkeypatch):
    """Where a GPU computes, convolutions do not round to TF32, and whoever else uses torch keeps what they have set."""
    engine = TorchEngine("x", load=load)
    engine._on_cuda = True
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
    for precision, inside in (("fp32", False), ("fp16", True)):
        engine._precision = precision
        with engine._running():
            assert cudnn.allow_tf32 is inside
        assert cudnn.allow_tf32 is True


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


@pytest.mark.skipif("cuda" not in DEVICES, reason="there is no CUDA device")
@pytest.mark.slow
def test_a_compiled_network_inside_a_captured_graph(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    engine, pair = TorchEngine("x", device="cuda", load=load, compiler=Compiler()), random_pair(8)
    expected = tiny_reference(*pair, attribution=True)
    for provider in ("CUDA graph, being compiled", "CUDA graph, compiled"):
        outputs = engine.infer(*pair, attribution=True)
        for name in ("fused", "mask", "confidence", "attribution"):
            np.testing.assert_array_equal(getattr(outputs, name), getattr(expected, name))
        assert (engine.info.provider, engine.info.notes) == (provider, ()) or engine.settle(0)
        assert engine.settle(600)
    engine.close()
