# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Building plans, run against the stand-in of fake_tensorrt.py."""

import sys

import pytest

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.plan_cache import PlanCache, read_plan
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.errors import BackendError, ModelError

from .fake_tensorrt import BARE_PLAN, FakeCuda, make_fake_tensorrt
from .tiny_model import tiny_metadata, tiny_model

onnx = pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
pytest.importorskip("onnxruntime", reason="the stand-in for TensorRT computes with it")


@pytest.fixture
def trt(monkeypatch):
    cuda = FakeCuda()
    module = make_fake_tensorrt(cuda)
    module.cuda = cuda
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    return module


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "cache")


@pytest.fixture
def build(trt, cache, tmp_path):
    def build(progress=lambda phase, share: None, **options):
        path = tmp_path / "tiny.onnx"
        path.write_bytes(tiny_model())
        return build_plan(open_model_file(path), BuildOptions(**options), cache=cache, cuda=trt.cuda, progress=progress)

    return build


def test_plan_holds_its_story(build):
    report = build()
    plan = read_plan(report.plan)
    assert plan.identity == report.identity
    assert plan.metadata == tiny_metadata()
    assert plan.build["parity"]["accepted"] is True
    assert plan.build["options"]["optimization_level"] == 3
    assert plan.build["built_at"]
    assert len(plan.body) == report.plan_bytes
    assert report.parity.figures["mask_agreement"] == 1.0


@pytest.mark.parametrize("attribution", [False, True])
def test_the_attribution_branch_is_cut_unless_wanted(build, attribution):
    body = bytes(read_plan(build(attribution=attribution).plan).body)
    outputs = {o.name for o in onnx.load_from_string(body[len(BARE_PLAN) :]).graph.output}
    assert ("attribution" in outputs) is attribution


@pytest.mark.parametrize("target", ["tensorrt", ""])
def test_an_int8_file_for_tensorrt_or_an_older_one_is_built(trt, cache, tmp_path, target):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(precision="int8", int8_target=target)))
    assert build_plan(open_model_file(path), cache=cache, cuda=trt.cuda).identity.precision == "int8"


def test_an_int8_file_for_the_cpu_is_refused_before_anything_is_built(trt, cache, tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(precision="int8", int8_target="cpu")))
    with pytest.raises(ModelError, match=r"is INT8 for ONNX Runtime on a CPU, .*; export .* --int8-target tensorrt"):
        build_plan(open_model_file(path), cache=cache, cuda=trt.cuda)
    assert trt.state.builds == 0


def test_network_is_strongly_typed_and_fp32_means_fp32(build, trt):
    build()
    assert trt.state.flags == [1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)]
    assert trt.state.config.flags == set()
    assert trt.state.config.pools == {}


def test_options_reach_tensorrt(build, trt):
    build(tf32=True, optimization_level=5, workspace_mib=256)
    assert trt.BuilderFlag.TF32 in trt.state.config.flags
    assert trt.state.config.builder_optimization_level == 5
    assert trt.state.config.pools == {trt.MemoryPoolType.WORKSPACE: 256 << 20}


def test_dla(build, trt):
    with pytest.raises(BackendError, match="DLA core 0: this device has 0; use the GPU"):
        build(dla_core=0)
    trt.state.dla_cores = 2
    report = build(dla_core=1)
    assert trt.state.config.DLA_core == 1
    assert trt.state.config.default_device_type == trt.DeviceType.DLA
    assert trt.BuilderFlag.GPU_FALLBACK in trt.state.config.flags
    assert report.identity.dla_core == 1


def test_variants_lie_side_by_side(build, cache):
    plans = {build().plan, build(attribution=True).plan, build(tf32=True).plan}
    assert set(cache.folder.glob("*.plan")) == plans
    assert len(plans) == 3


def test_timing_cache_is_kept(build, trt):
    build()
    build(attribution=True)
    assert trt.state.timing_seen == [b"", b"learnt;"]


def test_damaged_timing_cache_is_ignored(build, trt, cache):
    report = build()
    cache.timing_path(report.identity).write_bytes(b"damage")
    build()
    assert trt.state.timing_seen == [b"", b""]


def test_progress(build):
    seen = []
    build(progress=lambda phase, share: seen.append((phase, share)))
    assert ("parse", 1.0) in seen
    assert [share for phase, share in seen if phase == "Building Engine"] == [0.0, 0.5, 1.0, 1.0]
    assert not any(phase == "Timing" for phase, _ in seen)
    assert seen[-1] == ("parity", 1.0)


def test_a_plan_that_disagrees_is_discarded(build, trt, cache):
    trt.state.wrong = 3
    says = "disagrees with ONNX Runtime .fused_max 3, .*mask_agreement 0, allowed at least 0.999, .* and was discarded"
    with pytest.raises(ModelError, match=says):
        build()
    assert not [p for p in cache.folder.iterdir() if p.suffix != ".timing"]


def test_the_check_can_be_skipped(build, trt):
    trt.state.wrong = 3
    assert build(parity_pairs=0).parity is None


def test_a_good_plan_survives_a_bad_rebuild(build, trt):
    path = build().plan
    good = path.read_bytes()
    trt.state.wrong = 3
    with pytest.raises(ModelError):
        build()
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    ("refuse", "says"),
    [
        ("parse", r"TensorRT 10\.3\.0 cannot parse .*: no importer for operator Strange"),
        ("start", "TensorRT cannot start"),
        ("build", r"TensorRT 10\.3\.0 cannot build .*: could not find any implementation for node Foo$"),
    ],
)
def test_tensorrt_refuses(build, trt, cache, refuse, says):
    trt.state.refuse = refuse
    with pytest.raises((ModelError, BackendError), match=says):
        build()
    assert not list(cache.folder.glob("*.plan"))


def test_attribution_of_a_model_without(trt, cache, tmp_path):
    path = tmp_path / "plain.onnx"
    path.write_bytes(tiny_model(attribution=False))
    with pytest.raises(ModelError, match="has no attribution to build"):
        build_plan(open_model_file(path), BuildOptions(attribution=True), cache=cache, cuda=trt.cuda)
