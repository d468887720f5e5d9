# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tensors of an ONNX file: kind, shape, and whether the file holds exactly their values."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod

from fusion_perception.engine import onnx_messages
from fusion_perception.engine.onnx_wire import (
    MAX_NAME,
    NotAcceptedError,
    Span,
    read_message,
    read_signed,
    read_text,
    read_varint,
)

FLOAT, UINT8, INT8, INT32, INT64, BOOL, FLOAT16 = 1, 2, 3, 6, 7, 9, 10
"""TensorProto.DataType of the element types that the export writes."""

ITEM_BYTES = {FLOAT: 4, UINT8: 1, INT8: 1, INT32: 4, INT64: 8, BOOL: 1, FLOAT16: 2}
"""Bytes of an element."""

_MAX_RANK = 8
_MAX_ELEMENTS = 1 << 40
_LISTED = 1 << 16  # elements of a tensor that is written as a list of numbers
_IN_INT32 = frozenset({UINT8, INT8, INT32, BOOL})
_FORMATS = {FLOAT: "f", INT32: "i", INT64: "q"}
_SMALL = 64  # elements of a tensor whose values are read: shapes, axes and scales


@dataclass(frozen=True)
class TensorSpec:
    """Name, element type and shape of a value; -1 stands for a free dimension."""

    name: str
    dtype: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Weights(TensorSpec):
    """A tensor of the file.

    Attributes:
        values: its elements where they are at most 64 integers or floats, else None.
        span: where it lies in the file, with its tag.
    """

    values: tuple[float, ...] | None
    span: Span


def _dimensions(dims: list[int]) -> tuple[int, ...]:
    # Nothing is empty but a list, such as the shape of a scalar.
    allowed = all(1 <= d <= _MAX_ELEMENTS for d in dims) or dims == [0]
    if len(dims) > _MAX_RANK or not allowed or prod(dims) > _MAX_ELEMENTS:
        raise NotAcceptedError(f"a tensor of shape {dims[: _MAX_RANK + 1]}")
    return tuple(dims)


def read_weights(data: memoryview, span: Span, whole: Span) -> Weights:
    """Read a tensor; NotAcceptedError where its values are not exactly those of its shape."""
    tensor, dtype, dims = "", 0, []
    stored: dict[str, Span] = {}
    for name, record in read_message(data, span, onnx_messages.TENSOR):
        if name == "name":
            tensor = read_text(data, record, MAX_NAME)
        elif name == "data_type":
            dtype = record.value
        elif name == "dims":
            dims.append(read_signed(record.value))
        elif name != "doc_string":
            stored[name] = record.span
    shape = _dimensions(dims)
    if dtype not in ITEM_BYTES:
        raise NotAcceptedError(f"the tensor '{tensor}' of element type {dtype}")
    if len(stored) != 1:
        raise NotAcceptedError(f"the tensor '{tensor}' with its values in {len(stored)} places")
    ((place, inner),) = stored.items()
    elements = prod(shape)
    size = inner[1] - inner[0]
    values: tuple[float, ...] | None = None
    if (place == "int32_data" and dtype in _IN_INT32) or (place, dtype) == ("int64_data", INT64):
        # One number takes 1 to 10 bytes; long tensors are written as raw bytes.
        fits = elements <= size <= 10 * elements <= 10 * _LISTED
        if fits:
            values = _numbers(data, inner)
            fits = len(values) == elements
    else:
        fits = (place == "raw_data" or (place, dtype) == ("float_data", FLOAT)) and size == elements * ITEM_BYTES[dtype]
        if fits and elements <= _SMALL and dtype in _FORMATS:
            values = struct.unpack(f"<{elements}{_FORMATS[dtype]}", data[inner[0] : inner[1]])
    if not fits:
        raise NotAcceptedError(f"the tensor '{tensor}' of shape {list(shape)} with {size} bytes of {place}")
    return Weights(tensor, dtype, shape, values if elements <= _SMALL else None, whole)


def _numbers(data: memoryview, span: Span) -> tuple[int, ...]:
    numbers, at = [], span[0]
    while at < span[1]:
        number, at = read_varint(data, at, span[1])
        numbers.append(read_signed(number))
    return tuple(numbers)
