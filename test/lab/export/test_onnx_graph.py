# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is done before a module is traced, and to the graph after it."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("torch", reason="exporting needs PyTorch")

from fusion_perception.engine.onnxruntime_import import TELEMETRY  # noqa: E402
from fusion_perception.lab.export import onnx_graph  # noqa: E402
from fusion_perception.lab.export.onnx_graph import share_weights  # noqa: E402


def test_telemetry_is_off_before_the_exporter_may_import_onnxruntime(monkeypatch):
    seen = []

    def export(*_, **__):
        seen.append(os.environ.get(TELEMETRY))
        raise KeyError

    monkeypatch.delenv(TELEMETRY)
    monkeypatch.setattr(onnx_graph, "require", lambda *_: seen.append(os.environ.get(TELEMETRY)))
    monkeypatch.setattr(onnx_graph.torch.onnx, "export", export)
    with pytest.raises(KeyError):
        onnx_graph.to_onnx(SimpleNamespace(config=SimpleNamespace(height=8, width=8), output_names=[]))
    assert seen == [None, "1", "1"]  # the package onnx, which has nothing to do with it, and then the exporter's


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
