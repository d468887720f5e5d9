# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of an ONNX file that this package's export writes, field by field; nothing else is accepted.

Numbers and names are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Left out on
purpose: functions and graphs inside attributes (control flow), tensors outside the file, sparse tensors, sequences,
training information, and the places where tools leave notes.
"""

from __future__ import annotations

from fusion_perception.engine.onnx_wire import FIXED32, VARINT, Field, Message

MODEL = Message(
    "the model",
    {
        1: Field("ir_version", VARINT),
        2: Field("producer_name"),
        3: Field("producer_version"),
        4: Field("domain"),
        5: Field("model_version", VARINT),
        6: Field("doc_string"),
        7: Field("graph"),
        8: Field("opset_import", repeated=True),
        14: Field("metadata_props", repeated=True),
    },
    {20: "training_info", 25: "functions", 26: "configuration"},
)

OPERATOR_SET = Message("an operator set", {1: Field("domain"), 2: Field("version", VARINT)}, {})

ENTRY = Message("the metadata", {1: Field("key"), 2: Field("value")}, {})

GRAPH = Message(
    "the graph",
    {
        1: Field("node", repeated=True),
        2: Field("name"),
        5: Field("initializer", repeated=True),
        10: Field("doc_string"),
        11: Field("input", repeated=True),
        12: Field("output", repeated=True),
        13: Field("value_info", repeated=True),
    },
    {14: "quantization_annotation", 15: "sparse_initializer", 16: "metadata_props"},
    most=100_000,
)

NODE = Message(
    "a node",
    {
        1: Field("input", repeated=True),
        2: Field("output", repeated=True),
        3: Field("name"),
        4: Field("op_type"),
        5: Field("attribute", repeated=True),
        6: Field("doc_string"),
        7: Field("domain"),
    },
    {8: "overload", 9: "metadata_props", 10: "device_configurations"},
)

ATTRIBUTE = Message(
    "an attribute",
    {
        1: Field("name"),
        2: Field("f", FIXED32),
        3: Field("i", VARINT),
        4: Field("s"),
        8: Field("ints", VARINT, repeated=True),
        13: Field("doc_string"),
        20: Field("type", VARINT),
    },
    {
        5: "t",
        6: "g",
        7: "floats",
        9: "strings",
        10: "tensors",
        11: "graphs",
        14: "tp",
        15: "type_protos",
        21: "ref_attr_name",
        22: "sparse_tensor",
        23: "sparse_tensors",
    },
)

TENSOR = Message(
    "a tensor",
    {
        1: Field("dims", VARINT, repeated=True),
        2: Field("data_type", VARINT),
        4: Field("float_data"),
        5: Field("int32_data"),
        7: Field("int64_data"),
        8: Field("name"),
        9: Field("raw_data"),
        12: Field("doc_string"),
    },
    {
        3: "segment",
        6: "string_data",
        10: "double_data",
        11: "uint64_data",
        13: "external_data",
        14: "data_location",
        16: "metadata_props",
    },
)

VALUE = Message(
    "the description of a value",
    {1: Field("name"), 2: Field("type"), 3: Field("doc_string")},
    {4: "metadata_props"},
)

TYPE = Message(
    "a type",
    {1: Field("tensor_type")},
    {4: "sequence_type", 5: "map_type", 6: "denotation", 7: "opaque_type", 8: "sparse_tensor_type", 9: "optional_type"},
)

TENSOR_TYPE = Message("a type", {1: Field("elem_type", VARINT), 2: Field("shape")}, {})

SHAPE = Message("a shape", {1: Field("dim", repeated=True)}, {})

DIMENSION = Message("a shape", {1: Field("dim_value", VARINT), 2: Field("dim_param")}, {3: "denotation"})
