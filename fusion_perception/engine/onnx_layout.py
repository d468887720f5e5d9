# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes of the operators that move elements: parts, axes, order, repetition.

Rules are those of the operator set 18 (https://github.com/onnx/onnx/blob/main/docs/Operators.md). A rule raises
``BadNodeError`` where inputs and attributes do not fit together; nothing is computed and nothing allocated.
"""

from __future__ import annotations

from math import prod

from fusion_perception.engine.onnx_call import BadNodeError, Call, Result, axis_of, broadcast, one, present


def concat(call: Call) -> Result:
    """Tensors behind one another along an axis."""
    known = present(call)
    shape = list(call.given(0).shape)
    axis = axis_of(call.number("axis", 0), len(shape))
    for other in known[1:]:
        if len(other.shape) != len(shape) or any(
            a != b for i, (a, b) in enumerate(zip(shape, other.shape, strict=True)) if i != axis
        ):
            raise BadNodeError(f"the shapes {list(known[0].shape)} and {list(other.shape)} do not fit together")
    shape[axis] = sum(value.shape[axis] for value in known)
    return one(known[0].dtype, shape)


def split(call: Call) -> Result:
    """One tensor in several parts along an axis."""
    data = call.given(0)
    axis = axis_of(call.number("axis", 0), len(data.shape))
    size = data.shape[axis]
    if call.has(1):
        parts = call.integers(1)
    else:
        each = -(-size // call.outputs)
        parts = tuple(min(each, size - i * each) for i in range(call.outputs))
    if len(parts) != call.outputs or sum(parts) != size or min(parts) < 0:
        raise BadNodeError(f"{size} does not split into {call.outputs} parts of {list(parts)}")
    shapes = [(data.dtype, (*data.shape[:axis], part, *data.shape[axis + 1 :])) for part in parts]
    return shapes, data.elements


def transpose(call: Call) -> Result:
    """Axes in another order."""
    data = call.given(0)
    order = call.numbers("perm", range(len(data.shape))[::-1])
    if sorted(order) != list(range(len(data.shape))):
        raise BadNodeError(f"perm {list(order)} of a tensor with {len(data.shape)} dimensions")
    return one(data.dtype, [data.shape[i] for i in order])


def reshape(call: Call) -> Result:
    """Another shape for the same elements; -1 once for what is left, 0 for what was."""
    data, wanted = call.given(0), list(call.integers(1))
    if not call.number("allowzero", 0):
        wanted = [data.shape[i] if w == 0 and i < len(data.shape) else w for i, w in enumerate(wanted)]
    if wanted.count(-1) == 1:
        rest = prod(w for w in wanted if w != -1)
        wanted[wanted.index(-1)] = data.elements // rest if rest else 0
    if any(w < 0 for w in wanted) or prod(wanted) != data.elements:
        raise BadNodeError(f"shape {list(data.shape)} does not become {list(call.integers(1))}")
    return one(data.dtype, wanted)


def expand(call: Call) -> Result:
    """Repeat along axes of size 1."""
    data = call.given(0)
    return one(data.dtype, broadcast(data.shape, call.integers(1)))


def unsqueeze(call: Call) -> Result:
    """More axes of size 1."""
    data, axes = call.given(0), call.integers(1)
    rank = len(data.shape) + len(axes)
    places = {axis_of(axis, rank) for axis in axes}
    if len(places) != len(axes):
        raise BadNodeError(f"axes {list(axes)} name one twice")
    rest = iter(data.shape)
    return one(data.dtype, [1 if i in places else next(rest) for i in range(rank)])


def squeeze(call: Call) -> Result:
    """Fewer axes of size 1."""
    data = call.given(0)
    rank = len(data.shape)
    chosen = call.integers(1) if call.has(1) else [i for i, size in enumerate(data.shape) if size == 1]
    places = {axis_of(axis, rank) for axis in chosen}
    if any(data.shape[i] != 1 for i in places):
        raise BadNodeError(f"axes {sorted(places)} of shape {list(data.shape)} are not all 1")
    return one(data.dtype, [size for i, size in enumerate(data.shape) if i not in places])


def take(call: Call) -> Result:
    """Gather: entries of an axis by their numbers."""
    data, indices = call.given(0), call.given(1)
    axis = axis_of(call.number("axis", 0), len(data.shape))
    return one(data.dtype, (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :]))


def take_elements(call: Call) -> Result:
    """GatherElements: for each place its own entry along an axis."""
    data, indices = call.given(0), call.given(1)
    axis = axis_of(call.number("axis", 0), len(data.shape))
    if len(indices.shape) != len(data.shape) or any(
        index > size for i, (index, size) in enumerate(zip(indices.shape, data.shape, strict=True)) if i != axis
    ):
        raise BadNodeError(f"indices of shape {list(indices.shape)} into {list(data.shape)}")
    return one(data.dtype, indices.shape)


def take_nd(call: Call) -> Result:
    """GatherND without batch dimensions."""
    data, indices = call.given(0), call.given(1)
    depth = indices.shape[-1] if indices.shape else 0
    if call.number("batch_dims", 0) != 0 or not 1 <= depth <= len(data.shape):
        raise BadNodeError(f"indices of shape {list(indices.shape)} into {list(data.shape)}")
    return one(data.dtype, (*indices.shape[:-1], *data.shape[depth:]))


def slice_(call: Call) -> Result:
    """A part of a tensor."""
    data, starts, ends = call.given(0), call.integers(1), call.integers(2)
    axes = call.integers(3) if call.has(3) else tuple(range(len(starts)))
    steps = call.integers(4) if call.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise BadNodeError("starts, ends, axes and steps do not fit together")
    shape = list(data.shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = axis_of(axis, len(shape))
        shape[place] = len(range(data.shape[place])[start:end:step])
    return one(data.dtype, shape)


def pad(call: Call) -> Result:
    """More elements at the borders, or fewer."""
    data, pads = call.given(0), call.integers(1)
    rank = len(data.shape)
    if len(pads) != 2 * rank or call.has(3):
        raise BadNodeError(f"{len(pads)} pads for {rank} dimensions")
    shape = [size + pads[i] + pads[rank + i] for i, size in enumerate(data.shape)]
    if min(shape, default=0) < 0:
        raise BadNodeError(f"pads {list(pads)} leave nothing of shape {list(data.shape)}")
    return one(data.dtype, shape)


def tile(call: Call) -> Result:
    """Repeat along every axis."""
    data, repeats = call.given(0), call.integers(1)
    if len(repeats) != len(data.shape) or min(repeats, default=0) < 0:
        raise BadNodeError(f"repeats {list(repeats)} of shape {list(data.shape)}")
    return one(data.dtype, [size * times for size, times in zip(data.shape, repeats, strict=True)])


def depth_to_space(call: Call) -> Result:
    """Channels become pixels."""
    data, block = call.given(0), call.number("blocksize", 0)
    if len(data.shape) != 4 or block < 1 or data.shape[1] % (block * block):
        raise BadNodeError(f"blocks of {block} of shape {list(data.shape)}")
    batch, channels, height, width = data.shape
    return one(data.dtype, (batch, channels // (block * block), height * block, width * block))
