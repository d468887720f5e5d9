# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Count the operations of an ONNX graph and the bytes they move."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fusion_perception.errors import ModelError, require

# Element-wise work, and views, that every backend fuses into a neighbour: no traffic of their own.
FUSED = frozenset(
    {
        "Add",
        "And",
        "Cast",
        "Clip",
        "Constant",
        "DequantizeLinear",
        "Div",
        "Equal",
        "Erf",
        "Exp",
        "Expand",
        "Flatten",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Max",
        "Min",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "PRelu",
        "Pow",
        "QuantizeLinear",
        "Reciprocal",
        "Relu",
        "Reshape",
        "Round",
        "Shape",
        "Sigmoid",
        "Sign",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Tanh",
        "Unsqueeze",
        "Where",
    }
)

_MACS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
_VIEWS = frozenset({"Constant", "Flatten", "Identity", "Reshape", "Shape", "Squeeze", "Unsqueeze"})
_BYTES = {1: 4, 2: 1, 3: 1, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 16: 2}  # TensorProto.DataType


@dataclass(frozen=True)
class Node:
    """One operation of the graph.

    Attributes:
        kind: operator type.
        flops: floating-point operations; a multiply-add counts two.
        traffic: bytes read and written; 0 for what is fused into a neighbour.
        integer: it computes on 8-bit integers.
    """

    kind: str
    flops: int
    traffic: int
    integer: bool = False


@dataclass(frozen=True)
class Operations:
    """The operations of a graph.

    Attributes:
        nodes: in the order of the graph.
        parameters: number of weights.
        weight_bytes: their size.
    """

    nodes: tuple[Node, ...] = ()
    parameters: int = 0
    weight_bytes: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    @property
    def flops(self) -> int:
        """Operations of one call."""
        return sum(node.flops for node in self.nodes)

    @property
    def traffic(self) -> int:
        """Bytes of one call."""
        return sum(node.traffic for node in self.nodes)


def count_operations(data: bytes) -> Operations:
    """Count one call of a serialised ONNX model with static shapes.

    Convolutions, transposed convolutions and matrix products are counted exactly; other operators by one
    operation per output element, and views by none. Traffic is that of an ideal fusing backend: every
    operator that is no element-wise follow-up reads its inputs and writes its outputs once.

    Raises:
        BackendError: the package onnx is not installed.
        ModelError: a shape is not static.
    """
    onnx = require("onnx", "counting operations")
    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data), data_prop=True)
    graph = model.graph
    shapes: dict[str, tuple[int, ...]] = {}
    types: dict[str, int] = {}
    for value in [*graph.value_info, *graph.input, *graph.output]:
        tensor = value.type.tensor_type
        shapes[value.name] = tuple(d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim)
        types[value.name] = tensor.elem_type
    weights = {}
    for tensor in graph.initializer:
        shapes[tensor.name], types[tensor.name] = tuple(tensor.dims), tensor.data_type
        weights[tensor.name] = math.prod(tensor.dims)
    quantised = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "DequantizeLinear"}

    def size(name: str) -> int:
        stored = quantised.get(name, name)  # what lies in memory is the integer in front of the dequantisation
        return math.prod(shapes.get(stored, ())) * _BYTES.get(types.get(stored, 1), 4)

    nodes = []
    for node in graph.node:
        outputs = [name for name in node.output if name]
        inputs = [name for name in node.input if name]
        if any(name not in shapes or -1 in shapes[name] for name in outputs):
            raise ModelError(f"the output of a {node.op_type} has no fixed shape; export the model with a fixed size")
        if node.op_type == "Cast" and inputs[0] in weights:  # once, when the model is opened
            nodes.append(Node(node.op_type, 0, 0))
            continue
        traffic = 0 if node.op_type in FUSED else sum(size(name) for name in {*inputs, *outputs})
        integer = node.op_type in _MACS and all(name in quantised for name in inputs[:2])
        nodes.append(Node(node.op_type, _flops(onnx, node, shapes), traffic, integer))
    counted: Counter[str] = Counter()
    for entry in nodes:
        counted[entry.kind] += entry.flops
    weight_bytes = sum(size(name) for name in weights)
    return Operations(tuple(nodes), sum(weights.values()), weight_bytes, dict(counted.most_common()))


def _flops(onnx: Any, node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    kind = node.op_type
    if kind in _VIEWS:
        return 0
    output = math.prod(shapes[node.output[0]])
    if kind == "Conv":  # weight (out, in / groups, kernel...)
        return 2 * output * math.prod(shapes[node.input[1]][1:])
    if kind == "ConvTranspose":  # weight (in, out / groups, kernel...): every input element meets all of it
        return 2 * math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])
    if kind == "MatMul":
        return 2 * output * shapes[node.input[0]][-1]
    if kind == "Gemm":
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        return 2 * output * shapes[node.input[0]][0 if attributes.get("transA") else 1]
    if kind.startswith("Reduce") or kind in {"AveragePool", "MaxPool", "GlobalAveragePool", "ArgMax", "Softmax"}:
        return math.prod(shapes.get(node.input[0], ())) or output
    return sum(math.prod(shapes[name]) for name in node.output if name)
