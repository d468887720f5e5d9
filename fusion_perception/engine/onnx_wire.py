# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Look into an ONNX file without loading it: a bounds-checked walk over its protobuf records.

The runtime must judge a file before any backend parses it, on robots where the ``onnx`` package is
not installed. Only the handful of records that matter are decoded; weights are skipped, never copied.
Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

UINT8 = 2
"""TensorProto.DataType of uint8."""

_EXTERNAL = 1  # TensorProto.DataLocation
_MAX_DEPTH = 16  # graphs inside attributes of nodes inside graphs ...


class WireError(ValueError):
    """The bytes are not well-formed protobuf, or not an ONNX model."""


@dataclass(frozen=True)
class TensorSpec:
    """Name, element type and shape of a graph input or output; -1 stands for a free dimension."""

    name: str
    dtype: int
    shape: tuple[int, ...]


@dataclass
class ModelScan:
    """What one walk over a model finds.

    Attributes:
        ir_version: version of the file format; 0 if absent.
        opset: version of the default operator set; 0 if absent.
        producer: the program that wrote the file.
        metadata: ``metadata_props`` as a dictionary.
        inputs: graph inputs that are not initialisers.
        outputs: graph outputs.
        operators: ``domain::type`` of every node, ``type`` alone for the default domain.
        external: names of tensors whose values lie outside the file.
        graph_span: first and last byte of the graph record, for a checksum.
    """

    ir_version: int = 0
    opset: int = 0
    producer: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    operators: set[str] = field(default_factory=set)
    external: list[str] = field(default_factory=list)
    graph_span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Field:
    """One record: its number, its value, and the bytes it occupies with and without its tag."""

    number: int
    value: int  # of a varint; 0 for others
    start: int
    body: int
    end: int
    is_bytes: bool


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= end:
            raise WireError(f"it ends in the middle of a number at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise WireError(f"it has no valid number at byte {at}")


def _fields(data: memoryview, at: int, end: int) -> Iterator[_Field]:
    while at < end:
        start = at
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise WireError(f"it has an invalid record at byte {start}")
        value, body = 0, at
        if wire == 0:
            value, at = _varint(data, at, end)
        elif wire == 2:
            length, body = _varint(data, at, end)
            at = body + length
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        else:
            raise WireError(f"it has an unknown kind of record at byte {start}")
        if at > end:
            raise WireError(f"a record at byte {start} needs {at - end} bytes more than there are")
        yield _Field(number, value, start, body, at, wire == 2)


def _text(data: memoryview, record: _Field) -> str:
    try:
        return bytes(data[record.body : record.end]).decode()
    except UnicodeDecodeError as error:
        raise WireError(f"it has damaged text at byte {record.body}") from error


def _messages(data: memoryview, span: tuple[int, int], number: int) -> Iterator[tuple[int, int]]:
    for record in _fields(data, *span):
        if record.number == number:
            if not record.is_bytes:
                raise WireError(f"it has a number where a record should be at byte {record.start}")
            yield record.body, record.end


def _value_info(data: memoryview, span: tuple[int, int]) -> TensorSpec:
    name, dtype, shape = "", 0, []
    for record in _fields(data, *span):
        if record.number == 1:
            name = _text(data, record)
        elif record.number == 2 and record.is_bytes:  # TypeProto
            for tensor in _messages(data, (record.body, record.end), 1):
                for part in _fields(data, *tensor):
                    if part.number == 1:
                        dtype = part.value
                for dims in _messages(data, tensor, 2):
                    for dim in _messages(data, dims, 1):
                        values = [p.value for p in _fields(data, *dim) if p.number == 1 and not p.is_bytes]
                        shape.append(values[-1] if values else -1)
    return TensorSpec(name, dtype, tuple(shape))


def _scan_tensor(data: memoryview, span: tuple[int, int], scan: ModelScan) -> str:
    name, outside = "", False
    for record in _fields(data, *span):
        if record.number == 8:
            name = _text(data, record)
        elif record.number == 13 or (record.number == 14 and record.value == _EXTERNAL):
            outside = True
    if outside:
        scan.external.append(name)
    return name


def _scan_node(data: memoryview, span: tuple[int, int], scan: ModelScan, depth: int) -> None:
    kind, domain = "", ""
    for record in _fields(data, *span):
        if record.number == 4:
            kind = _text(data, record)
        elif record.number == 7:
            domain = _text(data, record)
        elif record.number == 5 and record.is_bytes:  # AttributeProto
            for part in _fields(data, record.body, record.end):
                if not part.is_bytes:
                    continue
                inner = (part.body, part.end)
                if part.number in {5, 10}:
                    _scan_tensor(data, inner, scan)
                elif part.number in {6, 11}:
                    _scan_graph(data, inner, scan, depth + 1)
                elif part.number in {22, 23}:
                    _scan_sparse(data, inner, scan)
    scan.operators.add(kind if domain in {"", "ai.onnx"} else f"{domain}::{kind}")


def _scan_sparse(data: memoryview, span: tuple[int, int], scan: ModelScan) -> None:
    for record in _fields(data, *span):
        if record.number in {1, 2} and record.is_bytes:
            _scan_tensor(data, (record.body, record.end), scan)


def _scan_graph(data: memoryview, span: tuple[int, int], scan: ModelScan, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise WireError(f"its graphs are nested deeper than {_MAX_DEPTH}")
    initialisers = set()
    inputs, outputs = [], []
    for record in _fields(data, *span):
        inner = (record.body, record.end)
        if not record.is_bytes:
            continue
        if record.number == 1:
            _scan_node(data, inner, scan, depth)
        elif record.number == 5:
            initialisers.add(_scan_tensor(data, inner, scan))
        elif record.number == 15:
            _scan_sparse(data, inner, scan)
        elif record.number == 11 and depth == 0:
            inputs.append(_value_info(data, inner))
        elif record.number == 12 and depth == 0:
            outputs.append(_value_info(data, inner))
    if depth == 0:
        scan.inputs = [spec for spec in inputs if spec.name not in initialisers]
        scan.outputs = outputs


def _pair(data: memoryview, span: tuple[int, int]) -> tuple[str, str]:
    texts = {r.number: _text(data, r) for r in _fields(data, *span) if r.is_bytes and r.number in {1, 2}}
    return texts.get(1, ""), texts.get(2, "")


def scan_model(data: bytes) -> ModelScan:
    """Walk over a serialised ModelProto.

    Raises:
        WireError: the bytes are cut short, damaged, or no ONNX model; the message completes the
            sentence "the file ..." and gives the byte.
    """
    view, scan = memoryview(data), ModelScan()
    graphs = 0
    for record in _fields(view, 0, len(view)):
        inner = (record.body, record.end)
        if record.number == 1 and not record.is_bytes:
            scan.ir_version = record.value
        elif not record.is_bytes:
            continue
        elif record.number == 2:
            scan.producer = _text(view, record)
        elif record.number == 7:
            graphs += 1
            scan.graph_span = inner
            _scan_graph(view, inner, scan)
        elif record.number == 8:
            domain, version = "", 0
            for part in _fields(view, *inner):
                if part.number == 1:
                    domain = _text(view, part)
                elif part.number == 2:
                    version = part.value
            if domain in {"", "ai.onnx"}:
                scan.opset = version
        elif record.number == 14:
            key, value = _pair(view, inner)
            scan.metadata[key] = value
        elif record.number == 25:  # FunctionProto
            for node in _messages(view, inner, 7):
                _scan_node(view, node, scan, 0)
    if graphs != 1 or scan.ir_version == 0:
        raise WireError("it holds no ONNX graph")
    return scan


def _encode_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _encode(number: int, body: bytes) -> bytes:
    return _encode_varint(number << 3 | 2) + _encode_varint(len(body)) + body


def append_metadata(data: bytes, key: str, value: str) -> bytes:
    """Return the model with one more ``metadata_props`` entry; the rest stays byte for byte."""
    return data + _encode(14, _encode(1, key.encode()) + _encode(2, value.encode()))


def without_outputs(data: bytes, names: set[str]) -> bytes:
    """Return the model without some graph outputs and without what only they needed.

    A subgraph may read any value of the graph around it, so a kept node keeps everything that its
    subgraphs mention.
    """
    view = memoryview(data)
    start, end = scan_model(data).graph_span
    records = list(_fields(view, start, end))

    needed: set[str] = set()
    for record in records:
        if record.number == 12:
            name = _value_info(view, (record.body, record.end)).name
            if name not in names:
                needed.add(name)
    kept_nodes: set[int] = set()
    for record in reversed(records):  # nodes are stored in topological order
        if record.number != 1:
            continue
        reads, writes = _node_values(view, (record.body, record.end))
        if writes & needed:
            kept_nodes.add(record.start)
            needed |= reads

    def keep(record: _Field) -> bool:
        inner = (record.body, record.end)
        if record.number == 1:
            return record.start in kept_nodes
        if record.number == 5:
            return _tensor_name(view, inner) in needed
        if record.number == 12:
            return _value_info(view, inner).name not in names
        return record.number != 13  # value_info: shapes are inferred again

    graph = b"".join(view[r.start : r.end] for r in records if keep(r))
    outer = [_encode(7, graph) if r.number == 7 else bytes(view[r.start : r.end]) for r in _fields(view, 0, len(view))]
    return b"".join(outer)


def _tensor_name(data: memoryview, span: tuple[int, int]) -> str:
    return next((_text(data, r) for r in _fields(data, *span) if r.number == 8), "")


def _node_values(data: memoryview, span: tuple[int, int]) -> tuple[set[str], set[str]]:
    reads: set[str] = set()
    writes: set[str] = set()

    def visit_graph(inner: tuple[int, int]) -> None:
        for node in _messages(data, inner, 1):
            reads.update(_node_values(data, node)[0])
        for output in _messages(data, inner, 12):
            reads.add(_value_info(data, output).name)

    collect: dict[int, Callable[[str], None]] = {1: reads.add, 2: writes.add}
    for record in _fields(data, *span):
        if record.number in collect:
            collect[record.number](_text(data, record))
        elif record.number == 5 and record.is_bytes:
            for part in _fields(data, record.body, record.end):
                if part.number in {6, 11} and part.is_bytes:
                    visit_graph((part.body, part.end))
    writes.discard("")
    reads.discard("")
    return reads, writes
