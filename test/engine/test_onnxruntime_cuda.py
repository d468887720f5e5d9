# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The CUDA provider without a GPU: the real ONNX Runtime computes on the CPU, and says that it were CUDA.

What only a GPU can show (its kernels, a real CUDA graph, speed) is not shown here.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from fusion_perception.engine import onnxruntime_engine
from fusion_perception.engine.onnxruntime_binding import DeviceBinding
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.errors import BackendError, ModelError

from .base_engine_tester import BaseEngineTester
from .tiny_model import HEIGHT, WIDTH, random_pair, tiny_graph, tiny_metadata, tiny_model, tiny_reference

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
ort = pytest.importorskip("onnxruntime", reason="the backend under test")

CUDA = "CUDAExecutionProvider"


class Binding:
    """A real binding that counts what is bound, and refuses arrays of the host."""

    def __init__(self, binding, bound):
        self._binding, self._bound = binding, bound

    def bind_ortvalue_input(self, name, value):
        self._bound.append(name)
        self._binding.bind_ortvalue_input(name, value)

    def bind_ortvalue_output(self, name, value):
        self._bound.append(name)
        self._binding.bind_ortvalue_output(name, value)

    def synchronize_outputs(self):
        self._binding.synchronize_outputs()


class Runtime(SimpleNamespace):
    """Stands for the module ``onnxruntime`` with CUDA.

    ``refuses(number, options)`` returns why the session of that number cannot be made; ``fails(number)`` why its run
    fails. ``sessions`` has the options of the provider for each session that was made, or None on the CPU.
    """

    __version__ = "1.32.0"
    SessionOptions = ort.SessionOptions

    def __init__(self, refuses=lambda number, options: "", fails=lambda number: "", starts=True):
        super().__init__(sessions=[], bound=[], devices=set(), runs=0)
        runtime = self

        class OrtValue:
            @staticmethod
            def ortvalue_from_numpy(array, device, device_id):
                runtime.devices.add((device, device_id))
                return ort.OrtValue.ortvalue_from_numpy(array, "cpu", 0)

            @staticmethod
            def ortvalue_from_shape_and_type(shape, kind, device, device_id):
                runtime.devices.add((device, device_id))
                return ort.OrtValue.ortvalue_from_shape_and_type(shape, kind, "cpu", 0)

        class InferenceSession(ort.InferenceSession):
            def __init__(self, data, options, providers, **further):
                given = next((item for item in providers if item != "CPUExecutionProvider"), None)
                self.number, self.on_cuda = len(runtime.sessions), given is not None and starts
                why = refuses(self.number, given[1]) if given else ""
                if why:
                    raise RuntimeError(why)
                super().__init__(data, options, providers=["CPUExecutionProvider"], **further)
                runtime.sessions.append(given[1] if given else None)

            def get_providers(self):
                return [CUDA] * self.on_cuda + ["CPUExecutionProvider"]

            def io_binding(self):
                return Binding(super().io_binding(), runtime.bound) if self.on_cuda else super().io_binding()

            def run_with_iobinding(self, binding):
                if self.on_cuda and (why := fails(self.number)):
                    raise RuntimeError(why)
                runtime.runs += 1
                super().run_with_iobinding(binding._binding if self.on_cuda else binding)

        self.OrtValue, self.InferenceSession = OrtValue, InferenceSession

    @staticmethod
    def get_available_providers():
        return [CUDA, "CPUExecutionProvider"]


@pytest.fixture
def use(monkeypatch):
    """Put a runtime in the place of the module ``onnxruntime``."""

    def use(runtime):
        monkeypatch.setattr(onnxruntime_engine, "import_onnxruntime", lambda _: runtime)
        return runtime

    return use


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


class TestOnCuda(BaseEngineTester):
    backend = "onnxruntime"

    @pytest.fixture
    def make(self, tmp_path, use):
        def make(attribution: bool):
            path = tmp_path / f"tiny{attribution}.onnx"
            path.write_bytes(tiny_model(attribution))
            return OnnxRuntimeEngine(path, provider="cuda", device_id=3, allow_fallback=False)

        use(Runtime())
        return make

    def test_it_is_what_it_says(self, make):
        info = make(attribution=True).info
        assert (info.provider, info.device, info.notes) == (CUDA, "cuda:3", ())


