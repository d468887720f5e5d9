# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The backend tensorrt-rtx, run against the stand-in of fake_tensorrt_rtx.py."""

import importlib.util
import sys

import numpy as np
import pytest

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.open import open_engine
from fusion_perception.engine.plan_cache import PlanCache, read_plan
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.engine.tensorrt_engine import TensorRTEngine
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.engine.tensorrt_rtx import CAPABILITIES, runs_on
from fusion_perception.errors import BackendError, ModelError

from .base_engine_tester import BaseEngineTester
from .fake_tensorrt_rtx import FakeRtxCard, make_fake_tensorrt_rtx
from .tiny_model import random_pair, tiny_metadata, tiny_model, tiny_reference

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
pytest.importorskip("onnxruntime", reason="the stand-in for TensorRT computes with it")

NO_CARD = "no GPU can be used here (no driver)"


@pytest.fixture
def cuda():
    return FakeRtxCard()


@pytest.fixture
def trt(cuda, monkeypatch):
    module = make_fake_tensorrt_rtx(cuda)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", module)
    return module


@pytest.fixture
def no_card(trt, cuda, monkeypatch):
    """A laptop without a GPU."""

    def refuse(device_id):
        raise BackendError("no driver")

    cuda.activate()  # so that the stand-in's builder, which looks for a device, is content
    monkeypatch.setattr("fusion_perception.engine.tensorrt_builder.open_cuda_session", refuse)


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "cache")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def build(trt, cache, model):
    def build(attribution=False, cuda=None, **options):
        chosen = BuildOptions("tensorrt-rtx", attribution, **options)
        return build_plan(open_model_file(model), chosen, cache=cache, cuda=cuda)

    return build


@pytest.fixture
def builder(build, cuda):
    """What builds at once what an engine asks for, and remembers it."""

    def builder(request):
        builder.requests.append(request)
        build(request.options.attribution, cuda)

    builder.requests = []
    return builder


@pytest.fixture
def open_(trt, cuda, cache, model, builder):
    def open_(card=cuda, **options):
        return TensorRTEngine(
            model, library="tensorrt-rtx", cache_dir=cache.folder, cuda=card, **{"builder": builder, **options}
        )

    return open_


class TestEngine(BaseEngineTester):
    backend = "tensorrt-rtx"

    @pytest.fixture
    def make(self, open_, model):
        def make(attribution: bool):
            model.write_bytes(tiny_model(attribution))
            return open_()

        return make


