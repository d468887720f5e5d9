# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is done to a graph after tracing."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("torch", reason="exporting needs PyTorch")

from fusion_perception.lab.export.onnx_graph import share_weights  # noqa: E402


def test_equal_weights_are_stored_once():
    a, b = np.arange(4, dtype=np.float32), np.arange(4, dtype=np.float32)[::-1].copy()
    named = {"a": a, "again": a, "other": b, "shape": a.reshape(2, 2), "type": a.view(np.int32)}
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in named.items()]
    nodes = [onnx.helper.make_node("Add", ["a", "again"], ["s"]), onnx.helper.make_node("Add", ["s", "other"], ["y"])]
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [4])
    proto = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [], [output], tensors))
    share_weights(proto)
    assert [t.name for t in proto.graph.initializer] == ["a", "other", "shape", "type"]
    assert list(proto.graph.node[0].input) == ["a", "a"]
    assert list(proto.graph.node[1].input) == ["s", "other"]
