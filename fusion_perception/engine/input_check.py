# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every backend checks of its input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.model_file import input_shapes
from fusion_perception.errors import ImageError


def check_inputs(
    thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], metadata: ModelMetadata
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return both images as contiguous arrays, copied only if they are not so already.

    Raises:
        ImageError: not an array, another dtype than uint8, or another shape than the model's.
    """
    shapes = input_shapes(metadata)
    checked = []
    for name, image in (("thermal", thermal), ("rgb", rgb)):
        shape = shapes[name]
        if not isinstance(image, np.ndarray):
            raise ImageError(
                f"{name} image: got {type(image).__name__}; the model takes a uint8 array of shape {shape}"
            )
        if image.dtype != np.uint8:
            raise ImageError(f"{name} image: got dtype {image.dtype}; the model takes uint8, convert it first")
        if image.shape != shape:
            raise ImageError(f"{name} image: got shape {image.shape}; the model takes {shape}, resize it first")
        checked.append(np.ascontiguousarray(image))
    return checked[0], checked[1]
