# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What TensorRT 10.3's ONNX parser can build, as far as a graph of this package may use it.

Source: the operator support matrix of the ONNX parser, github.com/onnx/onnx-tensorrt, branch 10.1-GA,
docs/operators.md; 10.3, which JetPack 6.1 and 6.2 ship, is the oldest version this package builds with and
supports no fewer operators. Left out on purpose: control flow, random numbers, operators with data-dependent
shapes, and deprecated ones.
"""

from __future__ import annotations

from typing import Any

from fusion_perception.errors import ModelError, require

_TABLE = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast CastLike Ceil
    Celu Clip Concat Constant ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DeformConv DepthToSpace
    DequantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements
    GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
    GroupNormalization GRU HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN
    LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LRN LSTM LpNormalization LpPool MatMul Max
    MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or Pad Pow PRelu QuantizeLinear Range Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
    Relu Reshape Resize ReverseSequence RNN RoiAlign Round ScatterElements ScatterND Selu Shape Shrink Sigmoid
    Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh
    ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Where Xor
"""

TENSORRT_OPERATORS = frozenset(_TABLE.split())
"""Operator types of the default domain."""

OPSETS = range(9, 21)
"""Operator set versions that the parser reads."""


def tensorrt_obstacles(proto: Any) -> list[str]:
    """Return, in words, everything in a graph that TensorRT 10.3 does not build; empty if it can build all.

    Checked are the operator set, the operators, that uint8 tensors are touched by Cast alone (the matrix: uint8
    only as network input or output), and that zero points of quantisation are 0.

    Args:
        proto: an ``onnx.ModelProto``.
    """
    onnx = require("onnx", "checking a graph")
    found = [
        f"operator set {opset.domain or 'ai.onnx'} {opset.version}"
        for opset in proto.opset_import
        if opset.domain not in ("", "ai.onnx") or opset.version not in OPSETS
    ]
    inferred = onnx.shape_inference.infer_shapes(proto)
    tensors = (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
    uint8 = {t.name for t in tensors if t.type.tensor_type.elem_type == onnx.TensorProto.UINT8}
    uint8 |= {t.name for t in proto.graph.initializer if t.data_type == onnx.TensorProto.UINT8}
    constants = {t.name: t for t in proto.graph.initializer}
    for node in proto.graph.node:
        if node.domain not in ("", "ai.onnx") or node.op_type not in TENSORRT_OPERATORS:
            found.append(f"operator {node.domain + '::' if node.domain else ''}{node.op_type}")
            continue
        quantisation = node.op_type in ("QuantizeLinear", "DequantizeLinear")
        if quantisation and len(node.input) > 2:
            zero = constants.get(node.input[2])
            if zero is None or onnx.numpy_helper.to_array(zero).any() or zero.data_type == onnx.TensorProto.UINT8:
                found.append(f"{node.op_type} '{node.name}' with an unsigned type or a zero point other than 0")
        elif node.op_type != "Cast" and uint8.intersection((*node.input, *node.output)):
            found.append(f"uint8 inside the graph at {node.op_type} '{node.name}'")
    return sorted(set(found))


def check_operators(proto: Any) -> None:
    """Raise ModelError naming everything that TensorRT 10.3 does not build."""
    obstacles = tensorrt_obstacles(proto)
    if obstacles:
        raise ModelError(
            f"the graph has parts that TensorRT 10.3 does not build: {'; '.join(obstacles[:5])}; "
            "rewrite the network without them"
        )
