# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys

import pytest

from fusion_perception.engine import BACKENDS, open_engine
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.plan_cache import PlanCache
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.errors import BackendError, ModelError

from .fake_tensorrt import FakeCuda, make_fake_tensorrt
from .tiny_model import random_pair, tiny_model

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
ort = pytest.importorskip("onnxruntime", reason="the backend that is always there")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def no_tensorrt(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "tensorrt" else real(name, *a))


@pytest.fixture
def fake_tensorrt(monkeypatch):
    """TensorRT installed, with a GPU."""
    cuda = FakeCuda()
    module = make_fake_tensorrt(cuda)
    module.cuda = cuda
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: True if name == "tensorrt" else real(name, *a))
    monkeypatch.setattr("fusion_perception.engine.tensorrt_engine.open_cuda_session", lambda device_id: cuda)
    return module


class TestAuto:
    def test_cpu_alone(self, model, no_tensorrt):
        if "CUDAExecutionProvider" in ort.get_available_providers():
            pytest.skip("this ONNX Runtime has CUDA")
        info = open_engine(model).info
        assert info.provider == "CPUExecutionProvider"
        assert info.notes == ()

    def test_a_plan_that_is_there_is_used(self, model, fake_tensorrt, tmp_path):
        build_plan(open_model_file(model), cache=PlanCache(tmp_path), cuda=fake_tensorrt.cuda)
        engine = open_engine(model, cache_dir=tmp_path, threads=1, allow_fallback=False)
        assert engine.info.backend == "tensorrt"
        engine.infer(*random_pair())

    def test_a_missing_plan_is_noted_and_never_built(self, model, fake_tensorrt, tmp_path):
        engine = open_engine(model, cache_dir=tmp_path, build=True)
        assert engine.info.backend == "onnxruntime"
        assert "TensorRT is not used: " in engine.info.notes[0]
        assert "fusion-perception build" in engine.info.notes[0]
        assert fake_tensorrt.state.builds == 0

    def test_cuda_that_cannot_start_is_noted(self, model, no_tensorrt, monkeypatch):
        monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
        info = open_engine(model).info
        if info.provider != "CPUExecutionProvider":
            pytest.skip("CUDA works here")
        assert "CUDA is not used: CUDAExecutionProvider could not be started" in info.notes[0]

    def test_plan_by_suffix(self, model, fake_tensorrt, tmp_path):
        report = build_plan(open_model_file(model), cache=PlanCache(tmp_path), cuda=fake_tensorrt.cuda)
        assert open_engine(report.plan).info.backend == "tensorrt"

    def test_checkpoint_by_suffix(self, tmp_path):
        pytest.importorskip("torch", reason="the backend of checkpoints")
        pytest.importorskip("safetensors", reason="the format of checkpoints")
        with pytest.raises(ModelError):
            open_engine(tmp_path / "absent.safetensors")

    def test_a_damaged_model_is_an_error_not_a_fallback(self, model, no_tensorrt):
        model.write_bytes(b"damage")
        with pytest.raises(ModelError):
            open_engine(model)


class TestNames:
    def test_unknown_backend(self, model):
        with pytest.raises(BackendError, match="unknown backend 'openvino'; allowed: auto, onnxruntime, "):
            open_engine(model, "openvino")

    def test_unknown_option(self, model):
        with pytest.raises(BackendError, match="backend 'onnxruntime' has no option colour; it has allow_fallback, "):
            open_engine(model, "onnxruntime", colour="red")

    def test_options_of_other_backends_are_left_alone(self, model):
        open_engine(model, "onnxruntime", build=True, cache_dir="/nowhere", eager_attribution=True)

    @pytest.mark.parametrize("backend", [b for b in BACKENDS if b != "auto"])
    def test_every_backend_judges_the_file_or_says_what_is_missing(self, backend, tmp_path):
        with pytest.raises((ModelError, BackendError)) as caught:
            open_engine(tmp_path / "absent.onnx", backend)
        assert len(str(caught.value)) > 20
