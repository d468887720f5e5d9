# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the images of a run lie in one block of bytes, and its maps in another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.model_file import input_shapes


@dataclass(frozen=True)
class Slot:
    """One array of a block.

    Attributes:
        name: of the image or map.
        shape: its shape.
        dtype: its element type, ``"uint8"`` or ``"float32"``.
        begin: its first byte.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    begin: int

    @property
    def end(self) -> int:
        """The byte behind its last one."""
        return self.begin + prod(self.shape) * np.dtype(self.dtype).itemsize

    def of(self, block: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the array, which lies in the block and keeps it alive."""
        return block[self.begin : self.end].view(self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """Where arrays lie in a block of bytes, one behind the other."""

    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, arrays: Iterable[tuple[str, tuple[int, ...], str]]) -> Layout:
        """Lay out arrays (name, shape, element type); the wider elements come first, so that none lies askew."""
        slots: list[Slot] = []
        for name, shape, dtype in sorted(arrays, key=lambda array: -np.dtype(array[2]).itemsize):
            slots.append(Slot(name, shape, dtype, slots[-1].end if slots else 0))
        return cls(tuple(slots))

    @classmethod
    def of_images(cls, metadata: ModelMetadata) -> Layout:
        """Lay out what a model takes."""
        return cls.of((name, shape, "uint8") for name, shape in input_shapes(metadata).items())

    @classmethod
    def of_maps(cls, metadata: ModelMetadata, *, attribution: bool) -> Layout:
        """Lay out what a model returns, with its attribution or without."""
        rows = metadata.outputs(attribution=attribution)
        return cls.of((row.name, row.shape(metadata.height, metadata.width), row.dtype) for row in rows)

    @property
    def size(self) -> int:
        """Bytes of the block."""
        return self.slots[-1].end
