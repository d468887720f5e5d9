# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Look into an ONNX file without loading it.

The runtime must judge a file before any backend parses it, on robots where the ``onnx`` package is not installed. All
records are read and checked against ``onnx_messages``; the weights are measured, never copied.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from fusion_perception.engine import onnx_messages
from fusion_perception.engine.onnx_tensor import TensorSpec, Weights, read_weights
from fusion_perception.engine.onnx_wire import (
    MAX_NAME,
    NotAcceptedError,
    Span,
    WireError,
    read_message,
    read_signed,
    read_text,
)

IR_VERSIONS = range(8, 11)
"""Versions of the file format: 10 is what the export writes, and what ONNX Runtime reads from 1.18 on."""

OPSET = 18
"""The operator set that the export writes: TensorRT 10.3's parser reads 9 to 20."""

MAX_NODES = 20_000
"""Most nodes, weights and described values; the largest graph of this package has below 5000 nodes."""

MAX_STRUCTURE = 8 << 20
"""Most bytes of nodes and descriptions, all but the weights: a second or two of reading; 0.5 MB is the most today."""

_MAX_METADATA = 1 << 20  # bytes of one text in the metadata

_ATTRIBUTE_KINDS = {1: ("f", float), 2: ("i", int), 3: ("s", str), 7: ("ints", tuple)}

Value = float | int | str | tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One operation.

    Attributes:
        kind: operator type, with ``domain::`` in front unless it is the default one.
        inputs: names of what it reads; empty for an optional input that is left out.
        outputs: names of what it writes.
        attributes: name -> value.
        span: where it lies in the file, with its tag.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Value]
    span: Span


@dataclass
class ModelScan:
    """What one walk over a model finds.

    Attributes:
        ir_version: version of the file format.
        opset: version of the default operator set.
        producer: the program that wrote the file.
        metadata: ``metadata_props`` as a dictionary.
        inputs: graph inputs that are not initialisers.
        outputs: graph outputs.
        nodes: operations in order.
        weights: name -> initialiser.
        graph_span: first and last byte of the graph record, for a checksum.
    """

    ir_version: int = 0
    opset: int = 0
    producer: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Weights] = field(default_factory=dict)
    graph_span: Span = (0, 0)

    @property
    def operators(self) -> set[str]:
        """Operator types, with ``domain::`` in front unless it is the default one."""
        return {node.kind for node in self.nodes}


def scan_model(data: bytes) -> ModelScan:
    """Read a serialised ModelProto, without its weights.

    Raises:
        NotAcceptedError: it holds a part that the export does not write; completes "it holds ...".
        WireError: the bytes are cut short, damaged, or no ONNX model; completes "the file ..." and gives the byte.
    """
    view, scan = memoryview(data), ModelScan()
    opsets: dict[str, int] = {}
    graph: Span | None = None
    try:
        for name, record in read_message(view, (0, len(view)), onnx_messages.MODEL):
            if name == "ir_version":
                scan.ir_version = record.value
            elif name == "producer_name":
                scan.producer = read_text(view, record, MAX_NAME)
            elif name == "graph":
                graph = record.span
            elif name == "opset_import":
                domain, version = _operator_set(view, record.span)
                if domain in opsets:
                    raise NotAcceptedError(f"the operator set '{domain}' twice")
                opsets[domain] = version
            elif name == "metadata_props":
                key, value = _entry(view, record.span)
                if key in scan.metadata:
                    raise NotAcceptedError(f"the metadata '{key}' twice")
                scan.metadata[key] = value
    except NotAcceptedError:
        if scan.ir_version == 0:  # whatever it is, no model of any kind
            raise WireError("it holds no ONNX graph") from None
        raise
    if graph is None or scan.ir_version == 0:
        raise WireError("it holds no ONNX graph")
    if scan.ir_version not in IR_VERSIONS:
        allowed = f"{IR_VERSIONS[0]} to {IR_VERSIONS[-1]}"
        raise NotAcceptedError(f"version {scan.ir_version} of the file format (allowed: {allowed})")
    if opsets != {"": OPSET}:
        found = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in opsets.items()) or "none"
        raise NotAcceptedError(f"the operator sets {found} (allowed: ai.onnx {OPSET})")
    scan.opset, scan.graph_span = OPSET, graph
    _read_graph(view, graph, scan)
    return scan


def _operator_set(data: memoryview, span: Span) -> tuple[str, int]:
    domain, version = "", 0
    for name, record in read_message(data, span, onnx_messages.OPERATOR_SET):
        if name == "domain":
            domain = read_text(data, record, MAX_NAME)
        else:
            version = record.value
    return ("" if domain == "ai.onnx" else domain), version


