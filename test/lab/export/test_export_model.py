# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from test import real_tensorrt
from test.lab.export.models import pair, small_system

torch = pytest.importorskip("torch", reason="the torch side needs torch")
onnx = pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
ort = pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.engine.model_file import open_model_file  # noqa: E402
from fusion_perception.errors import DataError, ModelError  # noqa: E402
from fusion_perception.lab.attribution.path import autograd_gradient, integrated_gradients  # noqa: E402
from fusion_perception.lab.attribution.targets import predicted_region_weights  # noqa: E402
from fusion_perception.lab.export.deployable import Deployable, DeployConfig  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.export.operators import tensorrt_obstacles  # noqa: E402
from fusion_perception.lab.nets.system import System  # noqa: E402

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 96, 128


def export(path, steps=1, **options):
    int8 = {key: options.pop(key) for key in ("int8_pairs", "int8_target") if key in options}
    config = DeployConfig(HEIGHT, WIDTH, steps, **options)
    return export_model(small_system(), config, path, name="small", **int8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A function that exports a graph of fp32 with so many steps, once; returns its path and the report."""

    @cache
    def once(steps):
        path = tmp_path_factory.mktemp("exported") / "m.onnx"
        return path, export(path, steps)

    return once


def run(path, seed=0):
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    thermal, rgb = pair(HEIGHT, WIDTH, seed)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"thermal": thermal, "rgb": rgb}), strict=True))


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_graph_computes_what_the_module_computes(exported, steps):
    path, _ = exported(steps)
    found = run(path)
    module = Deployable(small_system(), DeployConfig(HEIGHT, WIDTH, steps)).eval()
    with torch.no_grad():
        expected = module(*(torch.from_numpy(a) for a in pair(HEIGHT, WIDTH)))
    assert list(found) == module.output_names
    metadata = open_model_file(path).metadata
    assert list(found) == [row.name for row in metadata.outputs()], "the torch engine names them by the table's order"
    assert np.mean(found["mask"] == expected[1].numpy()) >= 0.999
    for name, value in zip(found, expected, strict=True):
        assert found[name].dtype == np.uint8
        if name != "mask":
            difference = np.abs(found[name].astype(int) - value.numpy().astype(int))
            assert difference.max() <= 1, name


def test_the_engine_opens_it_and_the_metadata_says_what_it_is(exported):
    path, text = exported(3)
    assert "TensorRT's parser takes every part of it" in text
    model = open_model_file(path)
    assert model.sealed
    assert (model.metadata.name, model.metadata.precision) == ("small", "fp32")
    assert (model.metadata.attribution.steps, model.metadata.attribution.rule) == (3, "power")
    outputs = open_engine(path).infer(*pair(HEIGHT, WIDTH), attribution=True)
    assert outputs.attribution.shape == (HEIGHT, WIDTH)


def test_no_path_of_the_exporting_machine_is_in_the_file(exported):
    data = exported(1)[0].read_bytes()
    assert b"site-packages" not in data
    assert b".py" not in data


@pytest.mark.parametrize("steps", [1, 4])
def test_the_exported_gradient_equals_autograd(tmp_path, steps):
    export(tmp_path / "m.onnx", steps, signed_maps=True)
    found = run(tmp_path / "m.onnx")
    config = DeployConfig(HEIGHT, WIDTH, 0)
    module = Deployable(small_system(), config).eval()
    thermal, rgb = module.prepare(*(torch.from_numpy(a) for a in pair(HEIGHT, WIDTH)))
    with torch.no_grad():
        weights = predicted_region_weights(module.system.segment(thermal, rgb))
    expected = integrated_gradients(
        autograd_gradient(module.system.segment),
        thermal,
        rgb,
        weights,
        steps,
        DeployConfig(attribution_steps=steps).path_rule,
    )
    for name, value in zip(("attribution_thermal", "attribution_rgb"), expected, strict=True):
        scale = float(value.abs().max())
        assert scale > 0
        assert np.abs(found[name] - value[0].numpy()).max() <= 1e-4 * scale, name


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_offsets_in_the_graph_depend_on_which_sensors_are_there(tmp_path, steps):
    plain = small_system()
    spec = replace(plain.spec, offsets={"car": 50.0}, offsets_alone={"person": 50.0})
    system = System(spec).eval()
    system.load_state_dict(plain.state_dict())
    report = export_model(system, DeployConfig(HEIGHT, WIDTH, steps), tmp_path / "m.onnx", name="small")
    assert "TensorRT's parser takes every part of it" in report
    session = ort.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    thermal, rgb = pair(HEIGHT, WIDTH)
    for t, c, expected in ((thermal, rgb, 1), (thermal * 0, rgb, 2), (thermal, rgb * 0, 2)):
        (mask,) = session.run(["mask"], {"thermal": t, "rgb": c})
        assert (mask == expected).all()


def converted_weights(proto):
    stored = {tensor.name for tensor in proto.graph.initializer}
    return [node for node in proto.graph.node if node.op_type == "Cast" and node.input[0] in stored]


def test_fp16_in_the_graph(exported, tmp_path):
    plain, _ = exported(1)
    export(tmp_path / "b.onnx", 1, precision="fp16")
    proto = onnx.load(tmp_path / "b.onnx")
    kinds = {t.data_type for t in proto.graph.initializer if len(t.dims) == 4}
    assert kinds & {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16} == {onnx.TensorProto.FLOAT16}
    assert not converted_weights(proto), "they are computed with as they are stored"
    assert converted_weights(onnx.load(plain))
    a, b = run(plain), run(tmp_path / "b.onnx")
    assert np.mean(a["mask"] == b["mask"]) >= 0.98  # an untrained network decides by hairs
    assert np.abs(a["fused"].astype(int) - b["fused"]).max() <= 2
    assert open_model_file(tmp_path / "b.onnx").metadata.precision == "fp16"


@pytest.mark.parametrize("target", ["cpu", "tensorrt"])
def test_int8_quantises_the_forward_pass_alone(exported, tmp_path, target):
    pairs = [pair(HEIGHT, WIDTH, seed) for seed in range(4)]
    plain, _ = exported(1)
    text = export(tmp_path / "b.onnx", 1, int8_pairs=pairs, int8_target=target)
    proto = onnx.load(tmp_path / "b.onnx")
    by_output = {name: node for node in proto.graph.node for name in node.output}
    convolutions = [node for node in proto.graph.node if node.op_type == "Conv"]
    quantised = [n for n in convolutions if by_output.get(n.input[1], n).op_type == "DequantizeLinear"]
    forward = [n for n in onnx.load(plain).graph.node if n.op_type == "Conv"]
    assert 0 < len(quantised) < len(convolutions) == len(forward)
    metadata = open_model_file(tmp_path / "b.onnx").metadata
    assert (metadata.precision, metadata.int8_target) == ("int8", target)
    assert f"int8 for {'ONNX Runtime on a CPU' if target == 'cpu' else 'TensorRT'}, 96 x 128" in text
    assert (tensorrt_obstacles(proto) == []) == (target == "tensorrt")
    assert ("TensorRT does not take this graph" in text) == (target == "cpu")
    if real_tensorrt.INSTALLED:
        assert (real_tensorrt.objections(proto.SerializeToString()) == []) == (target == "tensorrt")
    a, b = run(plain), run(tmp_path / "b.onnx")
    assert np.abs(a["fused"].astype(int) - b["fused"]).mean() <= 1
    images = [
        n for n in convolutions if n not in quantised and by_output.get(n.input[0], n).op_type in ("Concat", "Sub")
    ]
    assert images, "what sees the images stays in float"
    assert np.mean(a["mask"] == b["mask"]) > 0.8  # an untrained network decides by hairs


def test_int8_for_tensorrt_rounds_what_layers_read_not_what_they_write(tmp_path):
    export(tmp_path / "m.onnx", 0, int8_pairs=[pair(HEIGHT, WIDTH)], int8_target="tensorrt")
    graph = onnx.load(tmp_path / "m.onnx").graph
    writers = {name: node for node in graph.node for name in node.output}
    readers = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node.op_type)
    tensors = {tensor.name: tensor for tensor in graph.initializer}

    def kind(name):
        return writers[name].op_type if name in writers else "constant" if name in tensors else "input"

    quantised = [n for n in graph.node if n.op_type == "Conv" and kind(n.input[1]) == "DequantizeLinear"]
    assert len(quantised) > 8
    for node in quantised:
        assert kind(node.input[0]) == "DequantizeLinear"
        assert kind(node.input[2]) != "DequantizeLinear", "a bias stays in float"
        weight = writers[node.input[1]]
        assert list(tensors[weight.input[1]].dims) == list(tensors[weight.input[0]].dims)[:1], "a scale a channel"
    rounded = [n for n in graph.node if n.op_type == "QuantizeLinear"]
    assert not [n for n in rounded if readers[writers[n.output[0]].input[0]] != ["QuantizeLinear"]], "all read the pair"
    activations = [n for n in graph.node if n.op_type == "Relu"]
    assert activations
    assert {kind(n.input[0]) for n in activations} <= {"Conv", "Add"}, "nothing between a layer and its activation"
    sums = [[kind(name) for name in n.input] for n in graph.node if n.op_type == "Add"]
    assert any(sorted(kinds) == ["Conv", "DequantizeLinear"] for kinds in sums), "the residual alone is rounded"


def test_int8_without_pairs_or_with_an_unknown_target(tmp_path):
    with pytest.raises(DataError, match="needs image pairs for calibration; give --calibration DIR"):
        export(tmp_path / "m.onnx", 0, int8_pairs=[])
    with pytest.raises(ModelError, match="'dsp' is not one of cpu, tensorrt"):
        export(tmp_path / "m.onnx", 0, int8_pairs=[pair(HEIGHT, WIDTH)], int8_target="dsp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(100, 128), (96, 130), (32, 32), (0, 128), (-96, 128)])
def test_sizes_the_network_cannot_take(size):
    with pytest.raises(ModelError, match="must be multiples of 32, at least 64"):
        Deployable(small_system(), DeployConfig(*size))


def test_unknown_precision():
    with pytest.raises(ModelError, match="'fp8' is not one of fp32, fp16, bf16"):
        Deployable(small_system(), DeployConfig(HEIGHT, WIDTH, precision="fp8"))