def test_the_buffers_are_made_once_and_on_the_device(model, use):
    """A CUDA graph replays the addresses that it was recorded with."""
    runtime = use(Runtime())
    engine = OnnxRuntimeEngine(model, provider="cuda", device_id=1)
    bound = list(runtime.bound)
    assert sorted(bound) == ["confidence", "fused", "mask", "rgb", "thermal"]
    for seed in range(3):
        engine.infer(*random_pair(seed))
    assert runtime.bound == bound
    assert runtime.devices == {("cuda", 1)}
    assert runtime.sessions == [{"device_id": "1"}]
    assert runtime.runs == 3


def test_stages_are_timed(model, use):
    use(Runtime())
    engine = OnnxRuntimeEngine(model, provider="cuda")
    outputs, times = engine.infer_staged(*random_pair(), attribution=True)
    assert set(times) == {"copy_in", "run", "copy_out"}
    np.testing.assert_array_equal(outputs.attribution, tiny_reference(*random_pair(), attribution=True).attribution)


class TestGraph:
    def test_it_is_asked_for_and_recorded_before_the_first_image(self, model, use):
        runtime = use(Runtime())
        engine = OnnxRuntimeEngine(model, provider="cuda", cuda_graph=True, eager_attribution=True)
        assert runtime.sessions == [{"device_id": "0", "enable_cuda_graph": "1"}] * 2
        assert runtime.runs == 2
        assert engine.info.notes == ()

    def test_a_model_that_cannot_be_recorded(self, model, use):
        runtime = use(Runtime(refuses=lambda _, options: "no graph: nodes on the CPU" if len(options) > 1 else ""))
        engine = OnnxRuntimeEngine(model, provider="cuda", cuda_graph=True)
        assert engine.info.notes == ("no CUDA graph is used: no graph: nodes on the CPU",)
        assert engine.info.provider == CUDA
        engine.infer(*random_pair(), attribution=True)
        assert runtime.sessions == [{"device_id": "0"}] * 2

    def test_a_recording_that_fails(self, model, use):
        runtime = use(Runtime(fails=lambda number: "capture failed" if number == 0 else ""))
        engine = OnnxRuntimeEngine(model, provider="cuda", cuda_graph=True)
        assert engine.info.notes == ("no CUDA graph is used: capture failed",)
        assert [set(options) for options in runtime.sessions] == [{"device_id", "enable_cuda_graph"}, {"device_id"}]
        np.testing.assert_array_equal(engine.infer(*random_pair()).fused, tiny_reference(*random_pair()).fused)

    def test_on_the_cpu_it_means_nothing(self, model):
        assert OnnxRuntimeEngine(model, cuda_graph=True).info.notes == ()


class TestFallback:
    def test_a_provider_that_raises(self, model, use):
        """As with a driver that is too old."""
        use(Runtime(refuses=lambda *_: "CUDA failure 35: insufficient driver\nmore"))
        engine = OnnxRuntimeEngine(model, provider="cuda")
        why = f"{CUDA} could not be started (CUDA failure 35: insufficient driver)"
        assert engine.info.notes == (f"{why}; running on the CPU instead",)
        assert engine.info.device == "cpu"
        with pytest.raises(BackendError, match="CUDA failure 35"):
            OnnxRuntimeEngine(model, provider="cuda", allow_fallback=False)

    def test_a_provider_that_is_left_out(self, model, use):
        use(Runtime(starts=False))
        assert "driver or libraries missing?" in OnnxRuntimeEngine(model, provider="cuda").info.notes[0]

    def test_a_model_that_nothing_can_load_is_not_its_fault(self, tmp_path, use):
        graph = tiny_graph()
        next(node for node in graph.graph.node if node.op_type == "Mul").op_type = "And"
        path = tmp_path / "bad.onnx"
        path.write_bytes(graph.SerializeToString())
        use(Runtime())
        with pytest.raises(ModelError, match=r"cannot load .*bad\.onnx"):
            OnnxRuntimeEngine(path, provider="cuda")

    def test_the_second_session_is_not_on_the_cpu_without_a_word(self, model, use):
        use(Runtime(refuses=lambda number, _: "out of memory" if number == 1 else ""))
        engine = OnnxRuntimeEngine(model, provider="cuda")
        assert engine.info.notes == ()
        assert engine.infer(*random_pair(), attribution=True).attribution is not None
        assert engine.info.notes == (f"{CUDA} could not be started (out of memory); running on the CPU instead",)

    def test_a_run_that_fails(self, model, use):
        use(Runtime(fails=lambda _: "an illegal memory access"))
        engine = OnnxRuntimeEngine(model, provider="cuda")
        with pytest.raises(BackendError, match=r"failed on .*tiny\.onnx: an illegal memory access"):
            engine.infer(*random_pair())


