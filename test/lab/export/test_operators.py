# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the operator check reads ONNX graphs")

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.export.operators import check_operators, tensorrt_obstacles  # noqa: E402

helper, kinds = onnx.helper, onnx.TensorProto


def graph(nodes, initializers=(), opset=18, input_type=kinds.FLOAT, output_type=kinds.FLOAT):
    x = helper.make_tensor_value_info("x", input_type, [4, 4])
    y = helper.make_tensor_value_info("y", output_type, [4, 4])
    return helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], list(initializers)),
        opset_imports=[helper.make_opsetid("", opset)],
    )


def test_an_ordinary_graph_has_no_obstacles():
    proto = graph([helper.make_node("Relu", ["x"], ["y"])])
    assert tensorrt_obstacles(proto) == []
    check_operators(proto)


def test_unsupported_operators_and_domains_are_named():
    proto = graph([helper.make_node("NonZero", ["x"], ["a"]), helper.make_node("Det", ["x"], ["y"])])
    assert tensorrt_obstacles(proto) == ["operator Det", "operator NonZero"]
    with pytest.raises(ModelError, match=r"operator Det; operator NonZero; rewrite the network"):
        check_operators(proto)


def test_uint8_belongs_to_casts_at_the_border_alone():
    cast = helper.make_node("Cast", ["x"], ["a"], name="in", to=kinds.FLOAT)
    out = helper.make_node("Cast", ["a"], ["y"], name="out", to=kinds.UINT8)
    assert tensorrt_obstacles(graph([cast, out], input_type=kinds.UINT8, output_type=kinds.UINT8)) == []
    wrong = helper.make_node("Transpose", ["x"], ["y"], name="turn")
    found = tensorrt_obstacles(graph([wrong], input_type=kinds.UINT8, output_type=kinds.UINT8))
    assert found == ["uint8 inside the graph at Transpose 'turn'"]


@pytest.mark.parametrize(("zero", "good"), [(np.int8(0), True), (np.int8(3), False), (np.uint8(0), False)])
def test_zero_points(zero, good):
    constants = [
        onnx.numpy_helper.from_array(np.array(0.1, np.float32), "scale"),
        onnx.numpy_helper.from_array(np.array(zero), "zero"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="q"),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"], name="d"),
    ]
    assert (tensorrt_obstacles(graph(nodes, constants)) == []) == good


def test_an_operator_set_that_the_parser_does_not_read():
    assert "operator set ai.onnx 21" in tensorrt_obstacles(graph([helper.make_node("Relu", ["x"], ["y"])], opset=21))
