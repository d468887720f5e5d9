# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The operators that a model file may hold: those that the export writes for the networks of this package.

An operator that a new network needs is added here with its attributes and its rule of arithmetic. Control flow, random
numbers, operators whose output depends on the data, and everything of another domain stay out: their cost is not known
before they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from fusion_perception.engine import onnx_arithmetic as arithmetic
from fusion_perception.engine import onnx_layout as layout
from fusion_perception.engine.onnx_call import Rule
from fusion_perception.engine.onnx_scan import Node, Value
from fusion_perception.engine.onnx_tensor import ITEM_BYTES

Allowed = range | tuple[str, ...] | type[float]
"""Allowed values of an attribute: of an integer or of each of a list, of a text, or any finite number."""


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        rule: shapes of its outputs.
        inputs: fewest and most inputs.
        attributes: name -> allowed values.
        lists: names of the attributes that are lists of integers.
        outputs: most outputs.
    """

    rule: Rule
    inputs: tuple[int, int]
    attributes: Mapping[str, Allowed] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    outputs: int = 1

    def objection(self, node: Node) -> str:
        """Return why a node is not accepted; empty if it is."""
        fewest, most = self.inputs
        if not fewest <= len(node.inputs) <= most:
            return f"with {len(node.inputs)} inputs (allowed: {fewest} to {most})"
        if not all(node.inputs[:fewest]):
            return "without an input that it needs"
        if not 1 <= len(node.outputs) <= self.outputs:
            return f"with {len(node.outputs)} outputs (allowed: 1 to {self.outputs})"
        for name, value in node.attributes.items():
            allowed = self.attributes.get(name)
            if allowed is None:
                return f"with the attribute '{name}'"
            if not self._allows(name, value, allowed):
                return f"with '{name}' {value!r}"
        return ""

    def _allows(self, name: str, value: Value, allowed: Allowed) -> bool:
        if isinstance(allowed, range):
            if name in self.lists:
                return isinstance(value, tuple) and len(value) <= _MAX_LIST and all(v in allowed for v in value)
            return isinstance(value, int) and value in allowed
        if isinstance(allowed, tuple):
            return value in allowed
        return isinstance(value, float) and isfinite(value)


_MAX_LIST = 16
_FLAG, _AXIS, _COUNT = range(2), range(-8, 8), range(1, 1 << 16)
_WINDOW: dict[str, Allowed] = {
    "auto_pad": ("NOTSET",),
    "dilations": range(1, 1 << 12),
    "kernel_shape": range(1, 1 << 12),
    "pads": range(1 << 12),
    "strides": range(1, 1 << 12),
}
_WINDOW_LISTS = frozenset({"dilations", "kernel_shape", "pads", "strides", "output_padding"})
_MANY = 64

_REDUCE = Operator(arithmetic.reduce, (1, 2), {"keepdims": _FLAG, "noop_with_empty_axes": _FLAG})
_ARG = Operator(arithmetic.arg_extreme, (1, 1), {"axis": _AXIS, "keepdims": _FLAG, "select_last_index": _FLAG})

_UNARY = "Abs Ceil Erf Exp Floor Identity Log Neg Not Reciprocal Relu Round Sigmoid Sign Softplus Sqrt Tanh"
_BINARY = "Add And Div Mul Or PRelu Sub"
_COMPARISON = "Equal Greater GreaterOrEqual Less LessOrEqual"

OPERATORS: dict[str, Operator] = {
    **{name: Operator(arithmetic.elementwise, (1, 1)) for name in _UNARY.split()},
    **{name: Operator(arithmetic.elementwise, (2, 2)) for name in _BINARY.split()},
    **{name: Operator(arithmetic.comparison, (2, 2)) for name in _COMPARISON.split()},
    **{name: Operator(arithmetic.elementwise, (1, _MANY)) for name in ("Max", "Min")},
    **dict.fromkeys(("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"), _REDUCE),
    **dict.fromkeys(("ArgMax", "ArgMin"), _ARG),
    "Pow": Operator(arithmetic.power, (2, 2)),
    "Where": Operator(arithmetic.where, (3, 3)),
    "Clip": Operator(arithmetic.elementwise, (1, 3)),
    "LeakyRelu": Operator(arithmetic.elementwise, (1, 1), {"alpha": float}),
    "Softmax": Operator(arithmetic.same_with_parameters, (1, 1), {"axis": _AXIS}),
    "Cast": Operator(arithmetic.cast, (1, 1), {"to": range(1, max(ITEM_BYTES) + 1)}),
    "QuantizeLinear": Operator(arithmetic.quantise, (3, 3), {"axis": _AXIS}),
    "DequantizeLinear": Operator(arithmetic.dequantise, (3, 3), {"axis": _AXIS}),
    "Concat": Operator(layout.concat, (1, _MANY), {"axis": _AXIS}),
    "Split": Operator(layout.split, (1, 2), {"axis": _AXIS, "num_outputs": range(1, _MANY + 1)}, outputs=_MANY),
    "Transpose": Operator(layout.transpose, (1, 1), {"perm": range(8)}, frozenset({"perm"})),
    "Reshape": Operator(layout.reshape, (2, 2), {"allowzero": _FLAG}),
    "Expand": Operator(layout.expand, (2, 2)),
    "Tile": Operator(layout.tile, (2, 2)),
    "Unsqueeze": Operator(layout.unsqueeze, (2, 2)),
    "Squeeze": Operator(layout.squeeze, (1, 2)),
    "Gather": Operator(layout.take, (2, 2), {"axis": _AXIS}),
    "GatherElements": Operator(layout.take_elements, (2, 2), {"axis": _AXIS}),
    "GatherND": Operator(layout.take_nd, (2, 2), {"batch_dims": range(1)}),
    "Slice": Operator(layout.slice_, (3, 5)),
    "Pad": Operator(layout.pad, (2, 3), {"mode": ("constant", "reflect")}),
    "Resize": Operator(
        arithmetic.resize,
        (1, 4),
        {
            "antialias": range(1),
            "coordinate_transformation_mode": ("align_corners", "asymmetric", "half_pixel", "pytorch_half_pixel"),
            "cubic_coeff_a": float,
            "exclude_outside": _FLAG,
            "extrapolation_value": float,
            "keep_aspect_ratio_policy": ("stretch",),
            "mode": ("nearest", "linear"),
            "nearest_mode": ("floor", "round_prefer_floor", "ceil", "round_prefer_ceil"),
        },
    ),
    "MatMul": Operator(arithmetic.matmul, (2, 2)),
    "Gemm": Operator(arithmetic.gemm, (2, 3), {"alpha": float, "beta": float, "transA": _FLAG, "transB": _FLAG}),
    "Conv": Operator(arithmetic.convolution, (2, 3), {**_WINDOW, "group": _COUNT}, _WINDOW_LISTS),
    "ConvTranspose": Operator(
        arithmetic.transposed_convolution,
        (2, 3),
        {**_WINDOW, "group": _COUNT, "output_padding": range(1 << 12)},
        _WINDOW_LISTS,
    ),
    "AveragePool": Operator(
        arithmetic.pool, (1, 1), {**_WINDOW, "ceil_mode": range(1), "count_include_pad": _FLAG}, _WINDOW_LISTS
    ),
    "MaxPool": Operator(
        arithmetic.pool, (1, 1), {**_WINDOW, "ceil_mode": range(1), "storage_order": range(1)}, _WINDOW_LISTS
    ),
    "GlobalAveragePool": Operator(arithmetic.global_pool, (1, 1)),
    "DepthToSpace": Operator(layout.depth_to_space, (1, 1), {"blocksize": range(1, 65), "mode": ("DCR", "CRD")}),
    "LayerNormalization": Operator(
        arithmetic.same_with_parameters, (2, 3), {"axis": _AXIS, "epsilon": float, "stash_type": range(1, 2)}
    ),
}
"""Operator type of the default domain -> what is accepted of it."""
