# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The logic around TensorRT, run against the stand-in of fake_tensorrt.py."""

import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.plan_cache import PlanCache, read_plan, write_plan
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.engine.tensorrt_engine import TensorRTEngine
from fusion_perception.errors import BackendError, ModelError

from .base_engine_tester import BaseEngineTester
from .fake_tensorrt import FakeCuda, make_fake_tensorrt
from .tiny_model import HEIGHT, WIDTH, random_pair, tiny_graph, tiny_metadata, tiny_model, tiny_reference

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
pytest.importorskip("onnxruntime", reason="the stand-in for TensorRT computes with it")


@pytest.fixture
def cuda():
    return FakeCuda()


@pytest.fixture
def trt(cuda, monkeypatch):
    module = make_fake_tensorrt(cuda)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "cache")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def build(trt, cuda, cache, model):
    def build(attribution=False, **options):
        return build_plan(
            open_model_file(model), BuildOptions(attribution=attribution, **options), cache=cache, cuda=cuda
        )

    return build


@pytest.fixture
def open_(trt, cuda, cache, model):
    return lambda **options: TensorRTEngine(model, cache_dir=cache.folder, cuda=cuda, **options)


class TestTensorRTEngine(BaseEngineTester):
    backend = "tensorrt"

    @pytest.fixture
    def make(self, trt, cuda, cache, tmp_path):
        def make(attribution: bool):
            path = tmp_path / "model.onnx"
            path.write_bytes(tiny_model(attribution))
            for variant in {False, attribution}:
                build_plan(open_model_file(path), BuildOptions(attribution=variant), cache=cache, cuda=cuda)
            return TensorRTEngine(path, cache_dir=cache.folder, cuda=cuda)

        return make


class TestPlanFile(BaseEngineTester):
    """A plan given by its own path: one plan serves calls with and without attribution."""

    backend = "tensorrt"

    @pytest.fixture
    def make(self, trt, cuda, cache, tmp_path):
        def make(attribution: bool):
            path = tmp_path / "model.onnx"
            path.write_bytes(tiny_model(attribution))
            report = build_plan(open_model_file(path), BuildOptions(attribution=attribution), cache=cache, cuda=cuda)
            return TensorRTEngine(report.plan, cuda=cuda)

        return make


class TestLoading:
    def test_no_plan(self, open_, cache):
        says = r"no TensorRT plan without attribution for Fake GPU and TensorRT 10\.3\.0 in .*fusion-perception build "
        with pytest.raises(ModelError, match=says):
            open_()
        assert not list(cache.folder.glob("*"))

    def test_plan_of_another_version_is_stale(self, open_, build, trt):
        build()
        trt.__version__ = "10.7.0"
        with pytest.raises(ModelError, match=r"1 older plan\(s\) do not fit .*tensorrt 10\.3\.0 instead of 10\.7\.0"):
            open_()

    def test_plan_of_another_gpu_is_stale(self, open_, build, cuda):
        build()
        cuda.sm = "8.9"
        with pytest.raises(ModelError, match=r"sm 8\.7 instead of 8\.9"):
            open_()

    def test_plan_of_another_model_is_no_plan(self, open_, build, model):
        build()
        model.write_bytes(tiny_model(attribution=False))
        with pytest.raises(ModelError, match="has no TensorRT plan") as caught:
            open_()
        assert "older" not in str(caught.value)

    def test_stale_plan_given_by_path(self, build, trt, cuda):
        report = build()
        trt.__version__ = "11.4.0"
        with pytest.raises(
            ModelError, match=r"built for other conditions: tensorrt 10\.3\.0 instead of 11\.4\.0; build"
        ):
            TensorRTEngine(report.plan, cuda=cuda)

    def test_attribution_plan_is_loaded_when_first_asked_for(self, open_, build):
        build()
        engine = open_()
        engine.infer(*random_pair())
        with pytest.raises(ModelError, match="no TensorRT plan with attribution"):
            engine.infer(*random_pair(), attribution=True)
        build(attribution=True)
        assert engine.infer(*random_pair(), attribution=True).attribution is not None
        engine.infer(*random_pair())

    def test_eager_attribution(self, open_, build):
        build()
        with pytest.raises(ModelError, match="no TensorRT plan with attribution"):
            open_(eager_attribution=True)

    def test_build_only_when_told_to(self, open_, build, trt):
        calls = []

        def in_process(request):
            calls.append(request)
            build(attribution=request.options.attribution)

        with pytest.raises(ModelError, match="has no TensorRT plan"):
            open_(builder=in_process)
        assert not calls
        engine = open_(build=True, builder=in_process)
        assert [r.options.attribution for r in calls] == [False]
        engine.infer(*random_pair(), attribution=True)
        assert [r.options.attribution for r in calls] == [False, True]
        open_(build=True, builder=in_process)
        assert len(calls) == 2
        with pytest.raises(BackendError, match="without a builder; open the model with open_engine"):
            open_(build=True)

    @pytest.mark.parametrize(
        ("refuse", "error", "says"),
        [("context", BackendError, "cannot run .* is device memory free"), ("address", BackendError, "no address")],
    )
    def test_tensorrt_refuses(self, open_, build, trt, refuse, error, says):
        build()
        trt.state.refuse = refuse
        with pytest.raises(error, match=says):
            open_()

    def test_execution_fails(self, open_, build, trt):
        build()
        trt.state.refuse = "execute"
        with pytest.raises(BackendError, match="TensorRT failed on"):
            open_()

    def test_sealed_rubbish_is_refused_by_tensorrt(self, open_, build):
        """A plan with a right checksum and wrong bytes."""
        plan = read_plan(build().plan)
        write_plan(plan.path, plan.identity, plan.metadata, {}, b"rubbish")
        with pytest.raises(ModelError, match=r"TensorRT refuses .*magicTag.*; build it again"):
            open_()

    def test_plan_with_other_tensors(self, open_, build, cache):
        with_it = read_plan(build(attribution=True).plan)
        identity = replace(with_it.identity, attribution=False)
        path = cache.path_of(identity, "tiny")
        write_plan(path, identity, with_it.metadata, {}, with_it.body)
        with pytest.raises(ModelError, match="has the tensors thermal, rgb, fused, mask, confidence, attribution"):
            open_()

    def test_tensorrt_cannot_start(self, open_, build, trt):
        build()
        trt.state.refuse = "start"
        with pytest.raises(BackendError, match=r"cannot start: CUDA initialization failure with error: 35; check"):
            open_()


