# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Sums that TensorRT adds inside a convolution: the convolution's own result is not rounded before."""

from __future__ import annotations

from typing import Any

_PAIR = ("QuantizeLinear", "DequantizeLinear")


def free_sums(proto: Any) -> Any:
    """Take one quantisation away from each sum of quantised operands, in place, and return the graph.

    TensorRT computes ``sum = convolution + residual`` in one kernel, in INT8, if the residual is quantised and the
    convolution's result goes into the sum as it is. Of operands that come out of a convolution and go nowhere else, the
    last one computed loses its pair; the others are residuals. A sum without such an operand stays as it is.

    Args:
        proto: ``onnx.ModelProto`` whose nodes are in topological order.
    """
    graph = proto.graph
    producers = {name: (at, node) for at, node in enumerate(graph.node) for name in node.output}
    readers: dict[str, int] = {}
    for node in graph.node:
        for name in node.input:
            readers[name] = readers.get(name, 0) + 1
    for output in graph.output:
        readers[output.name] = readers.get(output.name, 0) + 1

    def rounded_convolution(name: str) -> tuple[int, str] | None:
        """Return place and name of a convolution's result that reaches this reader alone, by way of one pair."""
        for kind in reversed(_PAIR):
            _, node = producers.get(name, (0, None))
            if node is None or node.op_type != kind or readers[name] != 1:
                return None
            name = node.input[0]
        at, node = producers.get(name, (0, None))
        return (at, name) if node is not None and node.op_type == "Conv" and readers[name] == 1 else None

    gone: set[str] = set()  # outputs of the nodes that are left out
    for node in graph.node:
        if node.op_type != "Add":
            continue
        found = [(place, slot) for slot, name in enumerate(node.input) if (place := rounded_convolution(name))]
        if found:
            (_, name), slot = max(found)
            _, dequantise = producers[node.input[slot]]
            gone.update((dequantise.output[0], dequantise.input[0]))
            node.input[slot] = name
    kept = [node for node in graph.node if not gone.intersection(node.output)]
    del graph.node[:]
    graph.node.extend(kept)
    used = {name for node in kept for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(tensors)
    return proto