class TestPlans:
    def test_a_missing_plan_is_built_unasked(self, open_, builder):
        engine = open_()
        assert [r.options.attribution for r in builder.requests] == [False]
        engine.infer(*random_pair(), attribution=True)
        assert [r.options.attribution for r in builder.requests] == [False, True]
        assert {r.options.library for r in builder.requests} == {"tensorrt-rtx"}
        open_(eager_attribution=True)
        assert len(builder.requests) == 2

    def test_a_damaged_plan_is_built_again(self, open_, cache, builder, caplog):
        open_()
        (plan,) = cache.folder.glob("*.plan")
        plan.write_bytes(plan.read_bytes()[:-1])
        pair = random_pair()
        np.testing.assert_array_equal(open_().infer(*pair).fused, tiny_reference(*pair).fused)
        assert len(builder.requests) == 2
        assert "checksum does not agree" in caplog.text
        assert "--for rtx" in caplog.text

    def test_without_a_builder_the_command_is_named(self, open_, cache):
        says = r"no TensorRT-RTX plan without attribution for Fake RTX and TensorRT-RTX 1\.7\.1\.116 in .*"
        with pytest.raises(ModelError, match=says + r"`fusion-perception build \S+tiny\.onnx --for rtx`"):
            open_(builder=None)
        assert not list(cache.folder.glob("*"))

    @pytest.mark.parametrize("sm", ["8.0", "8.6", "8.9", "12.0", "12.1", "13.0"])
    def test_one_plan_for_many_cards(self, build, no_card, open_, sm):
        plan = build().plan
        card = FakeRtxCard()
        card.sm = sm
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["tensorrt_rtx"], "Runtime", make_fake_tensorrt_rtx(card).Runtime)
            engine = open_(card, builder=None)
            assert engine._load(attribution=False).plan.path == plan

    def test_a_plan_that_was_never_compared_is_told(self, build, no_card, open_, cuda):
        build()
        (note,) = open_(builder=None).info.notes
        assert note.startswith("the plan was never compared with ONNX Runtime; `fusion-perception build ")
        assert note.endswith("tiny.onnx --for rtx` on this machine compares it")
        build(cuda=cuda)
        assert open_(builder=None).info.notes == ()

    def test_the_plan_for_this_card_alone_comes_first(self, build, no_card, open_):
        build()
        own = build(compute_capability="8.9").plan
        build(compute_capability="8.6")
        assert open_(builder=None)._load(attribution=False).plan.path == own

    def test_turing_takes_its_own_plan_only(self, build, no_card, open_, cuda, builder, trt):
        build()
        cuda.sm = "7.5"
        with pytest.raises(ModelError, match="no TensorRT-RTX plan"):
            open_(builder=None)
        open_()
        assert trt.state.cards == [trt.ComputeCapability.SM75]
        assert len(builder.requests) == 1

    def test_another_version_is_another_plan(self, open_, trt, builder):
        open_()
        trt.__version__ = "1.8.0.1"
        with pytest.raises(ModelError, match=r"1 older plan.*tensorrt 1\.7\.1\.116 instead of 1\.8\.0\.1"):
            open_(builder=None)
        open_()
        assert len(builder.requests) == 2

    def test_a_plan_given_by_path(self, build, no_card, cuda, monkeypatch):
        plan = build(True).plan
        monkeypatch.setattr("fusion_perception.engine.tensorrt_engine.open_cuda_session", lambda device_id: cuda)
        for backend in ("auto", "tensorrt-rtx"):
            engine = open_engine(plan, backend)
            assert engine.info.backend == "tensorrt-rtx"
            assert engine.infer(*random_pair(), attribution=True).attribution is not None
        cuda.sm = "7.5"
        with pytest.raises(ModelError, match=r"other conditions: sm 8\.0\+ instead of 7\.5; .*MODEL\.onnx --for rtx`"):
            open_engine(plan)

    def test_a_plan_of_the_other_library(self, build, no_card, cuda, monkeypatch):
        from .fake_tensorrt import make_fake_tensorrt

        plan = build().plan
        monkeypatch.setitem(sys.modules, "tensorrt", make_fake_tensorrt(cuda))
        with pytest.raises(ModelError, match="library tensorrt-rtx instead of tensorrt"):
            TensorRTEngine(plan, cuda=cuda)


