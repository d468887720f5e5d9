# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.engine import open_engine
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.processor_share import ProcessorShare
from fusion_perception.errors import BackendError, ModelError

from .base_engine_tester import BaseEngineTester
from .tiny_model import random_pair, tiny_graph, tiny_metadata, tiny_model

onnx = pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
ort = pytest.importorskip("onnxruntime", reason="the backend under test")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


class TestOnnxRuntimeEngine(BaseEngineTester):
    backend = "onnxruntime"

    @pytest.fixture
    def make(self, tmp_path):
        def make(attribution: bool):
            path = tmp_path / f"tiny{attribution}.onnx"
            path.write_bytes(tiny_model(attribution))
            return OnnxRuntimeEngine(path, threads=1)

        return make


class TestSessions:
    def test_attribution_session_is_made_when_first_asked_for(self, model):
        engine = OnnxRuntimeEngine(model)
        engine.infer(*random_pair())
        assert set(engine._sessions) == {False}
        assert {o.name for o in engine._sessions[False].session.get_outputs()} == {"fused", "mask", "confidence"}
        engine.infer(*random_pair(), attribution=True)
        assert set(engine._sessions) == {False, True}

    def test_eager_attribution(self, model):
        assert set(OnnxRuntimeEngine(model, eager_attribution=True)._sessions) == {False, True}

    def test_provider_in_use_is_the_session_s(self, model):
        engine = OnnxRuntimeEngine(model)
        assert engine.info.provider == "CPUExecutionProvider" == engine._sessions[False].session.get_providers()[0]
        assert engine.info.notes == ()

    def test_threads(self, model):
        options = OnnxRuntimeEngine(model, threads=1)._sessions[False].session.get_session_options()
        assert options.intra_op_num_threads == 1

    @pytest.mark.parametrize(
        ("share", "threads"),
        [
            (ProcessorShare(8, 8, 8, None), 0),  # the whole machine: ONNX Runtime's own choice
            (ProcessorShare(8, 2, 2, None), 2),
            (ProcessorShare(8, 8, 8, 1.5), 2),
            (ProcessorShare(8, 8, 8, 0.5), 1),
        ],
    )
    def test_automatic_threads_are_those_that_the_process_may_use(self, model, monkeypatch, share, threads):
        monkeypatch.setattr("fusion_perception.engine.onnxruntime_engine.processor_share", lambda: share)
        options = OnnxRuntimeEngine(model)._sessions[False].session.get_session_options()
        assert options.intra_op_num_threads == threads
        asked = OnnxRuntimeEngine(model, threads=3)._sessions[False].session.get_session_options()
        assert asked.intra_op_num_threads == 3

    @pytest.mark.parametrize("arena", [False, True])
    def test_arena(self, model, arena):
        options = OnnxRuntimeEngine(model, arena=arena)._sessions[False].session.get_session_options()
        assert options.enable_cpu_mem_arena is arena

    @pytest.mark.parametrize("spin", [False, True])
    def test_spin(self, model, spin):
        options = OnnxRuntimeEngine(model, spin=spin)._sessions[False].session.get_session_options()
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == str(int(spin))

    def test_outputs_are_written_in_place(self, model):
        """The arrays that are returned own their memory: no view of a buffer of the session."""
        outputs = OnnxRuntimeEngine(model).infer(*random_pair())
        assert outputs.fused.flags.owndata
        assert outputs.mask.flags.owndata


class TestFallback:
    @pytest.fixture(autouse=True)
    def _no_cuda(self):
        if "CUDAExecutionProvider" in ort.get_available_providers():
            pytest.skip("this ONNX Runtime has CUDA, so nothing falls back")

    def test_fallback_is_reported(self, model):
        info = OnnxRuntimeEngine(model, provider="cuda").info
        assert info.provider == "CPUExecutionProvider"
        assert info.device == "cpu"
        assert len(info.notes) == 1
        assert "CUDAExecutionProvider" in info.notes[0]
        assert "running on the CPU instead" in info.notes[0]

    def test_fallback_can_be_forbidden(self, model):
        with pytest.raises(BackendError, match=r"no CUDAExecutionProvider .* allow the fallback"):
            OnnxRuntimeEngine(model, provider="cuda", allow_fallback=False)
        with pytest.raises(BackendError, match="TensorrtExecutionProvider"):
            open_engine(model, "onnxruntime-tensorrt", allow_fallback=False)

    def test_provider_that_cannot_start(self, model, monkeypatch):
        """Offered by the package, absent after creation: what happens without a driver."""
        monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
        engine = OnnxRuntimeEngine(model, provider="cuda")
        assert engine.info.provider == "CPUExecutionProvider"
        assert "could not be started" in engine.info.notes[0]
        with pytest.raises(BackendError, match="could not be started"):
            OnnxRuntimeEngine(model, provider="cuda", allow_fallback=False)


