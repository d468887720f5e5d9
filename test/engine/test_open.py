# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

import pytest

from fusion_perception.engine import BACKENDS, open_engine
from fusion_perception.engine.backend import Backend
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.open import _REGISTERED
from fusion_perception.engine.plan_cache import PlanCache
from fusion_perception.engine.ranking import RANKING
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.errors import BackendError, ModelError

from .fake_tensorrt import FakeCuda, make_fake_tensorrt
from .tiny_model import random_pair, tiny_metadata, tiny_model

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


@pytest.fixture
def gpus(monkeypatch):
    """Sets how many CUDA devices the driver has."""

    def gpus(count):
        for module in ("open", "ranking"):
            monkeypatch.setattr(f"fusion_perception.engine.{module}.cuda_devices", lambda: count)

    gpus(0)
    return gpus


class Opened:
    """An engine that was opened by ``auto``."""

    def __init__(self, backend):
        self.info = self._info = EngineInfo(backend, "cuda:0", "p", "fp32", "m", tiny_metadata())


class TestOrder:
    """Which backend ``auto`` takes of those that are there and work; no one of them is really opened."""

    GPU = ("tensorrt", "tensorrt-rtx", "torch-cuda", "onnxruntime-cuda")

    @pytest.fixture
    def auto(self, monkeypatch, gpus, tmp_path):
        """Names that are there, those of them that work, CUDA devices -> what was opened."""

        def auto(there, works, devices=1, **options):
            gpus(devices)
            ranking = [
                replace(candidate, lacks=lambda path, name=candidate.backend: "" if name in there else "not installed")
                for candidate in RANKING
            ]
            monkeypatch.setattr("fusion_perception.engine.open.RANKING", ranking)

            def open_(model, backend, given):
                assert given["build"] is False
                if backend in works:
                    return Opened(backend)
                raise BackendError(f"{backend} is broken")

            monkeypatch.setattr("fusion_perception.engine.open._open", open_)
            return open_engine(tmp_path / "m.onnx", **options)._info

        return auto

    def test_the_order_is_that_of_the_table(self):
        assert tuple(candidate.backend for candidate in RANKING) == self.GPU

    @pytest.mark.parametrize("first", range(4))
    def test_the_fastest_that_works_and_why(self, auto, first):
        info = auto(self.GPU[first:], self.GPU[first:])
        assert info.backend == self.GPU[first]
        assert info.choice.startswith(f"'auto' took {self.GPU[first]}, {RANKING[first].known}")
        assert [f"{name} (not installed)" in info.choice for name in self.GPU] == [i < first for i in range(4)]
        assert info.notes == ()  # nothing is wrong

    def test_what_is_there_and_broken_is_noted(self, auto):
        info = auto(self.GPU, ["onnxruntime-cuda"])
        assert info.backend == "onnxruntime-cuda"
        assert info.notes == (
            "TensorRT is not used: tensorrt is broken",
            "TensorRT-RTX is not used: tensorrt-rtx is broken",
            "torch is not used: torch-cuda is broken",
        )

    def test_a_gpu_that_nothing_uses_is_never_passed_over_in_silence(self, auto, tmp_path):
        info = auto((), ["onnxruntime"], devices=2)
        assert info.backend == "onnxruntime"
        assert info.notes[0].startswith("no backend uses the CUDA device of this machine: tensorrt (not installed)")
        assert "torch-cuda (not installed)" in info.notes[0]
        (tmp_path / "m.onnx").write_bytes(tiny_model())
        with pytest.raises(BackendError, match=r"no backend uses the CUDA device .*; or choose backend 'onnxruntime'"):
            auto((), ["onnxruntime"], allow_fallback=False)

    def test_without_a_gpu_the_cpu_needs_no_excuse(self, auto):
        info = auto((), ["onnxruntime"], devices=0, allow_fallback=False)
        assert (info.backend, info.notes) == ("onnxruntime", ())
        assert info.choice.startswith("'auto' took onnxruntime: there is no CUDA device")

    @pytest.mark.parametrize(("devices", "backend"), [(0, "torch"), (1, "torch-cuda")])
    def test_a_checkpoint_runs_on_the_gpu_where_there_is_one(self, monkeypatch, gpus, devices, backend):
        gpus(devices)
        monkeypatch.setattr("fusion_perception.engine.open._open", lambda model, backend, given: Opened(backend))
        assert open_engine("some.safetensors").info.backend == backend


