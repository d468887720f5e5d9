# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is opened for a checkpoint and for an ONNX file; a GPU is played by names."""

import shutil
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="the backend under test")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.errors import BackendError, ModelError  # noqa: E402
from fusion_perception.lab.torch_backend import open as opening  # noqa: E402
from fusion_perception.lab.torch_backend.engine import TorchEngine  # noqa: E402
from fusion_perception.model_store import find_model  # noqa: E402
from test.engine.tiny_model import random_pair, tiny_model  # noqa: E402

from .tiny_module import load  # noqa: E402


class Source:
    """Stands for what is opened; ``answers`` says by precision what its check finds."""

    def __init__(self, answers, exported=None):
        self.answers, self.exported, self.opened = answers, exported, []
        self.model, self.checkpoint, self.cache_dir = "m.onnx", "m.safetensors", None

    def open(self, precision, **changes):
        self.opened.append(TorchEngine("m", precision=precision, load=load))
        return self.opened[-1]

    def subject(self, engine):
        return engine.info.precision

    def reference(self):
        return None


@pytest.fixture
def agreeing(monkeypatch):
    """Answers of a source -> the engine that is taken for it."""

    def agreeing(answers, precision=None, *, on_gpu=True, exported=None):
        source = Source(answers, exported)
        monkeypatch.setattr(opening, "agreement", lambda subject, *_: SimpleNamespace(failures=answers[subject]))
        return opening._agreeing(source, precision, on_gpu=on_gpu), source

    return agreeing


class TestPrecision:
    def test_fp16_on_a_gpu_where_it_gives_what_fp32_gives(self, agreeing):
        engine, _ = agreeing({"fp16": ""})
        assert (engine.info.precision, engine.info.notes) == ("fp16", ())

    def test_fp32_where_it_does_not_and_why(self, agreeing):
        engine, source = agreeing({"fp16": "mask_agreement 0.9, allowed at least 0.995"})
        assert engine.info.precision == "fp32"
        assert engine.info.notes == (
            "fp16 is not used: it differs from its reference (mask_agreement 0.9, allowed at least 0.995)",
        )
        assert source.opened[0]._closed

    def test_fp32_on_the_cpu(self, agreeing):
        engine, _ = agreeing({}, on_gpu=False)
        assert engine.info.precision == "fp32"

    def test_what_is_asked_for_is_taken(self, agreeing):
        assert agreeing({}, "bf16")[0].info.precision == "bf16"

    def test_an_onnx_file_is_the_reference_of_any_precision(self, agreeing):
        exported = object()
        assert agreeing({"fp32": ""}, on_gpu=False, exported=exported)[0].info.precision == "fp32"
        assert agreeing({"fp16": "so", "fp32": ""}, exported=exported)[0].info.precision == "fp32"
        with pytest.raises(ModelError, match=r"m.safetensors does not give what m.onnx gives: fp32 is not used: .*so"):
            agreeing({"fp32": "so"}, on_gpu=False, exported=exported)
        with pytest.raises(ModelError, match="bf16 is not used"):
            agreeing({"bf16": "so"}, "bf16", exported=exported)


class TestCompile:
    def test_off_on_the_cpu_unless_it_is_asked_for(self, monkeypatch):
        monkeypatch.setattr(torch, "compile", lambda module, **options: module)
        assert opening.open_torch("x", load=load)._compiler is None
        engine = opening.open_torch("x", load=load, compile=True)
        engine.infer(*random_pair())
        assert engine.settle(60)
        assert engine.info.provider == "eager, compiled"
        engine.close()


class TestOnnx:
    def test_without_its_checkpoint(self, tmp_path):
        pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
        path = tmp_path / "tiny.onnx"
        path.write_bytes(tiny_model())
        with pytest.raises(ModelError, match=r"torch runs checkpoints, and .*tiny.safetensors is not there; put it"):
            open_engine(path, "torch")

    @pytest.fixture(scope="class")
    def shipped(self, tmp_path_factory):
        pytest.importorskip("safetensors", reason="the format of checkpoints")
        folder = tmp_path_factory.mktemp("shipped")
        for suffix in (".onnx", ".safetensors"):
            shutil.copy(find_model("realtime").with_suffix(suffix), folder)
        return folder / "realtime.onnx"

    @pytest.mark.slow
    def test_the_shipped_checkpoint_gives_what_the_shipped_file_gives(self, shipped, tmp_path):
        engine = open_engine(shipped, "torch", cache_dir=tmp_path)
        assert engine.info.notes == ()
        metadata = engine.info.metadata
        assert metadata.quality  # the document is that of the file
        assert (metadata.name, metadata.attribution.method) == ("realtime", "shapley")
        engine.close()
        assert len(list((tmp_path / "agreement").iterdir())) == 1

    def test_a_damaged_onnx_file(self, shipped, tmp_path):
        path = tmp_path / "realtime.onnx"
        path.write_bytes(shipped.read_bytes()[:-100])
        with pytest.raises(ModelError):
            open_engine(path, "torch")


def test_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match="sees no CUDA device"):
        opening.open_torch("x", device="cuda")
