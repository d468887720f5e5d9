# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A model file that is quick to run: RGB passes through, warm pixels are people."""

from fusion_perception.engine.metadata import METADATA_KEY, AttributionInfo, ModelMetadata
from fusion_perception.labels import MSRS9

HEIGHT, WIDTH = 48, 64


def write_toy_model(path):
    """Write the model; needs the package onnx."""
    import onnx
    from onnx import TensorProto, helper

    size = (HEIGHT, WIDTH)
    uint8 = TensorProto.UINT8
    nodes = [
        helper.make_node("Identity", ["rgb"], ["fused"]),
        helper.make_node("Cast", ["thermal"], ["warmth"], to=TensorProto.FLOAT),
        helper.make_node("Greater", ["warmth", "limit"], ["warm"]),
        helper.make_node("Cast", ["warm"], ["one"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["one", "person"], ["id"]),
        helper.make_node("Cast", ["id"], ["mask"], to=uint8),
        helper.make_node("Identity", ["thermal"], ["confidence"]),
        helper.make_node("Identity", ["thermal"], ["attribution"]),
    ]
    constants = [
        helper.make_tensor("limit", TensorProto.FLOAT, [], [150.0]),
        helper.make_tensor("person", TensorProto.FLOAT, [], [float(MSRS9.id_of("person"))]),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("thermal", uint8, size), value("rgb", uint8, (*size, 3))]
    outputs = [
        value("fused", uint8, (*size, 3)),
        *(value(n, uint8, size) for n in ("mask", "confidence", "attribution")),
    ]
    graph = helper.make_graph(nodes, "toy", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9  # older ONNX Runtimes refuse what the newest onnx writes
    metadata = ModelMetadata("toy", MSRS9, *size, attribution=AttributionInfo(1))
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.save(model, str(path))
    return path
