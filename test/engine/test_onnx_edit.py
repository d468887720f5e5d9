# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Edits of a model's bytes; taking outputs away is tested in test_model_file.py."""

import numpy as np
import pytest

from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.onnx_edit import without_outer_products
from fusion_perception.engine.onnx_scan import scan_model

from .tiny_model import HEIGHT, WIDTH, random_pair, tiny_graph, tiny_model, tiny_reference

onnx = pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")


def with_outer_product():
    """The tiny model, thermal spread over the three channels by a product with ones, as exports do it."""
    graph = tiny_graph()
    nodes = list(graph.graph.node)
    place = next(i for i, node in enumerate(nodes) if node.output[0] == "t3")
    nodes[place : place + 1] = [
        onnx.helper.make_node("Reshape", ["t", "column"], ["t_column"], name="column"),
        onnx.helper.make_node("MatMul", ["t_column", "ones"], ["t_spread"], name="spread", doc_string="kept"),
        onnx.helper.make_node("Reshape", ["t_spread", "hwc"], ["t3"]),
    ]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    for name, value in {
        "column": np.array([HEIGHT * WIDTH, 1]),
        "ones": np.ones((1, 3), np.float32),
        "hwc": np.array([HEIGHT, WIDTH, 3]),
    }.items():
        graph.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    return graph


def test_only_the_product_is_another():
    before = with_outer_product()
    after = onnx.load_from_string(without_outer_products(before.SerializeToString()))
    (node,) = (node for node in after.graph.node if node.name == "spread")
    assert node.op_type == "Mul"
    node.op_type = "MatMul"
    assert after == before


def test_the_values_are_the_same(tmp_path):
    ort = pytest.importorskip("onnxruntime", reason="runs both")
    session = ort.InferenceSession(without_outer_products(with_outer_product().SerializeToString()))
    thermal, rgb = random_pair()
    fused, *_ = session.run(None, {"thermal": thermal, "rgb": rgb})
    np.testing.assert_array_equal(fused, tiny_reference(thermal, rgb).fused)


def test_other_models_stay_as_they_are():
    data = tiny_model()
    assert without_outer_products(data) == data


@pytest.mark.parametrize("name", ["realtime", "quality"])
def test_the_shipped_models_have_no_other_products(name):
    from fusion_perception.model_store import find_model

    file = open_model_file(find_model(name))
    assert "MatMul" in scan_model(file.data).operators
    assert not {"MatMul", "Gemm"} & scan_model(without_outer_products(file.data)).operators