def _entry(data: memoryview, span: Span) -> tuple[str, str]:
    texts = {n: read_text(data, r, _MAX_METADATA) for n, r in read_message(data, span, onnx_messages.ENTRY)}
    return texts.get("key", ""), texts.get("value", "")


def _read_graph(data: memoryview, span: Span, scan: ModelScan) -> None:
    inputs = []
    described = structure = 0
    for name, record in read_message(data, span, onnx_messages.GRAPH):
        structure += 0 if name == "initializer" else record.end - record.start
        if structure > MAX_STRUCTURE:
            raise NotAcceptedError(f"more than {MAX_STRUCTURE >> 20} MiB of nodes and descriptions")
        if name == "node":
            scan.nodes.append(_node(data, record.span, (record.start, record.end)))
        elif name == "initializer":
            weights = read_weights(data, record.span, (record.start, record.end))
            if weights.name in scan.weights:
                raise NotAcceptedError(f"the tensor '{weights.name}' twice")
            scan.weights[weights.name] = weights
        elif name == "input":
            inputs.append(read_value(data, record.span))
        elif name == "output":
            scan.outputs.append(read_value(data, record.span))
        elif name == "value_info":
            read_value(data, record.span)
            described += 1
        if max(len(scan.nodes), len(scan.weights), len(inputs), len(scan.outputs), described) > MAX_NODES:
            raise NotAcceptedError(f"more than {MAX_NODES} nodes, tensors or described values")
    scan.inputs = [spec for spec in inputs if spec.name not in scan.weights]


def _node(data: memoryview, span: Span, whole: Span) -> Node:
    kind, domain = "", ""
    inputs, outputs = [], []
    attributes: dict[str, Value] = {}
    for name, record in read_message(data, span, onnx_messages.NODE):
        if name == "attribute":
            key, value = _attribute(data, record.span)
            if key in attributes:
                raise NotAcceptedError(f"the attribute '{key}' twice in a node, at byte {record.start}")
            attributes[key] = value
            continue
        text = read_text(data, record, MAX_NAME)
        if name == "input":
            inputs.append(text)
        elif name == "output":
            outputs.append(text)
        elif name == "op_type":
            kind = text
        elif name == "domain":
            domain = text
    kind = kind if domain in {"", "ai.onnx"} else f"{domain}::{kind}"
    return Node(kind, tuple(inputs), tuple(outputs), attributes, whole)


def _attribute(data: memoryview, span: Span) -> tuple[str, Value]:
    key, kind = "", 0
    values: dict[str, Value] = {}
    ints: list[int] = []
    for name, record in read_message(data, span, onnx_messages.ATTRIBUTE):
        if name == "name":
            key = read_text(data, record, MAX_NAME)
        elif name == "type":
            kind = record.value
        elif name == "f":
            values["f"] = float(struct.unpack("<f", data[record.body : record.end])[0])
        elif name == "i":
            values["i"] = read_signed(record.value)
        elif name == "s":
            values["s"] = read_text(data, record, MAX_NAME)
        elif name == "ints":
            ints.append(read_signed(record.value))
    if kind == 7:
        values["ints"] = tuple(ints)
    expected, _ = _ATTRIBUTE_KINDS.get(kind, ("", None))
    if set(values) != {expected} or (ints and kind != 7):
        raise NotAcceptedError(f"the attribute '{key}' of type {kind} with the values {sorted(values) or 'none'}")
    return key, values[expected]


def read_value(data: memoryview, span: Span) -> TensorSpec:
    """Read the description of a value: its name, element type and shape."""
    value, dtype = "", 0
    shape: list[int] = []
    for name, record in read_message(data, span, onnx_messages.VALUE):
        if name == "name":
            value = read_text(data, record, MAX_NAME)
        elif name == "type":
            for _, kind in read_message(data, record.span, onnx_messages.TYPE):
                for part, inner in read_message(data, kind.span, onnx_messages.TENSOR_TYPE):
                    if part == "elem_type":
                        dtype = inner.value
                    else:
                        shape = [
                            _dimension(data, dim.span) for _, dim in read_message(data, inner.span, onnx_messages.SHAPE)
                        ]
    return TensorSpec(value, dtype, tuple(shape))


def _dimension(data: memoryview, span: Span) -> int:
    found = [
        read_signed(r.value) if n == "dim_value" else -1 for n, r in read_message(data, span, onnx_messages.DIMENSION)
    ]
    return found[0] if len(found) == 1 else -1
