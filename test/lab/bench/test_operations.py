# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Counts against figures worked out by hand."""

import pytest

from fusion_perception.errors import ModelError
from fusion_perception.lab.bench.operations import count_operations
from test.engine.tiny_model import HEIGHT, WIDTH, tiny_graph, tiny_model

onnx = pytest.importorskip("onnx", reason="operations are counted with it")

FLOAT, INT8, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT8, onnx.TensorProto.UINT8


def graph_of(nodes, inputs, outputs, weights=()) -> bytes:
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(n, FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, FLOAT, s) for n, s in outputs.items()],
        [helper.make_tensor(n, t, s, bytes(size(t, s)), raw=True) for n, t, s in weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()


def size(kind, shape) -> int:
    count = {FLOAT: 4, INT8: 1, UINT8: 1}[kind]
    for n in shape:
        count *= n
    return count


def only(operations, kind):
    (node,) = [n for n in operations.nodes if n.kind == kind]
    return node


def test_convolution():
    """8 -> 16 channels in 4 groups, 3 x 5 kernel, stride 2: every output element takes 2 * 2 * 15 operations."""
    node = onnx.helper.make_node("Conv", ["x", "w", "b"], ["y"], group=4, strides=[2, 2], pads=[1, 2, 1, 2])
    weights = [("w", FLOAT, [16, 2, 3, 5]), ("b", FLOAT, [16])]
    operations = count_operations(graph_of([node], {"x": [2, 8, 10, 12]}, {"y": [2, 16, 5, 6]}, weights))
    assert operations.flops == 2 * (2 * 16 * 5 * 6) * (2 * 3 * 5)
    assert operations.parameters == 16 * 2 * 15 + 16
    assert operations.weight_bytes == 4 * operations.parameters
    assert operations.traffic == 4 * (2 * 8 * 10 * 12 + 16 * 2 * 15 + 16 + 2 * 16 * 5 * 6)


def test_transposed_convolution():
    """Every input element meets the whole kernel of every output channel."""
    node = onnx.helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2])
    data = graph_of([node], {"x": [1, 6, 7, 9]}, {"y": [1, 4, 14, 18]}, [("w", FLOAT, [6, 4, 2, 2])])
    assert count_operations(data).flops == 2 * (6 * 7 * 9) * (4 * 2 * 2)


def test_transposed_convolution_is_the_convolution_backwards():
    """The gradient of a convolution costs as much as the convolution."""
    forward = onnx.helper.make_node("Conv", ["x", "w"], ["y"])
    backward = onnx.helper.make_node("ConvTranspose", ["y", "w"], ["x"])
    weights = [("w", FLOAT, [5, 3, 3, 3])]
    there = count_operations(graph_of([forward], {"x": [1, 3, 12, 12]}, {"y": [1, 5, 10, 10]}, weights))
    back = count_operations(graph_of([backward], {"y": [1, 5, 10, 10]}, {"x": [1, 3, 12, 12]}, weights))
    assert there.flops == back.flops > 0


def test_matrix_products():
    product = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    data = graph_of([product], {"x": [2, 3, 5, 7]}, {"y": [2, 3, 5, 11]}, [("w", FLOAT, [7, 11])])
    assert count_operations(data).flops == 2 * (2 * 3 * 5 * 11) * 7
    gemm = onnx.helper.make_node("Gemm", ["x", "w"], ["y"], transA=1, transB=1)
    data = graph_of([gemm], {"x": [7, 5]}, {"y": [5, 11]}, [("w", FLOAT, [11, 7])])
    assert count_operations(data).flops == 2 * 5 * 11 * 7


def test_element_wise_work_has_no_traffic_and_views_no_operations():
    nodes = [
        onnx.helper.make_node("Relu", ["x"], ["r"]),
        onnx.helper.make_node("Identity", ["r"], ["i"]),
        onnx.helper.make_node("ReduceMax", ["i"], ["y"], keepdims=0),
    ]
    operations = count_operations(graph_of(nodes, {"x": [4, 5]}, {"y": []}))
    assert only(operations, "Relu").flops == 20
    assert only(operations, "Relu").traffic == 0
    assert only(operations, "Identity").flops == 0
    assert only(operations, "ReduceMax").flops == 20
    assert operations.traffic == 4 * (20 + 1)


def test_quantised_convolution_moves_bytes_and_is_marked():
    helper = onnx.helper
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["xf"]),
        helper.make_node("DequantizeLinear", ["w", "s", "zw"], ["wf"]),
        helper.make_node("Conv", ["xf", "wf"], ["y"]),
    ]
    weights = [("w", INT8, [4, 3, 1, 1]), ("s", FLOAT, []), ("z", UINT8, []), ("zw", INT8, [])]
    operations = count_operations(graph_of(nodes, {"x": [1, 3, 8, 8]}, {"y": [1, 4, 8, 8]}, weights))
    conv = only(operations, "Conv")
    assert conv.integer
    assert conv.traffic == 3 * 64 + 12 + 4 * 4 * 64  # bytes in, floats out
    assert conv.flops == 2 * 4 * 64 * 3
    assert not only(operations, "QuantizeLinear").integer


def test_the_tiny_model():
    operations = count_operations(tiny_model())
    assert operations.by_kind["Conv"] == 2 * 9 * HEIGHT * WIDTH
    assert operations.flops == sum(operations.by_kind.values())
    assert operations.flops > count_operations(tiny_model(attribution=False)).flops


def test_free_shapes():
    graph = tiny_graph()
    for value in [*graph.graph.input, *graph.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "height"
    with pytest.raises(ModelError, match="has no fixed shape; export the model with a fixed size"):
        count_operations(graph.SerializeToString())


def test_weights_that_become_fp32_at_the_start_cost_nothing_in_a_run():
    cast = onnx.helper.make_node("Cast", ["w"], ["v"], to=FLOAT)
    add = onnx.helper.make_node("Add", ["x", "v"], ["y"])
    found = count_operations(graph_of([cast, add], {"x": (1, 8)}, {"y": (1, 8)}, [("w", INT8, (1, 8))]))
    assert (only(found, "Cast").flops, only(found, "Cast").traffic) == (0, 0)
    assert (found.parameters, found.weight_bytes, only(found, "Add").flops) == (8, 8, 8)