class TestCards:
    @pytest.mark.parametrize(
        ("sm", "instead"),
        [
            ("9.0", "tensorrt"),
            ("8.7", "tensorrt"),
            ("11.0", "tensorrt"),
            ("10.3", "tensorrt"),
            ("7.0", "onnxruntime-cuda"),
            ("6.1", "onnxruntime-cuda"),
        ],
    )
    def test_a_card_that_it_does_not_take(self, open_, builder, trt, cuda, sm, instead):
        cuda.gpu, cuda.sm = "Other GPU", sm
        says = (
            rf"^TensorRT-RTX does not run on Other GPU \(compute capability {sm}; it takes 7\.5, .* 12\.0 or later\); "
        )
        with pytest.raises(BackendError, match=says + f"choose backend '{instead}' for such a card$"):
            open_()
        assert not builder.requests
        assert trt.state.builds == 0

    @pytest.mark.parametrize(
        ("name", "further"),
        [
            ("9.0", "choose backend 'tensorrt' for such a card"),
            ("6.1", "choose backend 'onnxruntime-cuda' for such a card"),
            ("13.0", r"8\.0\+ is for such a card too"),
            ("12", r"a compute capability is written like 8\.9"),
            ("nan", r"a compute capability is written like 8\.9"),
            ("-8.6", r"a compute capability is written like 8\.9"),
        ],
    )
    def test_a_name_that_no_plan_is_built_for(self, name, further):
        says = f"does not build for compute capability {name}; it builds for 8.*; {further}$"
        with pytest.raises(BackendError, match=says):
            tensorrt_library("tensorrt-rtx").check_options(BuildOptions("tensorrt-rtx", compute_capability=name))

    def test_nothing_is_built_for_a_folder_that_cannot_be_written(self, build, cache, trt):
        cache.folder.parent.mkdir(exist_ok=True)
        cache.folder.write_text("a file in its place")
        with pytest.raises(ModelError, match=f"^cannot write {cache.folder}: |^{cache.folder}: ") as error:
            build()
        assert "trial" not in str(error.value)
        assert trt.state.builds == 0

    def test_nothing_is_built_for_it_unless_other_cards_are_named(self, build, cuda, trt):
        cuda.sm = "9.0"
        cuda.activate()
        with pytest.raises(
            BackendError, match=r"does not run on Fake RTX .*; to build for other cards, name them by --com"
        ):
            build(cuda=cuda)
        assert trt.state.builds == 0
        assert build(cuda=cuda, compute_capability="8.0+").unchecked.startswith("TensorRT-RTX does not run on Fake RTX")

    @pytest.mark.parametrize("sm", CAPABILITIES)
    def test_cards_that_are_named(self, build, no_card, trt, sm):
        report = build(compute_capability=sm)
        assert (report.identity.gpu, report.identity.sm) == ("any", sm)
        assert trt.state.cards == ([] if sm == "8.0+" else [int(sm.replace(".", ""))])

    def test_a_card_that_nobody_knows(self, build, no_card, trt):
        with pytest.raises(
            BackendError, match=r"does not build for compute capability 9\.0; it builds for 8\.0\+, 7\.5,"
        ):
            build(compute_capability="9.0")
        with pytest.raises(BackendError, match=r"'onnxruntime-cuda' for such a card"):
            build(compute_capability="5.2")
        with pytest.raises(BackendError, match="does not build for compute capability new"):
            build(compute_capability="new")
        assert trt.state.builds == 0


@pytest.mark.parametrize(("sm", "runs"), [("7.5", True), ("8.6", True), ("12.1", True), ("8.7", False), ("", False)])
def test_where_it_runs(sm, runs):
    assert runs_on(sm) is runs


