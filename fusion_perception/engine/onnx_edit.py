# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Add metadata to an ONNX file, take outputs away or change products, byte for byte as it was elsewhere."""

from __future__ import annotations

from fusion_perception.engine import onnx_messages
from fusion_perception.engine.onnx_scan import read_value, scan_model
from fusion_perception.engine.onnx_wire import Span, encode_field, read_message, records


def append_metadata(data: bytes, key: str, value: str) -> bytes:
    """Return the model with one more ``metadata_props`` entry; the rest stays byte for byte."""
    return data + encode_field(14, encode_field(1, key.encode()) + encode_field(2, value.encode()))


def without_outputs(data: bytes, names: set[str]) -> bytes:
    """Return the model without some graph outputs and without what only they needed.

    Raises:
        WireError: the bytes are no model that is accepted.
    """
    view, scan = memoryview(data), scan_model(data)
    needed = {spec.name for spec in scan.outputs if spec.name not in names}
    kept: set[int] = set()
    for node in reversed(scan.nodes):  # they are stored in topological order
        if needed.intersection(node.outputs):
            kept.add(node.span[0])
            needed.update(node.inputs)
    kept |= {weights.span[0] for weights in scan.weights.values() if weights.name in needed}
    graph = bytearray()
    for name, record in read_message(view, scan.graph_span, onnx_messages.GRAPH):
        if name in {"node", "initializer"}:
            keep = record.start in kept
        elif name == "output":
            keep = read_value(view, record.span).name not in names
        else:
            keep = name != "value_info"  # shapes are inferred again
        if keep:
            graph += view[record.start : record.end]
    return _with_graph(view, bytes(graph))


def without_outer_products(data: bytes) -> bytes:
    """Return the model with its products of a column (N, 1) and a row (1, M) of the file made element by element.

    The values are the same. Only products whose second factor is such a row, as an initialiser, are changed.

    Raises:
        WireError: the bytes are no model that is accepted.
    """
    view, scan = memoryview(data), scan_model(data)
    rows = {name for name, weights in scan.weights.items() if len(weights.shape) == 2 and weights.shape[0] == 1}
    changed = {node.span[0] for node in scan.nodes if node.kind == "MatMul" and node.inputs[1] in rows}
    graph = bytearray()
    for _, record in read_message(view, scan.graph_span, onnx_messages.GRAPH):
        if record.start in changed:
            graph += encode_field(record.number, _renamed(view, record.span, "Mul"))
        else:
            graph += view[record.start : record.end]
    return _with_graph(view, bytes(graph))


def _renamed(view: memoryview, node: Span, kind: str) -> bytes:
    """Return a node with another operator type."""
    return b"".join(
        encode_field(record.number, kind.encode()) if name == "op_type" else bytes(view[record.start : record.end])
        for name, record in read_message(view, node, onnx_messages.NODE)
    )


def _with_graph(view: memoryview, graph: bytes) -> bytes:
    """Return the model with another graph."""
    parts = [
        encode_field(7, graph) if r.number == 7 else bytes(view[r.start : r.end]) for r in records(view, (0, len(view)))
    ]
    return b"".join(parts)
