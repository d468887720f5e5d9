# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of what TensorRT takes, and the real parser's word on each of them."""

import numpy as np
import pytest

from test import real_tensorrt

onnx = pytest.importorskip("onnx", reason="the operator check reads ONNX graphs")

from fusion_perception.engine.onnx_operators import OPERATORS  # noqa: E402
from fusion_perception.lab.export.operators import PARSER, tensorrt_obstacles  # noqa: E402

helper, kinds = onnx.helper, onnx.TensorProto

needs_parser = pytest.mark.skipif(not real_tensorrt.INSTALLED, reason=real_tensorrt.HINT)


def graph(nodes, initializers=(), opset=18, input_type=kinds.FLOAT, output_type=kinds.FLOAT):
    x = helper.make_tensor_value_info("x", input_type, [4, 4])
    y = helper.make_tensor_value_info("y", output_type, [4, 4])
    return helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], list(initializers)),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=10,
    )


def parser_takes(proto) -> bool:
    return not real_tensorrt.objections(proto.SerializeToString())


def agreed(proto) -> list[str]:
    """The obstacles; where the parser is at hand it must have the same opinion."""
    found = tensorrt_obstacles(proto)
    if real_tensorrt.INSTALLED:
        assert parser_takes(proto) == (not found), found
    return found


def test_an_ordinary_graph_has_no_obstacles():
    assert agreed(graph([helper.make_node("Relu", ["x"], ["y"])])) == []


def test_unsupported_operators_are_named():
    assert agreed(graph([helper.make_node("Det", ["x"], ["y"])])) == ["operator Det"]


def test_other_domains_are_named():
    proto = graph([helper.make_node("Celu", ["x"], ["y"], domain="other")])
    proto.opset_import.append(helper.make_opsetid("other", 1))
    assert tensorrt_obstacles(proto) == ["operator other::Celu", "operator set other 1"]


def test_uint8_belongs_to_casts_at_the_border_alone():
    cast = helper.make_node("Cast", ["x"], ["a"], name="in", to=kinds.FLOAT)
    out = helper.make_node("Cast", ["a"], ["y"], name="out", to=kinds.UINT8)
    assert agreed(graph([cast, out], input_type=kinds.UINT8, output_type=kinds.UINT8)) == []
    wrong = helper.make_node("Transpose", ["x"], ["y"], name="turn")
    found = agreed(graph([wrong], input_type=kinds.UINT8, output_type=kinds.UINT8))
    assert found == ["uint8 inside the graph at Transpose 'turn'"]


def test_uint8_between_two_casts():
    there = helper.make_node("Cast", ["x"], ["a"], name="there", to=kinds.UINT8)
    back = helper.make_node("Cast", ["a"], ["y"], name="back", to=kinds.FLOAT)
    found = agreed(graph([there, back]))
    assert found == [f"uint8 inside the graph at Cast '{name}'" for name in ("back", "there")]


def quantisation(zero, scale=0.1):
    constants = [
        onnx.numpy_helper.from_array(np.array(scale, np.float32), "scale"),
        onnx.numpy_helper.from_array(np.array(zero), "zero"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="q"),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"], name="d"),
    ]
    return graph(nodes, constants)


@pytest.mark.parametrize(("zero", "good"), [(np.int8(0), True), (np.int8(3), False), (np.uint8(128), False)])
def test_zero_points(zero, good):
    assert (agreed(quantisation(zero)) == []) == good


def test_unsigned_numbers_around_zero_are_left_to_newer_parsers():
    assert tensorrt_obstacles(quantisation(np.uint8(0)))


def test_integers_of_32_bits_are_not_dequantised():
    constants = [
        onnx.numpy_helper.from_array(np.array(0.1, np.float32), "scale"),
        onnx.numpy_helper.from_array(np.array(0, np.int32), "zero"),
        onnx.numpy_helper.from_array(np.ones((4, 4), np.int32), "bias"),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["bias", "scale", "zero"], ["b"], name="d"),
        helper.make_node("Add", ["x", "b"], ["y"]),
    ]
    found = agreed(graph(nodes, constants))
    assert found == ["DequantizeLinear 'd' of another type than int8, or with a zero point not 0"]


def test_an_operator_set_that_no_model_file_has():
    assert "operator set ai.onnx 21" in tensorrt_obstacles(graph([helper.make_node("Relu", ["x"], ["y"])], opset=21))


@needs_parser
class TestParser:
    def test_it_knows_every_operator_that_a_model_file_may_hold(self):
        assert [name for name in OPERATORS if not real_tensorrt.knows(name)] == []

    def test_it_does_not_know_everything(self):
        assert not real_tensorrt.knows("Det")

    def test_it_is_the_one_that_the_export_names(self):
        name, _, release = PARSER.rpartition(" ")
        assert (name, real_tensorrt.version().rpartition(".")[0]) == ("TensorRT-RTX", release)
