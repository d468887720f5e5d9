# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A node with what is known of its inputs, for the rules of shapes in ``onnx_layout`` and ``onnx_arithmetic``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from fusion_perception.engine.onnx_scan import Value
from fusion_perception.engine.onnx_tensor import INT64

Shape = tuple[int, ...]


class BadNodeError(ValueError):
    """Inputs and attributes of a node do not fit together."""


@dataclass(frozen=True)
class Known:
    """What is known of a value before anything runs.

    Attributes:
        dtype: element type, see ``onnx_scan``.
        shape: its shape.
        values: its elements where it is a small tensor of the file, else None.
        constant: it depends on nothing but the file, so that a backend may compute it when it opens the model.
    """

    dtype: int
    shape: Shape
    values: tuple[float, ...] | None = None
    constant: bool = False

    @property
    def elements(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True)
class Call:
    """A node with what is known of its inputs.

    Attributes:
        inputs: in order; None for one that is left out.
        attributes: name -> value.
        outputs: number of outputs.
    """

    inputs: tuple[Known | None, ...]
    attributes: dict[str, Value]
    outputs: int

    def given(self, index: int) -> Known:
        """Return an input that has to be there."""
        known = self.inputs[index] if index < len(self.inputs) else None
        if known is None:
            raise BadNodeError(f"input {index} is missing")
        return known

    def has(self, index: int) -> bool:
        """Whether an optional input is there."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def constants(self, index: int) -> tuple[float, ...]:
        """Return the values of an input that has to be a small tensor of the file."""
        known = self.given(index)
        if known.values is None or len(known.shape) > 1:
            raise BadNodeError(f"input {index} is not a short list of numbers in the file")
        return known.values

    def integers(self, index: int) -> tuple[int, ...]:
        """The same for a list of INT64."""
        values = self.constants(index)
        if self.given(index).dtype != INT64:
            raise BadNodeError(f"input {index} is no list of INT64")
        return tuple(int(v) for v in values)

    def number(self, name: str, default: int) -> int:
        """Return an integer attribute."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, int) else default

    def numbers(self, name: str, default: Sequence[int]) -> tuple[int, ...]:
        """Return an attribute that is a list of integers."""
        value = self.attributes.get(name)
        return value if isinstance(value, tuple) else tuple(default)


Result = tuple[list[tuple[int, Shape]], int]
"""Element type and shape of each output, and the multiplications or moved elements that they take."""

Rule = Callable[[Call], Result]


def one(dtype: int, shape: Sequence[int], work: int = 0) -> Result:
    """Return the result of a node with one output; its work is at least a move of every element."""
    return [(dtype, tuple(shape))], max(work, prod(shape))


def axis_of(axis: int, rank: int) -> int:
    """Return an axis counted from the front; BadNodeError if there is none such."""
    if not -rank <= axis < rank:
        raise BadNodeError(f"axis {axis} of a tensor with {rank} dimensions")
    return axis % rank


def broadcast(*shapes: Shape) -> Shape:
    """Return the common shape of several, after NumPy's rules."""
    rank = max(map(len, shapes))
    result = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        wide = {size for size in sizes if size != 1}
        if len(wide) > 1:
            raise BadNodeError(f"the shapes {', '.join(str(list(shape)) for shape in shapes)} do not fit together")
        result.append(wide.pop() if wide else 1)
    return tuple(result)


def present(call: Call) -> list[Known]:
    """Return the inputs that are there; BadNodeError if their element types differ."""
    known = [value for value in call.inputs if value is not None]
    if len({value.dtype for value in known}) > 1:
        raise BadNodeError("its inputs have different element types")
    return known