def test_unknown_provider(model):
    with pytest.raises(BackendError, match="unknown ONNX Runtime provider 'npu'; allowed: cpu, cuda, tensorrt"):
        OnnxRuntimeEngine(model, provider="npu")


def test_negative_threads(model):
    with pytest.raises(BackendError, match="threads is -1"):
        OnnxRuntimeEngine(model, threads=-1)


def test_graph_that_the_runtime_refuses(tmp_path):
    """Its types do not fit together, which only the runtime looks at."""
    graph = tiny_graph()
    next(node for node in graph.graph.node if node.op_type == "Mul").op_type = "And"
    path = tmp_path / "bad.onnx"
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(ModelError, match=r"ONNX Runtime cannot load .*bad\.onnx: .*And"):
        OnnxRuntimeEngine(path)


def test_missing_package(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(BackendError, match="needs the package 'onnxruntime'"):
        OnnxRuntimeEngine(model)


def test_a_name_from_the_file_does_not_reach_the_terminal(tmp_path, capfd):
    """A node that fails at run time is named by ONNX Runtime, on the terminal and in its error."""
    graph = tiny_graph()
    helper, nodes = onnx.helper, graph.graph.node
    at = next(i for i, node in enumerate(nodes) if node.op_type == "Gather")
    nodes[at].name, nodes[at].input[1] = "\x1b[31m[FATAL] forged\n", "brightest"  # an index of up to 255, of 3 channels
    axes = onnx.numpy_helper.from_array(np.array([0, 1, 2]), "axes")
    graph.graph.initializer.append(axes)
    nodes.insert(at, helper.make_node("Cast", ["peak"], ["brightest"], to=onnx.TensorProto.INT64))
    nodes.insert(at, helper.make_node("ReduceMax", ["c", "axes"], ["peak"], keepdims=0))
    path = tmp_path / "fails.onnx"
    path.write_bytes(graph.SerializeToString())
    engine = OnnxRuntimeEngine(path)
    with pytest.raises(BackendError, match=r"failed on .*forged") as caught:
        engine.infer(*random_pair())
    assert str(caught.value).isprintable()
    shown = capfd.readouterr()
    assert "FATAL" not in shown.out + shown.err


@pytest.mark.parametrize("version", ["1.17.3", "1.9.0", "0.99.1"])
def test_too_old(model, monkeypatch, version):
    """ONNX Runtime's own words are "Unsupported model IR version: 10, max supported IR version: 9"."""
    monkeypatch.setattr(ort, "__version__", version)
    with pytest.raises(BackendError, match=rf"ONNX Runtime {version} is too old .* 'onnxruntime>=1\.18'"):
        OnnxRuntimeEngine(model)


@pytest.mark.parametrize("version", ["1.18.0", "1.32.0", "2.0.0", "1.18.0rc1", "unknown"])
def test_new_enough(model, monkeypatch, version):
    monkeypatch.setattr(ort, "__version__", version)
    assert OnnxRuntimeEngine(model).info.versions == {"onnxruntime": version}


def test_fp16_on_a_cpu_is_called_fp32(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    path = tmp_path / "half.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(precision="fp16")))
    info = OnnxRuntimeEngine(path).info
    assert info.precision == "fp32"
    assert "FP16" in info.notes[0]


def test_larger_than_the_outputs_of_one_thread(tmp_path):
    """A size that several threads share."""
    path = tmp_path / "wide.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(height=96, width=128)))
    thermal, rgb = random_pair(0, 96, 128)
    outputs = OnnxRuntimeEngine(path, threads=2).infer(thermal, rgb)
    np.testing.assert_array_equal(outputs.confidence, thermal)
