# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A model small enough to compute by hand, as ONNX and as NumPy."""

from __future__ import annotations

import numpy as np

from fusion_perception.engine.metadata import METADATA_KEY, AttributionInfo, ModelMetadata
from fusion_perception.labels import MSRS9
from fusion_perception.types import EngineOutputs

HEIGHT, WIDTH = 12, 20


def tiny_metadata(attribution: bool = True, **changes) -> ModelMetadata:
    fields = {"name": "tiny", "labels": MSRS9, "height": HEIGHT, "width": WIDTH, "created_by": "test"}
    return ModelMetadata(**{**fields, "attribution": AttributionInfo(1) if attribution else None, **changes})


def tiny_graph(attribution: bool = True, metadata: ModelMetadata | None = None):
    """Return an onnx.ModelProto; fused = mean of both, mask = thermal above green, confidence = thermal."""
    from onnx import TensorProto, helper, numpy_helper

    meta = metadata or tiny_metadata(attribution)
    h, w = meta.height, meta.width
    nodes = [
        helper.make_node("Cast", ["thermal"], ["t"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["rgb"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["t", "last"], ["t3"]),
        helper.make_node("Add", ["t3", "c"], ["sum"]),
        helper.make_node("Mul", ["sum", "half"], ["mean"]),
        helper.make_node("Cast", ["mean"], ["fused"], to=TensorProto.UINT8),
        helper.make_node("Gather", ["c", "one"], ["green"], axis=2),
        helper.make_node("Greater", ["t", "green"], ["hot"]),
        helper.make_node("Cast", ["hot"], ["hot_float"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["hot_float"], ["mask"], to=TensorProto.UINT8),
        helper.make_node("Reshape", ["t", "nchw"], ["t4"]),
        helper.make_node("Conv", ["t4", "identity"], ["blurred"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Reshape", ["blurred", "hw"], ["surface"]),
        helper.make_node("Cast", ["surface"], ["confidence"], to=TensorProto.UINT8),
    ]
    kernel = np.zeros((1, 1, 3, 3), np.float32)
    kernel[0, 0, 1, 1] = 1
    constants = {
        "last": np.array([2]),
        "half": np.array(0.5, np.float32),
        "one": np.array(1),
        "nchw": np.array([1, 1, h, w]),
        "hw": np.array([h, w]),
        "identity": kernel,
    }
    shapes = {"fused": [h, w, 3], "mask": [h, w], "confidence": [h, w]}
    if attribution:
        nodes += [
            helper.make_node("Mul", ["t", "quarter"], ["share"]),
            helper.make_node("Cast", ["share"], ["attribution"], to=TensorProto.UINT8),
        ]
        constants["quarter"] = np.array(0.25, np.float32)
        shapes["attribution"] = [h, w]
    inputs = {"thermal": [h, w], "rgb": [h, w, 3]}
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(n, TensorProto.UINT8, s) for n, s in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.UINT8, s) for n, s in shapes.items()],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    helper.set_model_props(model, {METADATA_KEY: meta.to_json()})
    return model


def tiny_model(attribution: bool = True, metadata: ModelMetadata | None = None) -> bytes:
    return tiny_graph(attribution, metadata).SerializeToString()


def tiny_reference(thermal: np.ndarray, rgb: np.ndarray, attribution: bool = False) -> EngineOutputs:
    """Return what the model computes, in integers."""
    wide = thermal.astype(np.uint16)
    return EngineOutputs(
        fused=((wide[..., None] + rgb) // 2).astype(np.uint8),
        mask=(thermal > rgb[..., 1]).astype(np.uint8),
        confidence=thermal.copy(),
        attribution=(thermal // 4) if attribution else None,
    )


def random_pair(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width), np.uint8), rng.integers(0, 256, (height, width, 3), np.uint8)
