# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes and cost of the operators that compute: elements, sums, products, windows.

See ``onnx_layout`` for where the rules come from.
"""

from __future__ import annotations

from math import floor, prod

from fusion_perception.engine.onnx_call import (
    BadNodeError,
    Call,
    Known,
    Result,
    Shape,
    axis_of,
    broadcast,
    one,
    present,
)
from fusion_perception.engine.onnx_tensor import BOOL, INT64


def elementwise(call: Call) -> Result:
    """Any number of tensors, broadcast together."""
    call.given(0)
    known = present(call)
    return one(known[0].dtype, broadcast(*(value.shape for value in known)))


def comparison(call: Call) -> Result:
    """As ``elementwise``, with a truth value."""
    ((_, shape),), _ = elementwise(call)
    return one(BOOL, shape)


def where(call: Call) -> Result:
    """Condition, and two tensors to choose from."""
    a, b = call.given(1), call.given(2)
    if a.dtype != b.dtype:
        raise BadNodeError("its inputs have different element types")
    return one(a.dtype, broadcast(call.given(0).shape, a.shape, b.shape))


def cast(call: Call) -> Result:
    """Another element type."""
    return one(call.number("to", 0), call.given(0).shape)


def quantise(call: Call) -> Result:
    """QuantizeLinear: the element type of the zero point."""
    return one(call.given(2).dtype, call.given(0).shape)


def dequantise(call: Call) -> Result:
    """DequantizeLinear: the element type of the scale."""
    return one(call.given(1).dtype, call.given(0).shape)


def resize(call: Call) -> Result:
    """Another size, by scales or by sizes."""
    data = call.given(0)
    if call.has(1) or call.has(2) == call.has(3):
        raise BadNodeError("it needs scales or sizes, and no region")
    if call.has(3):
        shape = [int(size) for size in call.integers(3)]
    else:
        scales = call.constants(2)
        if not all(0 < scale <= 1 << 16 for scale in scales):
            raise BadNodeError(f"scales {list(scales)}")
        shape = [floor(size * scale) for size, scale in zip(data.shape, scales, strict=False)]
    if len(shape) != len(data.shape) or min(shape, default=0) < 1:
        raise BadNodeError(f"shape {list(data.shape)} does not become {shape}")
    return one(data.dtype, shape, 8 * prod(shape))


def reduce(call: Call) -> Result:
    """A sum, mean or extreme along axes."""
    data = call.given(0)
    rank = len(data.shape)
    axes = call.integers(1) if call.has(1) else ()
    if not axes and call.number("noop_with_empty_axes", 0):
        return one(data.dtype, data.shape)
    places = {axis_of(axis, rank) for axis in (axes or range(rank))}
    return _reduced(data, places, call, data.dtype)


def arg_extreme(call: Call) -> Result:
    """The number of the largest or smallest entry along an axis."""
    data = call.given(0)
    return _reduced(data, {axis_of(call.number("axis", 0), len(data.shape))}, call, INT64)


def _reduced(data: Known, places: set[int], call: Call, dtype: int) -> Result:
    keep = call.number("keepdims", 1)
    shape = [1 if i in places else size for i, size in enumerate(data.shape) if keep or i not in places]
    return one(dtype, shape, data.elements)


def matmul(call: Call) -> Result:
    """Matrix product, broadcast over the leading axes."""
    a, b = call.given(0), call.given(1)
    if min(len(a.shape), len(b.shape)) < 2 or a.shape[-1] != b.shape[-2]:
        raise BadNodeError(f"no product of the shapes {list(a.shape)} and {list(b.shape)}")
    shape = (*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    return one(a.dtype, shape, prod(shape) * a.shape[-1])


def gemm(call: Call) -> Result:
    """Matrix product with an addend."""
    a, b = call.given(0).shape, call.given(1).shape
    if len(a) != 2 or len(b) != 2:
        raise BadNodeError(f"no product of the shapes {list(a)} and {list(b)}")
    rows, inner = a[::-1] if call.number("transA", 0) else a
    other, columns = b[::-1] if call.number("transB", 0) else b
    if inner != other:
        raise BadNodeError(f"no product of the shapes {list(a)} and {list(b)}")
    return one(call.given(0).dtype, (rows, columns), rows * columns * inner)


def same_with_parameters(call: Call) -> Result:
    """The shape of the first input; the others are parameters of its channels."""
    data = call.given(0)
    return one(data.dtype, data.shape, 4 * data.elements)


def _window(call: Call, sizes: Shape, kernel: Shape) -> list[int]:
    """Sizes after a window has gone over a padded image."""
    rank = len(sizes)
    strides, dilations = call.numbers("strides", (1,) * rank), call.numbers("dilations", (1,) * rank)
    pads = call.numbers("pads", (0,) * (2 * rank))
    if (len(kernel), len(strides), len(dilations), len(pads)) != (rank, rank, rank, 2 * rank) or not rank:
        raise BadNodeError(f"a window {list(kernel)} over {rank} dimensions")
    result = []
    for i, size in enumerate(sizes):
        room = size + pads[i] + pads[rank + i] - dilations[i] * (kernel[i] - 1) - 1
        if room < 0:
            raise BadNodeError(f"a window {list(kernel)} that is larger than the image {list(sizes)}")
        result.append(room // strides[i] + 1)
    return result


def convolution(call: Call) -> Result:
    """Conv."""
    data, weights = call.given(0), call.given(1)
    group = call.number("group", 1)
    kernel = call.numbers("kernel_shape", weights.shape[2:])
    fits = (
        len(data.shape) == len(weights.shape) >= 3
        and kernel == weights.shape[2:]
        and data.shape[1] == weights.shape[1] * group
        and weights.shape[0] % group == 0
        and (not call.has(2) or call.given(2).shape == (weights.shape[0],))
    )
    if not fits:
        raise BadNodeError(f"weights {list(weights.shape)} in {group} groups do not fit the input {list(data.shape)}")
    shape = (data.shape[0], weights.shape[0], *_window(call, data.shape[2:], kernel))
    return one(data.dtype, shape, prod(shape) * prod(weights.shape[1:]))


def transposed_convolution(call: Call) -> Result:
    """ConvTranspose."""
    data, weights = call.given(0), call.given(1)
    group, rank = call.number("group", 1), len(data.shape) - 2
    kernel = call.numbers("kernel_shape", weights.shape[2:])
    strides, dilations = call.numbers("strides", (1,) * rank), call.numbers("dilations", (1,) * rank)
    pads, more = call.numbers("pads", (0,) * (2 * rank)), call.numbers("output_padding", (0,) * rank)
    fits = (
        len(data.shape) == len(weights.shape) >= 3
        and kernel == weights.shape[2:]
        and data.shape[1] == weights.shape[0]
        and data.shape[1] % group == 0
        and (len(strides), len(dilations), len(pads), len(more)) == (rank, rank, 2 * rank, rank)
    )
    if not fits:
        raise BadNodeError(f"weights {list(weights.shape)} in {group} groups do not fit the input {list(data.shape)}")
    sizes = [
        (size - 1) * strides[i] + more[i] + dilations[i] * (kernel[i] - 1) + 1 - pads[i] - pads[rank + i]
        for i, size in enumerate(data.shape[2:])
    ]
    if min(sizes) < 1:
        raise BadNodeError(f"a window {list(kernel)} that leaves nothing of the image {list(data.shape)}")
    shape = (data.shape[0], weights.shape[1] * group, *sizes)
    return one(data.dtype, shape, data.elements * prod(weights.shape[1:]))


def pool(call: Call) -> Result:
    """AveragePool and MaxPool."""
    data, kernel = call.given(0), call.numbers("kernel_shape", ())
    if len(data.shape) < 3:
        raise BadNodeError(f"an image of shape {list(data.shape)}")
    shape = (*data.shape[:2], *_window(call, data.shape[2:], kernel))
    return one(data.dtype, shape, prod(shape) * prod(kernel))


def global_pool(call: Call) -> Result:
    """One value a channel."""
    data = call.given(0)
    return one(data.dtype, (*data.shape[:2], *(1 for _ in data.shape[2:])), data.elements)


def power(call: Call) -> Result:
    """Pow: the exponent may have another element type."""
    data = call.given(0)
    return one(data.dtype, broadcast(data.shape, call.given(1).shape))