@pytest.mark.usefixtures("gpus")
class TestAuto:
    def test_cpu_alone(self, model, no_tensorrt):
        if "CUDAExecutionProvider" in ort.get_available_providers():
            pytest.skip("this ONNX Runtime has CUDA")
        info = open_engine(model).info
        assert info.provider == "CPUExecutionProvider"
        assert info.notes == ()
        assert info.choice.startswith("'auto' took onnxruntime: there is no CUDA device; passed over: tensorrt (not ")

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
        with pytest.raises(BackendError, match=r"CUDA is not used: .*could not be started"):
            open_engine(model, allow_fallback=False)

    def test_a_missing_plan_is_an_error_without_fallback(self, model, fake_tensorrt, tmp_path):
        with pytest.raises(BackendError, match=r"TensorRT is not used: .* has no TensorRT plan .*'onnxruntime'"):
            open_engine(model, cache_dir=tmp_path, allow_fallback=False)

    def test_the_cpu_is_no_fallback_where_nothing_else_is_installed(self, model, no_tensorrt, monkeypatch):
        monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
        assert open_engine(model, allow_fallback=False).info.notes == ()

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

    def test_a_damaged_model_is_not_blamed_on_the_gpu(self, model, fake_tensorrt):
        model.write_bytes(b"damage")
        with pytest.raises(ModelError, match="no ONNX model"):
            open_engine(model, allow_fallback=False)


