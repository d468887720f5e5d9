# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weights that take half the room in a graph: FP16 in the file, FP32 in the arithmetic.

Engines turn the stored weights into FP32 when they open the model; a run costs what it cost before.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import nn

from fusion_perception.errors import require
from fusion_perception.lab.nets.tensor_file import halved

LEAST = 256
"""Elements of the smallest tensor of a graph that is worth a conversion."""


@torch.no_grad()
def round_to_half(module: nn.Module) -> nn.Module:
    """Round weights to what files hold of them, in place, and return the module.

    Vectors, and what FP16 cannot hold, stay as they are; see ``tensor_file.halved``.
    """
    weights = dict(chain(module.named_parameters(), module.named_buffers()))
    for name, stored in halved(weights).items():
        weights[name].copy_(stored)
    return module


def store_as_half(proto: Any) -> int:
    """Store FP32 initialisers in FP16 where that loses nothing, in place; a Cast gives each its old name and type.

    Args:
        proto: ``onnx.ModelProto``.

    Returns:
        How many there are.
    """
    onnx = require("onnx", "exporting a model")
    casts = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < LEAST or not np.array_equal(half, values):
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_fp16"))
        node = onnx.helper.make_node("Cast", [tensor.name], [name], name=f"{name}_fp32", to=onnx.TensorProto.FLOAT)
        casts.append(node)
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return len(casts)
