# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Add metadata to an ONNX file, or take outputs away, byte for byte as it was elsewhere."""

from __future__ import annotations

from fusion_perception.engine import onnx_messages
from fusion_perception.engine.onnx_scan import read_value, scan_model
from fusion_perception.engine.onnx_wire import encode_field, read_message, records


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
    parts = [
        encode_field(7, bytes(graph)) if r.number == 7 else bytes(view[r.start : r.end])
        for r in records(view, (0, len(view)))
    ]
    return b"".join(parts)