class TestHalfTwin:
    @pytest.fixture
    def twin(self, model):
        def write(**changes):
            path = model.with_name("tiny_fp16.onnx")
            fields = {"name": "tiny_fp16", "precision": "fp16", "quality": {"figure": 1}} | changes
            path.write_bytes(tiny_model(metadata=tiny_metadata(**fields)))
            return path

        return write

    def test_it_is_run_on_cuda(self, model, twin, use):
        path = twin()
        use(Runtime())
        info = OnnxRuntimeEngine(model, provider="cuda").info
        assert (info.model_path, info.precision) == (str(path), "fp16")
        assert info.notes == ("tiny_fp16.onnx beside it is run, since FP16 is faster on a GPU",)

    def test_not_on_the_cpu(self, model, twin, use):
        twin()
        assert OnnxRuntimeEngine(model).info.model_path == str(model)
        use(Runtime(starts=False))
        info = OnnxRuntimeEngine(model, provider="cuda").info
        assert (info.model_path, info.precision, len(info.notes)) == (str(model), "fp32", 1)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"height": HEIGHT + 4, "width": WIDTH}, "of another training, size or attribution"),
            ({"training": {"seed": 2}}, "of another training, size or attribution"),
            ({"attribution": None}, "of another training, size or attribution"),
            ({"precision": "int8"}, "it computes in int8"),
        ],
    )
    def test_one_that_cannot_stand_for_it(self, model, twin, use, changes, why):
        path = twin(**{"attribution": tiny_metadata().attribution} | changes)
        if changes.get("attribution", True) is None:
            path.write_bytes(tiny_model(False, tiny_metadata(False, precision="fp16")))
        use(Runtime())
        info = OnnxRuntimeEngine(model, provider="cuda").info
        assert info.model_path == str(model)
        assert len(info.notes) == 1
        assert why in info.notes[0]

    def test_a_damaged_one(self, model, twin, use):
        path = twin()
        path.write_bytes(path.read_bytes()[:-50])
        use(Runtime())
        info = OnnxRuntimeEngine(model, provider="cuda").info
        assert info.model_path == str(model)
        assert info.notes[0].startswith("the FP16 model beside it is not used: ")

    def test_a_model_that_is_none_of_fp32_has_none(self, model, twin, use):
        path = twin()
        twin().with_name("tiny_fp16_fp16.onnx").write_bytes(path.read_bytes())
        use(Runtime())
        assert OnnxRuntimeEngine(path, provider="cuda").info.model_path == str(path)


def test_buffers_with_the_real_runtime():
    """On its own CPU device, where a buffer is shown as it lies: what is returned must not be it."""
    session = ort.InferenceSession(tiny_model(), providers=["CPUExecutionProvider"])
    outputs = tiny_metadata().outputs()
    binding = DeviceBinding(ort, session, outputs, HEIGHT, WIDTH, "cpu", 0)
    stages = []
    first = binding.run(*random_pair(1), lambda: stages.append(1))
    kept = {name: array.copy() for name, array in first.items()}
    second = binding.run(*random_pair(2), lambda: None)
    assert len(stages) == 3
    for name, before in kept.items():
        np.testing.assert_array_equal(first[name], before)
        np.testing.assert_array_equal(second[name], getattr(tiny_reference(*random_pair(2), True), name))