class TestBuilding:
    def test_without_a_card_nothing_is_compared(self, build, no_card):
        report = build()
        assert (report.parity, report.unchecked) == (None, NO_CARD)
        assert read_plan(report.plan).build["parity"] is None

    def test_with_a_card_the_plan_is_compared(self, build, cuda, trt, cache):
        report = build(cuda=cuda)
        assert report.parity.accepted
        assert report.unchecked == ""
        trt.state.wrong = 3
        report.plan.unlink()
        with pytest.raises(ModelError, match=r"TensorRT-RTX plan of .* disagrees .* discarded; take the model in fp32"):
            build(cuda=cuda)
        assert not list(cache.folder.glob("*.plan"))

    def test_what_it_opens_it_closes(self, build, cuda, monkeypatch):
        monkeypatch.setattr("fusion_perception.engine.tensorrt_builder.open_cuda_session", lambda device_id: cuda)
        assert build().parity.accepted
        assert cuda.closes == 1
        cuda.sm = "9.0"
        with pytest.raises(BackendError, match="does not run on Fake RTX"):
            build()
        assert cuda.closes == 2
        build(cuda=cuda, compute_capability="8.9")
        assert cuda.closes == 2

    def test_without_onnxruntime_nothing_is_compared(self, build, cuda, monkeypatch):
        real = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *a: None if name == "onnxruntime" else real(name, *a)
        )
        report = build(cuda=cuda)
        assert (report.parity, report.unchecked) == (None, "onnxruntime is not installed")

    def test_a_plan_for_another_card_is_not_compared(self, build, cuda):
        report = build(cuda=cuda, compute_capability="12.0")
        assert (report.parity, report.unchecked) == (None, "the card here has compute capability 8.9")

    def test_zero_pairs(self, build, cuda):
        assert build(cuda=cuda, parity_pairs=0).unchecked == "0 pairs were asked for"

    def test_fp32_means_fp32(self, build, no_card, trt):
        build()
        assert trt.state.config.flags == set()
        build(tf32=True)
        assert trt.state.config.flags == {trt.BuilderFlag.TF32}

    def test_no_timing_cache(self, build, no_card, cache):
        build()
        assert [path.suffix for path in cache.folder.iterdir()] == [".plan"]

    def test_the_fp16_export_beside_the_model_is_built_and_run(self, build, no_card, open_, model, cuda):
        twin = model.with_name("tiny_fp16.onnx")
        twin.write_bytes(tiny_model(metadata=tiny_metadata(name="tiny_fp16", precision="fp16")))
        report = build()
        assert report.identity.model_sha256 == open_model_file(twin).sha256
        assert report.remark == "tiny_fp16.onnx beside it is run, since FP16 is faster on a GPU"
        info = open_(builder=None).info
        assert (info.model_path, info.precision) == (str(twin), "fp16")
        assert info.notes[0] == report.remark

    def test_an_export_of_another_model_is_not(self, build, no_card, open_, model):
        twin = model.with_name("tiny_fp16.onnx")
        twin.write_bytes(tiny_model(attribution=False, metadata=tiny_metadata(attribution=False, precision="fp16")))
        report = build()
        assert report.identity.precision == "fp32"
        assert "tiny_fp16.onnx beside it is not used: it is of another training" in report.remark
        assert open_(builder=None).info.notes[0] == report.remark

    def test_it_lies_beside_the_plans_of_tensorrt(self, build, no_card, cache, cuda, model, monkeypatch):
        from .fake_tensorrt import make_fake_tensorrt

        build()
        monkeypatch.setitem(sys.modules, "tensorrt", make_fake_tensorrt(cuda))
        build_plan(open_model_file(model), cache=cache, cuda=cuda)
        plans = [read_plan(path).identity.library for path in cache.folder.glob("*.plan")]
        assert sorted(plans) == ["tensorrt", "tensorrt-rtx"]

    def test_int8(self, build, open_, model, builder):
        model.write_bytes(tiny_model(metadata=tiny_metadata(precision="int8")))
        says = "is INT8, and TensorRT-RTX has no INT8 convolutions; export the model with --precision fp16, or choose b"
        with pytest.raises(ModelError, match=says):
            build()
        with pytest.raises(ModelError, match=says):
            open_()
        assert not builder.requests


