# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the graphs are made with it")

from fusion_perception.lab.export.int8_sums import free_sums  # noqa: E402

SCALE = [
    onnx.numpy_helper.from_array(np.array(0.1, np.float32), "scale"),
    onnx.numpy_helper.from_array(np.array(0, np.int8), "zero"),
]
WEIGHT = onnx.numpy_helper.from_array(np.ones((2, 2, 1, 1), np.float32), "weight")


def node(kind, inputs, output):
    return onnx.helper.make_node(kind, inputs, [output])  # without a name, as ONNX allows


def pair(source, result):
    return [
        node("QuantizeLinear", [source, "scale", "zero"], f"{source}_q"),
        node("DequantizeLinear", [f"{source}_q", "scale", "zero"], result),
    ]


def convolution(source, result):
    return node("Conv", [source, "weight"], result)


def graph(nodes, outputs=("y",)):
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2, 4, 4])
    y = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2, 4, 4]) for name in outputs]
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", [x], y, [*SCALE, WEIGHT]),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=10,
    )
    onnx.checker.check_model(proto, full_check=True)
    return proto


def operands(proto):
    (add,) = (node for node in proto.graph.node if node.op_type == "Add")
    return list(add.input)


def check(nodes, expected, outputs=("y",)):
    proto = graph(nodes, outputs)
    before = len(proto.graph.node)
    assert free_sums(proto) is proto
    assert operands(proto) == expected
    onnx.checker.check_model(proto, full_check=True)
    return before - len(proto.graph.node)


def test_the_result_of_the_convolution_goes_into_the_sum_as_it_is_and_the_residual_is_rounded():
    nodes = [
        *pair("x", "a"),
        convolution("a", "b"),
        *pair("b", "c"),
        node("Add", ["a", "c"], "y"),
    ]
    assert check(nodes, ["a", "b"]) == 2


def test_of_two_convolutions_the_last_one_is_freed():
    nodes = [
        convolution("x", "a"),
        convolution("x", "b"),
        *pair("b", "late"),
        *pair("a", "early"),
        node("Add", ["late", "early"], "y"),
    ]
    assert check(nodes, ["b", "early"]) == 2


def test_a_result_that_goes_elsewhere_too_is_a_residual():
    nodes = [
        convolution("x", "a"),
        *pair("a", "b"),
        convolution("b", "c"),
        node("Relu", ["c"], "d"),
        *pair("d", "e"),
        node("Add", ["b", "e"], "y"),
    ]
    assert check(nodes, ["b", "e"]) == 0, "one operand is read twice, the other comes out of an activation"


def test_a_result_that_the_graph_returns_stays():
    nodes = [convolution("x", "a"), *pair("a", "b"), node("Add", ["b", "x"], "y")]
    assert check(nodes, ["b", "x"], ("y", "a")) == 0


def test_a_tensor_added_to_itself_stays():
    nodes = [convolution("x", "a"), *pair("a", "b"), node("Add", ["b", "b"], "y")]
    assert check(nodes, ["b", "b"]) == 0


def test_constants_that_nobody_reads_any_more_are_left_out():
    nodes = [convolution("x", "a"), *pair("a", "b"), node("Add", ["b", "x"], "y")]
    proto = free_sums(graph(nodes))
    assert [tensor.name for tensor in proto.graph.initializer] == ["weight"]
