# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weights in FP16 in the file: half the size, the same outputs."""

import numpy as np
import pytest

from test.lab.export.models import pair, small_system

torch = pytest.importorskip("torch", reason="the torch side needs torch")
onnx = pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.engine.model_file import open_model_file, seal  # noqa: E402
from fusion_perception.lab.export.deployable import DeployConfig  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.export.half_storage import round_to_half, store_as_half  # noqa: E402

SIZE = (64, 96)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("half") / "m.onnx"
    export_model(small_system(), DeployConfig(*SIZE), path, name="small")
    return path


def in_single(path, target):
    """The same graph with its weights in FP32."""
    proto = onnx.load(path)
    halves = {t.name: t for t in proto.graph.initializer if t.data_type == onnx.TensorProto.FLOAT16}
    casts = [node for node in proto.graph.node if node.input and node.input[0] in halves]
    for node in casts:
        values = onnx.numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
        halves[node.input[0]].CopyFrom(onnx.numpy_helper.from_array(values, node.output[0]))
        proto.graph.node.remove(node)
    del proto.metadata_props[1:]  # the checksum of the other graph
    target.write_bytes(seal(proto.SerializeToString()))
    return len(casts)


def test_the_outputs_are_those_of_the_same_weights_in_fp32(stored, tmp_path):
    assert in_single(stored, tmp_path / "single.onnx") > 20
    assert stored.stat().st_size < 0.65 * (tmp_path / "single.onnx").stat().st_size
    found = open_engine(stored).infer(*pair(*SIZE), attribution=True).maps()
    expected = open_engine(tmp_path / "single.onnx").infer(*pair(*SIZE), attribution=True).maps()
    assert set(found) == {"fused", "mask", "confidence", "attribution"}
    for name, values in found.items():
        np.testing.assert_array_equal(values, expected[name], name)


def test_the_document_says_how_weights_are_stored_and_computed_with(stored):
    metadata = open_model_file(stored).metadata
    assert (metadata.precision, metadata.storage) == ("fp32", "fp16")


def test_what_fp16_cannot_say_stays_as_it_is():
    values = {
        "exact": np.arange(512, dtype=np.float32),
        "finer": np.arange(512, dtype=np.float32) / 3,
        "beyond": np.full(512, 2.0**17, np.float32),
        "small": np.ones(2, np.float32),
        "whole numbers": np.arange(512, dtype=np.int64),
    }
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in values.items()]
    proto = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], tensors))
    assert store_as_half(proto) == 1
    assert [t.name for t in proto.graph.initializer] == ["exact_fp16", "finer", "beyond", "small", "whole numbers"]
    (cast,) = proto.graph.node
    assert (list(cast.input), list(cast.output)) == (["exact_fp16"], ["exact"])


def test_the_module_computes_with_what_the_file_holds():
    system = round_to_half(small_system())
    weights = [p for p in system.parameters() if p.dim() > 1]
    assert weights
    assert all(torch.equal(p, p.half().float()) for p in weights)
    norms = [p for p in system.segmenter.parameters() if p.dim() == 1]
    assert not all(torch.equal(p, p.half().float()) for p in norms), "vectors stay as they are"