class TestFallback:
    def test_tensorrt_is_not_installed(self, model, monkeypatch):
        monkeypatch.setitem(sys.modules, "tensorrt", None)
        info = open_engine(model, "tensorrt", allow_fallback=True, tf32=True).info
        assert info.provider == "CPUExecutionProvider"
        assert info.notes[0].startswith("backend 'tensorrt' cannot be used: the TensorRT backend needs the package")
        assert info.notes[0].endswith("; running on the CPU instead")
        with pytest.raises(BackendError, match="needs the package 'tensorrt'"):
            open_engine(model, "tensorrt", allow_fallback=False)

    def test_there_is_no_gpu(self, model, fake_tensorrt):
        fake_tensorrt.state.refuse = "start"
        info = open_engine(model, "tensorrt").info
        assert info.provider == "CPUExecutionProvider"
        assert "TensorRT cannot start: CUDA initialization failure" in info.notes[0]
        with pytest.raises(BackendError, match="TensorRT cannot start"):
            open_engine(model, "tensorrt", allow_fallback=False)

    def test_no_plan_and_a_foreign_plan(self, model, fake_tensorrt, tmp_path):
        assert "has no TensorRT plan" in open_engine(model, "tensorrt", cache_dir=tmp_path).info.notes[0]
        build_plan(open_model_file(model), cache=PlanCache(tmp_path), cuda=fake_tensorrt.cuda)
        assert open_engine(model, "tensorrt", cache_dir=tmp_path).info.backend == "tensorrt"
        fake_tensorrt.cuda.sm = "8.9"
        assert "1 older plan(s) do not fit" in open_engine(model, "tensorrt", cache_dir=tmp_path).info.notes[0]
        with pytest.raises(ModelError, match="do not fit"):
            open_engine(model, "tensorrt", cache_dir=tmp_path, allow_fallback=False)

    @pytest.mark.parametrize("backend", ["auto", "tensorrt"])
    def test_a_plan_runs_nowhere_else(self, model, fake_tensorrt, tmp_path, backend):
        plan = build_plan(open_model_file(model), cache=PlanCache(tmp_path), cuda=fake_tensorrt.cuda).plan
        fake_tensorrt.cuda.sm = "8.9"
        with pytest.raises(ModelError, match="built for other conditions"):
            open_engine(plan, backend)

    def test_a_damaged_model_is_named_first(self, model, monkeypatch):
        monkeypatch.setitem(sys.modules, "tensorrt", None)
        model.write_bytes(b"damage")
        with pytest.raises(ModelError, match="no ONNX model"):
            open_engine(model, "tensorrt")

    def test_the_first_error_stays_where_the_cpu_fails_too(self, model, fake_tensorrt, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(ModelError, match="has no TensorRT plan"):
            open_engine(model, "tensorrt", cache_dir=tmp_path)

    def test_torch_without_cuda_runs_on_the_cpu(self, monkeypatch):
        torch = pytest.importorskip("torch", reason="the backend under test")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        info = open_engine("tiny.safetensors", "torch-cuda", load=load_tiny).info
        assert info.device == "cpu"
        assert info.notes[0].startswith("backend 'torch-cuda' cannot be used: torch sees no CUDA device")
        with pytest.raises(BackendError, match="sees no CUDA device"):
            open_engine("tiny.safetensors", "torch-cuda", load=load_tiny, allow_fallback=False)

    def test_an_onnx_file_needs_no_checkpoint_for_the_cpu(self, model, monkeypatch):
        torch = pytest.importorskip("torch", reason="the backend under test")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        info = open_engine(model, "torch-cuda").info
        assert (info.backend, info.device) == ("onnxruntime", "cpu")
        assert info.notes[0].startswith("backend 'torch-cuda' cannot be used: torch sees no CUDA device")
        with pytest.raises(BackendError, match="sees no CUDA device"):
            open_engine(model, "torch-cuda", allow_fallback=False)


def load_tiny(steps):
    import torch

    return torch.nn.Identity(), tiny_metadata(steps > 0)


class TestRegistered:
    """Backends above the runtime, which an installation registers by entry points."""

    @pytest.fixture
    def registered(self, monkeypatch):
        """Entry points of the group, by name; the test fills them."""
        entries = {}

        def find(*, group, name):
            assert group == "fusion_perception.backends"
            return [EntryPoint(name, entries[name], group)] if name in entries else []

        monkeypatch.setattr("fusion_perception.engine.open.entry_points", find)
        return entries

    def test_what_is_registered_is_opened_with_its_options(self, registered):
        registered["torch"] = f"{__name__}:NOTE_TAKER"
        engine = open_engine("some.safetensors", precision="fp16", spin=True)
        assert (engine.model, engine.given) == ("some.safetensors", {"device": "cpu", "precision": "fp16"})
        with pytest.raises(BackendError, match="backend 'torch' has no option device; it has precision"):
            open_engine("some.safetensors", "torch", device="cuda")

    @pytest.mark.parametrize("backend", ["torch", "torch-cuda"])
    def test_an_installation_without_it_says_what_to_install(self, registered, backend):
        with pytest.raises(BackendError, match=rf"'{backend}' is not registered: .*'fusion_perception\[lab\]'"):
            open_engine("some.safetensors", backend)

    def test_the_installation_of_these_tests_registers_all(self):
        for name in _REGISTERED:
            [entry, *_] = entry_points(group="fusion_perception.backends", name=name)
            assert entry.load().engine.__name__ == "open_torch"


class NoteTaker:
    """An engine that only remembers how it was opened."""

    def __init__(self, model, *, device, precision="fp32"):
        self.model, self.given = model, {"device": device, "precision": precision}


NOTE_TAKER = Backend(NoteTaker, {"device": "cpu"})


class TestNames:
    def test_unknown_backend(self, model):
        with pytest.raises(BackendError, match="unknown backend 'openvino'; allowed: auto, onnxruntime, "):
            open_engine(model, "openvino")

    def test_unknown_option(self, model):
        with pytest.raises(BackendError, match="backend 'onnxruntime' has no option colour; it has allow_fallback, "):
            open_engine(model, "onnxruntime", colour="red")

    def test_options_that_the_backend_stands_for(self, model):
        with pytest.raises(BackendError, match="backend 'onnxruntime' has no option provider"):
            open_engine(model, "onnxruntime", provider="cuda")

    def test_options_of_other_backends_are_left_alone(self, model):
        open_engine(model, "onnxruntime", build=True, cache_dir="/nowhere", eager_attribution=True)

    @pytest.mark.parametrize("backend", [b for b in BACKENDS if b != "auto"])
    def test_every_backend_judges_the_file_or_says_what_is_missing(self, backend, tmp_path):
        with pytest.raises((ModelError, BackendError)) as caught:
            open_engine(tmp_path / "absent.onnx", backend)
        assert len(str(caught.value)) > 20


class TestAttributionMethod:
    """The model decides; whoever relies on a method is told where it has another one."""

    @pytest.mark.parametrize("method", ["auto", "gradient"])
    def test_the_one_it_has(self, model, method):
        engine = open_engine(model, "onnxruntime", attribution_method=method, threads=1)
        assert engine.info.metadata.attribution.method == "gradient"
        engine.close()

    def test_another_one(self, model):
        says = r"has an attribution by method 'gradient', and 'shapley' is asked for; set it to 'auto', or export"
        with pytest.raises(ModelError, match=says):
            open_engine(model, "onnxruntime", attribution_method="shapley", threads=1)

    def test_none_at_all(self, tmp_path):
        path = tmp_path / "plain.onnx"
        path.write_bytes(tiny_model(attribution=False))
        with pytest.raises(ModelError, match="has no attribution, and 'shapley' is asked for"):
            open_engine(path, "onnxruntime", attribution_method="shapley", threads=1)
