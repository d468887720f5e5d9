# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables that TensorRT's parser and builder fill."""

import numpy as np
import pytest

from test import real_tensorrt
from test.engine.tiny_model import tiny_graph, tiny_metadata, tiny_model

onnx = pytest.importorskip("onnx", reason="the tool reads graphs with it")
pytest.importorskip("torch", reason="the tool exports with torch")

from fusion_perception.engine.model_file import open_model_file  # noqa: E402
from tools.tensorrt_tables import (  # noqa: E402
    Plan,
    Variant,
    engines_table,
    examine,
    operators_table,
)

needs_library = pytest.mark.skipif(not real_tensorrt.INSTALLED, reason=real_tensorrt.HINT)


def test_one_row_a_file():
    plans = {False: Plan(0.44, 12_800_000), True: Plan(1.25, 25_900_000)}
    variants = [
        Variant("a", 480, 640, "fp32", 6_800_000, plans),
        Variant("a", 480, 640, "int8", 3_800_000, {False: None, True: None}),
        Variant("b", 256, 320, "fp16", 1_000_000, {False: Plan(0.3, 2_000_000)}),
        Variant("c", 256, 320, "fp16", 1_000_000, plans, refused=("Det 'x': no importer",)),
    ]
    assert engines_table(variants, "Made here.").splitlines()[2:] == [
        "| `a` | 480 x 640 | fp32 | 6.8 MB | 0.4 s, 12.8 MB | 1.2 s, 25.9 MB |",
        "| `a` | 480 x 640 | int8 | 3.8 MB | parsed | parsed |",
        "| `b` | 256 x 320 | fp16 | 1.0 MB | 0.3 s, 2.0 MB | none |",
        "| `c` | 256 x 320 | fp16 | 1.0 MB | refused | refused |",
        "",
        "Made here.",
    ]


def test_operators_of_all_files_by_type():
    variants = [
        Variant("a", 1, 1, "fp32", 1, {}, {"float": {"Conv", "Add"}}),
        Variant("b", 1, 1, "fp16", 1, {}, {"float16": {"Conv"}, "float": {"Cast"}}),
    ]
    lines = operators_table(variants).splitlines()
    assert lines[2:] == ["| float | Add, Cast, Conv |", "| float16 | Conv |", "", "Refused: none."]
    refused = Variant("c", 1, 1, "fp32", 1, {}, refused=("Det 'x': no importer",))
    assert operators_table([*variants, refused]).endswith("Refused: Det 'x': no importer.")


@needs_library
def test_a_file_is_parsed_and_built(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(tiny_model())
    variant = examine(open_model_file(path), tmp_path)
    assert (variant.model, variant.precision, variant.size) == ("tiny", "fp32", path.stat().st_size)
    assert variant.refused == ()
    assert "Conv" in variant.operators["float"]
    assert "Cast" in variant.operators["uint8"]
    assert sorted(variant.plans) == [False, True]
    assert all(plan.size > 10_000 and plan.seconds > 0 for plan in variant.plans.values())


@needs_library
def test_what_the_parser_refuses_is_told_with_its_reason(tmp_path):
    graph = tiny_graph(metadata=tiny_metadata(precision="int8"))
    node = next(node for node in graph.graph.node if node.op_type == "Conv")
    zero = onnx.numpy_helper.from_array(np.array(3, "int8"), "zero")
    scale = onnx.numpy_helper.from_array(np.array(1, "float32"), "scale")
    graph.graph.initializer.extend([zero, scale])
    source = node.input[0]
    node.input[0] = "rounded"
    place = list(graph.graph.node).index(node)
    pair = [
        onnx.helper.make_node("QuantizeLinear", [source, "scale", "zero"], ["q"], name="q"),
        onnx.helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["rounded"], name="d"),
    ]
    for new in reversed(pair):
        graph.graph.node.insert(place, new)
    path = tmp_path / "m.onnx"
    path.write_bytes(graph.SerializeToString())
    variant = examine(open_model_file(path), tmp_path)
    assert variant.plans == {False: None, True: None}, "INT8 is not built"
    assert any("zero point" in text for text in variant.refused)