class TestRunning:
    def test_the_launch_is_captured(self, open_, build, cuda):
        build()
        captures = cuda.captures
        engine = open_()
        assert cuda.captures == captures + 1
        for seed in range(3):
            pair = random_pair(seed)
            np.testing.assert_array_equal(engine.infer(*pair).fused, tiny_reference(*pair).fused)
        assert cuda.captures == captures + 1
        assert engine.info.notes == ()

    def test_in_another_thread(self, open_, build, cuda):
        """The node opens the engine in one thread and runs it in another; the current device is a thread's own."""
        build()
        engine = open_(cuda_graph=False)
        cuda.active_in = -1
        pair, results = random_pair(), []
        thread = threading.Thread(target=lambda: results.append(engine.infer(*pair)))
        thread.start()
        thread.join()
        np.testing.assert_array_equal(results[0].fused, tiny_reference(*pair).fused)

    def test_without_graph(self, open_, build, cuda):
        build()
        captures = cuda.captures
        engine = open_(cuda_graph=False)
        pair = random_pair()
        np.testing.assert_array_equal(engine.infer(*pair).fused, tiny_reference(*pair).fused)
        assert cuda.captures == captures

    def test_a_graph_that_cannot_be_captured_is_noted(self, open_, build, cuda):
        build()
        cuda.refuse_capture = True
        engine = open_()
        assert "no CUDA graph (operation not permitted" in engine.info.notes[0]
        pair = random_pair()
        np.testing.assert_array_equal(engine.infer(*pair).mask, tiny_reference(*pair).mask)

    @pytest.mark.parametrize("wait", [False, True])
    def test_stages(self, open_, build, wait):
        build()
        pair = random_pair()
        outputs, stages = open_().infer_staged(*pair, wait=wait)
        np.testing.assert_array_equal(outputs.fused, tiny_reference(*pair).fused)
        assert list(stages) == ["copy_in", "run", "copy_out"]
        assert all(value >= 0 for value in stages.values())

    def test_device_memory(self, open_, build, cuda, monkeypatch):
        build()
        engine = open_()
        assert engine.device_memory() == 0
        monkeypatch.setattr(cuda, "memory_used", lambda: 200 << 20)
        assert engine.device_memory() == 77 << 20

    def test_given_device_stays_open(self, open_, build, cuda):
        build()
        open_().close()
        assert cuda.closes == 0

    def test_info(self, open_, build):
        build()
        info = open_().info
        assert info.device == "cuda:0 Fake GPU"
        assert info.provider == "TensorRT 10.3.0"
        assert info.versions == {"tensorrt": "10.3.0", "fake-cuda": "1"}


def test_an_output_of_floats_is_copied_as_such(trt, cuda, cache, tmp_path, monkeypatch):
    """A plan has what the table of outputs says, element types included."""
    import onnx

    from fusion_perception import outputs as table

    row = table.Output("surface", "fusion/surface", "the thermal image", {"fp32": {"max": 0.0}}, dtype="float32")
    monkeypatch.setattr(table, "OUTPUTS", (*table.OUTPUTS, row))
    graph = tiny_graph(metadata=tiny_metadata(further_outputs=("surface",)))
    value = onnx.helper.make_tensor_value_info("surface", onnx.TensorProto.FLOAT, [HEIGHT, WIDTH])
    graph.graph.output.append(value)
    path = tmp_path / "float.onnx"
    path.write_bytes(graph.SerializeToString())
    report = build_plan(open_model_file(path), BuildOptions(), cache=cache, cuda=cuda)
    assert report.parity.figures["surface_max"] == 0.0
    engine = TensorRTEngine(path, cache_dir=cache.folder, cuda=cuda)
    thermal, rgb = random_pair()
    surface = engine.infer(thermal, rgb)["surface"]
    assert surface.dtype == np.float32
    np.testing.assert_array_equal(surface, thermal.astype(np.float32))
    engine.close()
