# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A deployable graph whose attribution can be computed by hand: linear logits, gradient times input."""

import numpy as np

from fusion_perception.engine.metadata import METADATA_KEY, AttributionInfo, ModelMetadata
from fusion_perception.engine.model_file import seal
from fusion_perception.labels import LabelSet

HEIGHT, WIDTH = 32, 48
LABELS = LabelSet("three", ("nothing", "warm", "red"), ((0, 0, 0), (255, 0, 0), (0, 255, 0)))
KERNEL = np.array([[0, 0, 0, 0], [2, 0, 0, 0], [0, 1, -1, 0.5]], np.float32).reshape(3, 4, 1, 1)
"""Class x (thermal, R, G, B)."""
BIAS = np.array([0.6, 0, 0], np.float32)


def explained_graph(steps=1, target="predicted_regions"):
    """Return an onnx.ModelProto with logits = KERNEL * (thermal, rgb) / 255 + BIAS.

    The gradient of logit sum_c w_c l_c is KERNEL^T w, computed by a second convolution with the transposed
    kernel, as an exporter would write it; w is the weight map of the whole image, one value per class.
    """
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node
    h, w = HEIGHT, WIDTH
    nodes = [
        node("Cast", ["thermal"], ["t8"], to=TensorProto.FLOAT),
        node("Cast", ["rgb"], ["c8"], to=TensorProto.FLOAT),
        node("Reshape", ["t8", "one_plane"], ["t255"]),
        node("Transpose", ["c8"], ["planes"], perm=[2, 0, 1]),
        node("Reshape", ["planes", "three_planes"], ["c255"]),
        node("Mul", ["t255", "scale"], ["t"]),
        node("Mul", ["c255", "scale"], ["c"]),
        node("Concat", ["t", "c"], ["x"], axis=1),
        node("Conv", ["x", "kernel", "bias"], ["logits"]),
        node("ArgMax", ["logits"], ["ids"], axis=1, keepdims=0),
        node("Reshape", ["ids", "plane"], ["ids2"]),
        node("Cast", ["ids2"], ["mask"], to=TensorProto.UINT8),
        node("Equal", ["ids", "class_ids"], ["is_class"]),
        node("Cast", ["is_class"], ["hot3"], to=TensorProto.FLOAT),
        node("Reshape", ["hot3", "class_planes"], ["hot"]),
        node("ReduceSum", ["hot", "axes"], ["count"]),
        node("Max", ["count", "smallest"], ["area"]),
        node("Div", ["hot", "area"], ["per_class"]),
        node("ReduceSum", ["per_class", "class_axis"], ["share"]),
        node("Sub", ["hot", "third"], ["margin"]),
        node("Mul", ["margin", "share"], ["weights"]),
        node("Transpose", ["kernel"], ["backward"], perm=[1, 0, 2, 3]),
        node("Conv", ["weights", "backward"], ["gradient"]),
        node("Mul", ["gradient", "x"], ["signed"]),
        node("Split", ["signed", "parts"], ["signed_t", "signed_c"], axis=1),
        node("ReduceSum", ["signed_c", "class_axis"], ["signed_rgb"]),
        node("Abs", ["signed_t"], ["abs_t"]),
        node("Abs", ["signed_rgb"], ["abs_c"]),
        node("Concat", ["abs_t", "abs_c"], ["evidence"], axis=1),
        node("ReduceSum", ["evidence", "class_axis"], ["total"]),
        node("Add", ["total", "tiny"], ["total_safe"]),
        node("Div", ["abs_t", "total_safe"], ["ratio"]),
        node("Mul", ["ratio", "full"], ["ratio255"]),
        node("Reshape", ["ratio255", "plane"], ["ratio2"]),
        node("Cast", ["ratio2"], ["attribution"], to=TensorProto.UINT8),
        node("Identity", ["rgb"], ["fused"]),
        node("Identity", ["thermal"], ["confidence"]),
    ]
    constants = {
        "one_plane": np.array([1, 1, h, w]),
        "three_planes": np.array([1, 3, h, w]),
        "class_planes": np.array([1, 3, h, w]),
        "plane": np.array([h, w]),
        "scale": np.array(1 / 255, np.float32),
        "kernel": KERNEL,
        "bias": BIAS,
        "class_ids": np.arange(3).reshape(3, 1, 1),
        "axes": np.array([2, 3]),
        "class_axis": np.array([1]),
        "smallest": np.array(1e-3 * h * w, np.float32),
        "third": np.array(1 / 3, np.float32),
        "parts": np.array([1, 3]),
        "tiny": np.array(1e-9, np.float32),
        "full": np.array(255, np.float32),
    }
    metadata = ModelMetadata(
        name="explained",
        labels=LABELS,
        height=h,
        width=w,
        attribution=AttributionInfo(steps, target=target),
        created_by="test",
    )
    shapes = {"fused": [h, w, 3], "mask": [h, w], "confidence": [h, w], "attribution": [h, w]}
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "explained",
            [
                helper.make_tensor_value_info(n, TensorProto.UINT8, s)
                for n, s in (("thermal", [h, w]), ("rgb", [h, w, 3]))
            ],
            [helper.make_tensor_value_info(n, TensorProto.UINT8, s) for n, s in shapes.items()],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    return model


def explained_model(**options):
    """Return the sealed file's bytes."""
    return seal(explained_graph(**options).SerializeToString())


def explained_pair(seed=0):
    """A warm square and a red one on dark ground."""
    rng = np.random.default_rng(seed)
    thermal = rng.integers(0, 30, (HEIGHT, WIDTH), np.uint8)
    rgb = rng.integers(0, 30, (HEIGHT, WIDTH, 3), np.uint8)
    thermal[0:16, 0:16] += 200
    rgb[16:32, 32:48, 0] += 220
    return thermal, rgb
