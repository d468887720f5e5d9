# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT-RTX's own parser and builder, which need no GPU."""

import logging

import numpy as np
import pytest

from fusion_perception.cli.main import main
from fusion_perception.engine.build_process import build_in_process
from fusion_perception.engine.build_request import BuildOptions, BuildRequest
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.plan_cache import PlanCache, read_plan
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.engine.tensorrt_common import make_logger
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.engine.tensorrt_rtx import CAPABILITIES
from fusion_perception.errors import BackendError, ModelError

from .test_onnx_edit import with_outer_product
from .tiny_model import tiny_graph, tiny_metadata, tiny_model

onnx = pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX: pip install 'fusion_perception[rtx]'")


@pytest.fixture(autouse=True)
def no_card(monkeypatch):
    """So that a machine with a GPU tests the same."""

    def refuse(device_id):
        raise BackendError("hidden by the test")

    monkeypatch.setattr("fusion_perception.engine.tensorrt_builder.open_cuda_session", refuse)


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "cache")


@pytest.fixture
def write(tmp_path):
    def write(data: bytes):
        path = tmp_path / "tiny.onnx"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def build(cache):
    def build(path, **options):
        seen = []
        report = build_plan(
            open_model_file(path),
            BuildOptions("tensorrt-rtx", **options),
            cache=cache,
            progress=lambda phase, share: seen.append((phase, share)),
        )
        return report, seen

    return build


def half_convolution():
    """The tiny model, its convolution in FP16."""
    graph = tiny_graph(metadata=tiny_metadata(precision="fp16"))
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    nodes = list(graph.graph.node)
    place = next(i for i, node in enumerate(nodes) if node.op_type == "Conv")
    conv = nodes[place]
    nodes[place : place + 1] = [
        onnx.helper.make_node("Cast", [conv.input[0]], ["t_half"], to=half),
        onnx.helper.make_node("Conv", ["t_half", conv.input[1]], ["blurred_half"], kernel_shape=[3, 3], pads=[1] * 4),
        onnx.helper.make_node("Cast", ["blurred_half"], [conv.output[0]], to=single),
    ]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    (kernel,) = (tensor for tensor in graph.graph.initializer if tensor.name == conv.input[1])
    kernel.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(kernel).astype("float16"), kernel.name))
    return graph.SerializeToString()


def test_a_plan_is_built_without_a_card(build, write, cache):
    report, seen = build(write(tiny_model()), attribution=True)
    plan = read_plan(report.plan)
    assert report.plan.parent == cache.folder
    assert (plan.identity.library, plan.identity.gpu, plan.identity.sm) == ("tensorrt-rtx", "any", "8.0+")
    assert plan.identity.tensorrt == str(tensorrt_library("tensorrt-rtx").load().__version__)
    assert len(plan.body) == report.plan_bytes > 10_000
    assert report.unchecked == "no GPU can be used here (hidden by the test)"
    assert cache.load(plan.identity, "tiny") is not None
    assert seen[:2] == [("parse", 0.0), ("parse", 1.0)]


@pytest.mark.parametrize("sm", CAPABILITIES[1:])
def test_each_card_has_a_plan_of_its_own(build, write, cache, sm):
    path = write(tiny_model())
    plans = [build(path, compute_capability=cards)[0] for cards in (sm, "8.0+")]
    assert [plan.identity.sm for plan in plans] == [sm, "8.0+"]
    assert len(list(cache.folder.glob("*.plan"))) == 2


def types_of_convolutions(trt, data: bytes) -> list:
    logger = make_logger(trt)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    assert trt.OnnxParser(network, logger).parse(data)
    layers = [network.get_layer(index) for index in range(network.num_layers)]
    return [layer.get_output(0).dtype for layer in layers if layer.type == trt.LayerType.CONVOLUTION]


def test_the_file_says_what_is_computed_in_fp16(build, write):
    trt = tensorrt_library("tensorrt-rtx").load()
    assert types_of_convolutions(trt, tiny_model()) == [trt.DataType.FLOAT]
    data = half_convolution()
    assert types_of_convolutions(trt, data) == [trt.DataType.HALF]
    report, _ = build(write(data))
    assert read_plan(report.plan).identity.precision == "fp16"


def test_a_column_times_a_row_is_built_for_turing(build, write):
    """As the shipped models have it; see test_onnx_edit.py."""
    path = write(with_outer_product().SerializeToString())
    report, _ = build(path, compute_capability="7.5")
    assert report.plan_bytes > 10_000


def test_turing_has_no_other_products_of_fp32_matrices(build, write):
    """Its reason arrives; the same graph is built for all other cards."""
    graph = tiny_graph()
    nodes = list(graph.graph.node)
    place = next(i for i, node in enumerate(nodes) if node.output[0] == "mean")
    nodes[place : place + 1] = [onnx.helper.make_node("MatMul", ["sum", "halves"], ["mean"])]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    halves = onnx.numpy_helper.from_array(0.5 * np.eye(3, dtype=np.float32), "halves")
    graph.graph.initializer.append(halves)
    path = write(graph.SerializeToString())
    build(path)
    with pytest.raises(
        ModelError, match=r"cannot build .* for compute capability 7\.5: .*Turing .SM75.: FP32 GEMM is not supported"
    ):
        build(path, compute_capability="7.5")


def test_the_library_is_quiet(build, write, caplog):
    with caplog.at_level(logging.WARNING, "fusion_perception.tensorrt"):
        build(write(tiny_model()))
    assert caplog.text == ""


def test_in_a_process_of_its_own(write, tmp_path):
    options = BuildOptions("tensorrt-rtx", compute_capability="8.9", parity_pairs=0)
    report = build_in_process(BuildRequest(str(write(tiny_model())), options, str(tmp_path / "cache")))
    assert read_plan(report.plan).identity.sm == report.cards == "8.9"
    assert report.unchecked == "0 pairs were asked for"


def test_the_command(write, tmp_path, capsys):
    folder = str(tmp_path / "cache")
    arguments = ["build", str(write(tiny_model())), "--for", "rtx", "--cache-dir", folder]
    assert main([*arguments, "--compute-capability", "8.0+"]) == 0
    out = capsys.readouterr().out
    assert out.count("plan    " + folder) == 2
    assert "cards   compute capability 8.0+" in out
    assert "MiB, built in " in out
    assert len(list((tmp_path / "cache").glob("*.plan"))) == 2