class TestKernels:
    """What TensorRT-RTX compiles when a plan is loaded, in a file beside it."""

    def test_they_are_compiled_once(self, open_, trt, cache):
        open_(eager_attribution=True)
        compiled = trt.state.compiled
        assert compiled == 2  # one for each plan; the builder's comparison has compiled them
        assert len(list(cache.folder.glob("*.kernels"))) == 2
        open_(eager_attribution=True)
        assert trt.state.compiled == compiled

    def test_of_another_card(self, open_, trt, cuda, cache):
        open_()
        cuda.gpu = "Other RTX"
        open_()
        assert trt.state.compiled == 2
        assert len(list(cache.folder.glob("*.kernels"))) == 2

    def test_of_another_driver(self, open_, trt, cache):
        open_()
        trt.state.driver = "590"
        open_()
        assert trt.state.compiled == 2
        open_()
        assert trt.state.compiled == 2
        assert len(list(cache.folder.glob("*.kernels"))) == 1

    @pytest.mark.parametrize("damage", [b"", b"rubbish", None])
    def test_a_damaged_file_is_replaced(self, open_, trt, cache, damage):
        open_()
        (path,) = cache.folder.glob("*.kernels")
        good = path.read_bytes()
        path.write_bytes(good[:-1] if damage is None else damage)
        assert open_().info.notes == ()
        assert trt.state.compiled == 2
        assert path.read_bytes() == good

    def test_a_file_under_the_name_of_another(self, open_, trt, cuda, cache):
        """Its description decides, not its name."""
        open_()
        (own,) = cache.folder.glob("*.kernels")
        cuda.gpu = "Other RTX"
        open_()
        (other,) = set(cache.folder.glob("*.kernels")) - {own}
        own.replace(other)
        blobs = []
        seen = trt.IRuntimeCache.deserialize
        trt.IRuntimeCache.deserialize = lambda self, blob: (blobs.append(blob), seen(self, blob))[1]
        open_()
        assert not blobs, "kernels of another card went to the library"
        assert trt.state.compiled == 3

    def test_they_live_as_long_as_the_context(self, open_, trt):
        loaded = open_()._load(attribution=False)
        assert trt.state.contexts[-1] in loaded.held
        assert trt.state.contexts[-1].cache in loaded.held

    def test_a_folder_that_cannot_be_written(self, open_, cache):
        open_()
        (path,) = cache.folder.glob("*.kernels")
        path.unlink()
        path.mkdir()
        (note,) = open_().info.notes
        assert note.startswith("each start compiles the kernels again: cannot write ")

    def test_nothing_is_written_where_nothing_was_compiled(self, open_, cache):
        open_()
        (path,) = cache.folder.glob("*.kernels")
        before = path.stat().st_mtime_ns, path.stat().st_ino
        open_()
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


@pytest.mark.parametrize("cuda_graph", [True, False])
def test_cuda_graphs_are_made_by_the_library(open_, cuda, trt, cuda_graph):
    open_(cuda_graph=cuda_graph)
    strategies = trt.CudaGraphStrategy
    expected = strategies.WHOLE_GRAPH_CAPTURE if cuda_graph else strategies.DISABLED
    assert trt.state.contexts[-1].cuda_graph_strategy == expected
    assert cuda.captures == 0


class TestAuto:
    @pytest.fixture(autouse=True)
    def installed(self, trt, cuda, builder, monkeypatch):
        monkeypatch.setitem(sys.modules, "tensorrt", None)
        monkeypatch.setattr("fusion_perception.engine.tensorrt_engine.open_cuda_session", lambda device_id: cuda)
        monkeypatch.setattr("fusion_perception.engine.ranking.driver_is_there", lambda: True)
        from fusion_perception.engine import open as module

        rtx = module._BACKENDS["tensorrt-rtx"]
        row = type(rtx)(rtx.engine, {**rtx.options, "builder": builder}, rtx.on_cpu)
        monkeypatch.setitem(module._BACKENDS, "tensorrt-rtx", row)

    def test_it_builds_and_runs(self, model, cache, builder):
        engine = open_engine(model, cache_dir=cache.folder, build=False, threads=1)
        assert engine.info.backend == "tensorrt-rtx"
        assert len(builder.requests) == 1

    def test_a_card_that_it_does_not_take_is_noted(self, model, cache, cuda, builder):
        cuda.sm = "9.0"
        info = open_engine(model, cache_dir=cache.folder).info
        assert info.backend != "tensorrt-rtx"
        assert any("TensorRT-RTX is not used: TensorRT-RTX does not run on Fake RTX" in note for note in info.notes)
        assert not builder.requests

    def test_without_a_driver_nothing_is_said(self, model, cache, monkeypatch):
        monkeypatch.setattr("fusion_perception.engine.ranking.driver_is_there", lambda: False)
        info = open_engine(model, cache_dir=cache.folder, allow_fallback=False).info
        assert (info.backend, info.notes) == ("onnxruntime", ())


def test_the_names_of_library_and_backend_are_one():
    from fusion_perception.engine import BACKENDS
    from fusion_perception.engine.plan_cache import LIBRARIES

    assert {tensorrt_library(name).name for name in LIBRARIES} == set(LIBRARIES) <= set(BACKENDS)
