# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What keeps TensorRT's ONNX parser from taking a graph.

The rules are those that a real parser showed: ``test/lab/export/test_operators.py`` puts each of them, and every
operator that a model file may hold, before the parser of TensorRT-RTX, which is TensorRT's and needs no GPU. Older
parsers were not asked.
"""

from __future__ import annotations

from typing import Any

from fusion_perception.engine.onnx_operators import OPERATORS
from fusion_perception.engine.onnx_scan import OPSET
from fusion_perception.errors import require

PARSER = "TensorRT-RTX 1.7.1"
"""Whose parser was asked."""


def tensorrt_obstacles(proto: Any) -> list[str]:
    """Return, in words, everything in a graph that TensorRT does not take; empty if it takes all.

    Checked are the operator set, the operators, that uint8 is at the border alone, where Cast reads or writes it, and
    that quantisation is of signed 8-bit numbers around 0.

    Args:
        proto: an ``onnx.ModelProto``.
    """
    onnx = require("onnx", "checking a graph")
    found = [
        f"operator set {opset.domain or 'ai.onnx'} {opset.version}"
        for opset in proto.opset_import
        if opset.domain not in ("", "ai.onnx") or opset.version != OPSET
    ]
    inferred = onnx.shape_inference.infer_shapes(proto)
    tensors = (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
    uint8 = {t.name for t in tensors if t.type.tensor_type.elem_type == onnx.TensorProto.UINT8}
    uint8 |= {t.name for t in proto.graph.initializer if t.data_type == onnx.TensorProto.UINT8}
    border = {tensor.name for tensor in (*proto.graph.input, *proto.graph.output)}
    constants = {t.name: t for t in proto.graph.initializer}
    for node in proto.graph.node:
        if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS:
            found.append(f"operator {node.domain + '::' if node.domain else ''}{node.op_type}")
            continue
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and len(node.input) > 2:
            zero = constants.get(node.input[2])
            if zero is None or zero.data_type != onnx.TensorProto.INT8 or onnx.numpy_helper.to_array(zero).any():
                found.append(f"{node.op_type} '{node.name}' of another type than int8, or with a zero point not 0")
        else:
            bytes_here = uint8.intersection((*node.input, *node.output))
            if bytes_here and (node.op_type != "Cast" or not bytes_here <= border):
                found.append(f"uint8 inside the graph at {node.op_type} '{node.name}'")
    return sorted(set(found))
