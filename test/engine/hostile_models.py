# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Models that reach outside themselves or ask for too much, made from the tiny one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .tiny_model import tiny_graph

ELSEWHERE = "/etc/hostname"  # any file that is no part of the model


def _varint(value: int, length: int = 0) -> bytes:
    """A number in its shortest spelling, or in ``length`` bytes."""
    out = bytearray()
    while value > 0x7F or len(out) + 1 < length:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _record(tag: bytes, body: bytes) -> bytes:
    return tag + _varint(len(body)) + body


def _key(number: int, wire: int = 2) -> int:
    return number << 3 | wire


def edited(edit: Callable[[Any], None]) -> bytes:
    """Return the tiny model after ``edit`` of its ModelProto."""
    graph = tiny_graph()
    edit(graph)
    return graph.SerializeToString()


def with_tensor(tail: bytes) -> bytes:
    """Return the tiny model with one more tensor (float, 1 element), whose record ends in ``tail``."""
    tensor = b"\x08\x01\x10\x01" + _record(_varint(_key(8)), b"hidden") + tail
    return _in_graph(_record(_varint(_key(5)), tensor))


def _in_graph(records: bytes) -> bytes:
    graph = tiny_graph()
    body = graph.graph.SerializeToString() + records
    graph.ClearField("graph")
    return graph.SerializeToString() + _record(_varint(_key(7)), body)


def _location(spell: Callable[[int], bytes]) -> bytes:
    """``external_data`` and ``data_location`` = EXTERNAL, with tags as ``spell`` writes them."""
    entry = _record(_varint(_key(1)), b"location") + _record(_varint(_key(2)), ELSEWHERE.encode())
    return _record(spell(_key(13)), entry) + spell(_key(14, 0)) + b"\x01"


def external_beyond_32_bits() -> bytes:
    """The tag has 5 bytes: a parser that keeps 32 bits of it reads field 13, ``external_data``."""
    return with_tensor(_location(lambda key: _varint(key + (1 << 32))))


def external_overlong_tag() -> bytes:
    """The tag is spelled with more bytes than it needs."""
    return with_tensor(_location(lambda key: _varint(key, 5)))


def external_location_alone() -> bytes:
    """No ``external_data``, and a ``data_location`` with a tag beyond 32 bits."""
    return with_tensor(_varint(_key(14, 0) + (1 << 32)) + b"\x01")


def function_default() -> bytes:
    """A function whose default attribute holds a tensor outside the file."""

    def edit(model: Any) -> None:
        import onnx

        helper = onnx.helper
        tensor = helper.make_tensor("hidden", onnx.TensorProto.FLOAT, [1], [0.0])
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=ELSEWHERE)
        constant = helper.make_node("Constant", [], ["y"])
        reference = constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR)
        reference.ref_attr_name = "value"
        function = helper.make_function(
            "own", "Hidden", [], ["y"], [constant], [helper.make_opsetid("", 18)], attributes=[]
        )
        function.attribute_proto.append(helper.make_attribute("value", tensor))
        model.functions.append(function)
        model.opset_import.append(helper.make_opsetid("own", 1))
        model.graph.node.insert(0, helper.make_node("Hidden", [], ["z"], domain="own"))

    return edited(edit)


def nested_functions(depth: int = 24) -> bytes:
    """Each function calls the next one twice: 2 ** depth operations in a few hundred bytes."""

    def edit(model: Any) -> None:
        import onnx

        helper = onnx.helper
        imports = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
        for level in range(depth):
            kind, domain = (f"F{level + 1}", "own") if level + 1 < depth else ("Relu", "")
            nodes = [helper.make_node(kind, [a], [b], domain=domain) for a, b in (("x", "y"), ("y", "z"))]
            model.functions.append(helper.make_function("own", f"F{level}", ["x"], ["z"], nodes, imports))
        model.opset_import.append(helper.make_opsetid("own", 1))
        model.graph.node.append(helper.make_node("F0", ["t"], ["never"], domain="own"))

    return edited(edit)


def endless_loop() -> bytes:
    """A Loop of 2 ** 62 rounds."""

    def edit(model: Any) -> None:
        import onnx

        helper, proto = onnx.helper, onnx.TensorProto
        value = helper.make_tensor_value_info
        body = helper.make_graph(
            [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Relu", ["x"], ["y"])],
            "body",
            [value("round", proto.INT64, []), value("go", proto.BOOL, []), value("x", proto.FLOAT, None)],
            [value("go_on", proto.BOOL, []), value("y", proto.FLOAT, None)],
        )
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(2**62), "rounds"))
        model.graph.node.append(helper.make_node("Loop", ["rounds", "", "t"], ["never"], body=body))

    return edited(edit)


def _with_shape(kind: str, source: list[str], shape: list[int], **attributes: Any) -> bytes:
    def edit(model: Any) -> None:
        import onnx

        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(shape, np.int64), "wanted"))
        model.graph.node.append(onnx.helper.make_node(kind, [*source, "wanted"], ["giant"], **attributes))

    return edited(edit)


def giant_constant() -> bytes:
    """A ConstantOfShape of 4 TiB."""
    return _with_shape("ConstantOfShape", [], [1 << 40])


def giant_expand() -> bytes:
    """4 TiB from one weight, with an operator that is accepted: a backend makes it when it opens the model."""
    return _with_shape("Expand", ["half"], [1 << 40])


def giant_resize() -> bytes:
    """A picture of 16 million by 16 million pixels."""

    def edit(model: Any) -> None:
        import onnx

        sizes = onnx.numpy_helper.from_array(np.array([1, 1, 1 << 24, 1 << 24], np.int64), "wanted")
        model.graph.initializer.append(sizes)
        model.graph.node.append(onnx.helper.make_node("Resize", ["t4", "", "", "wanted"], ["giant"]))

    return edited(edit)


def slow_constant() -> bytes:
    """10 ** 12 multiplications of weights alone: a backend does them when it opens the model."""

    def edit(model: Any) -> None:
        import onnx

        wanted = onnx.numpy_helper.from_array(np.array([10_000, 10_000], np.int64), "wanted")
        model.graph.initializer.append(wanted)
        model.graph.node.append(onnx.helper.make_node("Expand", ["half", "wanted"], ["matrix"]))
        model.graph.node.append(onnx.helper.make_node("MatMul", ["matrix", "matrix"], ["product"]))

    return edited(edit)


def doubling(times: int = 60) -> bytes:
    """Concat a value with itself, again and again: 2 ** 60 elements in two kilobytes."""

    def edit(model: Any) -> None:
        import onnx

        before = "t"
        for number in range(times):
            model.graph.node.append(onnx.helper.make_node("Concat", [before, before], [f"c{number}"], axis=0))
            before = f"c{number}"

    return edited(edit)


def branches() -> bytes:
    """An If, whose graphs may hold anything."""

    def edit(model: Any) -> None:
        import onnx

        helper, float_ = onnx.helper, onnx.TensorProto.FLOAT
        branch = helper.make_graph(
            [helper.make_node("Relu", ["t"], ["y"])], "branch", [], [helper.make_tensor_value_info("y", float_, None)]
        )
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(True), "flag"))
        model.graph.node.append(helper.make_node("If", ["flag"], ["never"], then_branch=branch, else_branch=branch))

    return edited(edit)
