# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Replace what a deployed graph has learned by noise, and leave its wiring as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ModelError, require

_CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
_REARRANGEMENTS = frozenset({"Transpose", "Slice", "Reshape", "Identity", "Cast", "Squeeze", "Unsqueeze"})
_BITS = {np.dtype(np.float16): np.uint16, np.dtype(np.float32): np.uint32, np.dtype(np.float64): np.uint64}


def randomise_weights(model: Any, seed: int) -> int:
    """Draw the convolution kernels of an ONNX model anew, in place.

    Every kernel gets Gaussian values of its own root mean square; biases stay. A value's successor is drawn
    from the value itself (and the seed), so that the copies of a kernel that the traced gradient keeps,
    flipped or taken apart into phases, stay copies: the attribution is then the true gradient of the
    random network. Zeros stay zeros, they are structure.

    Source of the test: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018 (all layers at once).

    Args:
        model: an ``onnx.ModelProto`` with its weights inside; only this copy in memory is changed.
        seed: 0 or more; equal seeds give equal models.

    Returns:
        The number of kernels replaced.

    Raises:
        ModelError: no kernels of floating-point numbers, as in an INT8 model.
    """
    numpy_helper = require("onnx", "randomising the weights of a model").numpy_helper
    names = _kernels(model.graph)
    replaced = 0
    for tensor in model.graph.initializer:
        if tensor.name not in names:
            continue
        values = numpy_helper.to_array(tensor)
        if values.dtype not in _BITS or values.ndim < 3 or not values.any():
            continue
        tensor.CopyFrom(numpy_helper.from_array(redraw(values, seed), tensor.name))
        replaced += 1
    if not replaced:
        raise ModelError(
            "the graph has no convolution kernels of floating-point numbers; check the FP32 export of the model instead"
        )
    return replaced


def redraw(values: NDArray[np.floating], seed: int) -> NDArray[np.floating]:
    """Return Gaussian numbers of the same root mean square, each a function of seed and old value alone.

    Args:
        values: any shape, float16, float32 or float64.
        seed: 0 or more.
    """
    used = values[values != 0].astype(np.float64)
    exact = values.astype(np.float32) if values.dtype == np.float16 else values  # copies may lie in FP16 and in FP32
    bits = np.ascontiguousarray(exact).view(_BITS[exact.dtype]).astype(np.uint64)
    draws = [_uniform(bits ^ _mix(np.uint64(2 * seed + k + 1))) for k in range(2)]
    normal = np.sqrt(-2 * np.log(draws[0])) * np.cos(2 * np.pi * draws[1])  # Box and Muller, 1958
    scale = np.sqrt(np.mean(used**2))
    return np.where(values != 0, normal * scale, 0).astype(values.dtype)


def _kernels(graph: Any) -> set[str]:
    """Names of the initialisers that a convolution takes as its kernel, directly or rearranged."""
    makers = {output: node for node in graph.node for output in node.output}
    names = set()
    for node in graph.node:
        if node.op_type not in _CONVOLUTIONS or len(node.input) < 2:
            continue
        name = node.input[1]
        for _ in range(len(graph.node)):  # a file may hold a circle
            maker = makers.get(name)
            if maker is None or maker.op_type not in _REARRANGEMENTS or not maker.input:
                break
            name = maker.input[0]
        names.add(name)
    return names


def _mix(bits: Any) -> Any:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): well mixed 64-bit integers."""
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _uniform(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers in (0, 1]."""
    return ((_mix(bits) >> np.uint64(11)).astype(np.float64) + 1) / 2.0**53
