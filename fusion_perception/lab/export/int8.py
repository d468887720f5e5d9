# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""INT8 by explicit quantisation: QDQ nodes in the graph, calibrated on real pairs."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception import outputs as table
from fusion_perception.engine.metadata import INT8_TARGETS
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.errors import DataError, ModelError, require
from fusion_perception.files.atomic_file import cannot_write
from fusion_perception.lab.export.int8_sums import free_sums
from fusion_perception.outputs import ALWAYS

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]

IMAGES = 4
"""Convolutions with at most so many input channels see the images themselves. They stay in float: INT8 is no faster
there, and the grey levels stay whole."""

_ACTIVATIONS = ("Relu", "Clip")

ALWAYS_THERE = tuple(row.name for row in table.OUTPUTS if row.when == ALWAYS)
"""Outputs of every run, whatever the attribution."""


def quantisable_nodes(proto: Any, images: int = IMAGES, outputs: Sequence[str] = ALWAYS_THERE) -> list[str]:
    """Names of the nodes that are worth quantising.

    These are the convolutions on which the given outputs depend, but for those that see the images, their
    activations, and the additions and upsamplings whose operands all come from such nodes. An upsampling is left out
    where something in float goes on with it. By default the attribution is left out: the backward pass of a gradient
    stays in float, because gradients span many orders of magnitude.
    """
    producers = {name: node for node in proto.graph.node for name in node.output}
    readers: dict[str, list[Any]] = {}
    for node in proto.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    pending = [output.name for output in proto.graph.output if output.name in outputs]
    forward: set[str] = set()
    while pending:
        node = producers.get(pending.pop())
        if node is not None and node.name not in forward:
            forward.add(node.name)
            pending.extend(node.input)
    shapes = {tensor.name: tuple(tensor.dims) for tensor in proto.graph.initializer}
    quantised: set[str] = set()  # tensors that come out of quantised nodes
    chosen: dict[str, Any] = {}
    for node in proto.graph.node:  # in topological order, as ONNX demands
        if node.name not in forward:
            continue
        if node.op_type == "Conv":
            group = next((a.i for a in node.attribute if a.name == "group"), 1)
            wanted = shapes.get(node.input[1], (0, 0))[1] * group > images
        elif node.op_type == "Add":
            wanted = quantised.issuperset(node.input)
        else:
            wanted = node.op_type in (*_ACTIVATIONS, "Resize") and node.input[0] in quantised
        if wanted:
            quantised.update(node.output)
            chosen[node.name] = node
    return [
        name
        for name, node in chosen.items()
        if node.op_type != "Resize" or all(reader.name in chosen for reader in readers.get(node.output[0], []))
    ]


def quantise_graph(
    proto: Any, pairs: Iterable[Pair], target: str = "cpu", outputs: Sequence[str] = ALWAYS_THERE
) -> Any:
    """Insert QuantizeLinear and DequantizeLinear around convolutions, residual additions and upsampling.

    Weights are symmetric per channel. The rest depends on the target:

    - ONNX Runtime's CPU kernels are fast with unsigned activations alone (vpdpbusd multiplies unsigned by signed
      bytes). There a ReLU is nothing but the lower end of the range, and biases are integers.
    - TensorRT takes signed symmetric activations alone, and biases in float. It quantises what weighted layers and sums
      read, not what they write: a convolution takes its activation, a sum and the rounding that follows into its own
      kernel, as long as nothing is rounded between them (see ``free_sums``).

    Args:
        proto: FP32 ``onnx.ModelProto``.
        pairs: thermal (H, W) and rgb (H, W, 3) uint8 of the graph's size, for the activation ranges.
        target: one of ``INT8_TARGETS``.
        outputs: names of those whose computation is quantised.

    Returns:
        A new ``onnx.ModelProto``.

    Raises:
        DataError: no pairs.
        ModelError: unknown target.
    """
    if target not in INT8_TARGETS:
        raise ModelError(f"INT8 target '{target}' is not one of {', '.join(INT8_TARGETS)}")
    onnx = require("onnx", "INT8 export")
    quantization = import_onnxruntime("INT8 export", "onnxruntime.quantization")
    feeds = [{"thermal": thermal, "rgb": rgb} for thermal, rgb in pairs]
    if not feeds:
        raise DataError("INT8 export needs image pairs for calibration; give --calibration DIR")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        """Feeds the pairs once."""

        def __init__(self) -> None:
            self.feeds: Iterator[dict[str, NDArray[np.uint8]]] = iter(feeds)

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            return next(self.feeds, None)

    tensorrt = target == "tensorrt"
    options: dict[str, Any] = {"ActivationSymmetric": tensorrt, "CalibMovingAverage": True}
    if tensorrt:
        options |= {"QuantizeBias": False, "OpTypesToExcludeOutputQuantization": ["Conv", "Add"]}
    # The quantiser recommends a graph optimisation that is done already; its warning would only puzzle.
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
            onnx.save(proto, str(source))
            quantization.quantize_static(
                str(source),
                str(result),
                Reader(),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Add", "Resize", *(() if tensorrt else _ACTIVATIONS)],
                nodes_to_quantize=quantisable_nodes(proto, outputs=outputs),
                per_channel=True,
                activation_type=quantization.QuantType.QInt8 if tensorrt else quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.MinMax,
                extra_options=options,
            )
            quantised = onnx.load(str(result))
            return free_sums(quantised) if tensorrt else quantised
    except OSError as error:  # of the steps in between; libraries do not say of which file
        raise cannot_write(Path(tempfile.gettempdir()), error) from error
    finally:
        root.setLevel(level)
