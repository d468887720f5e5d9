# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest

from fusion_perception.engine import model_file
from fusion_perception.engine.metadata import METADATA_KEY
from fusion_perception.engine.model_file import open_model_file, seal
from fusion_perception.engine.onnx_scan import scan_model
from fusion_perception.errors import ModelError

from .tiny_model import tiny_graph, tiny_metadata, tiny_model

onnx = pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")


@pytest.fixture
def save(tmp_path):
    def save(data: bytes, name: str = "model.onnx"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return save


class TestGoodFile:
    def test_everything_is_read(self, save):
        file = open_model_file(save(tiny_model()))
        assert file.metadata == tiny_metadata()
        assert file.outputs == ("fused", "mask", "confidence", "attribution")
        assert file.opset == 18
        assert {"Cast", "Conv", "Gather"} <= file.operators
        assert file.has_attribution
        assert not file.sealed
        assert len(file.sha256) == 64

    def test_scan_agrees_with_onnx(self):
        graph = tiny_graph()
        scan = scan_model(graph.SerializeToString())
        assert scan.ir_version == graph.ir_version
        assert scan.operators == {node.op_type for node in graph.graph.node}
        assert [s.name for s in scan.outputs] == [o.name for o in graph.graph.output]
        assert [s.shape for s in scan.inputs] == [
            tuple(d.dim_value for d in i.type.tensor_type.shape.dim) for i in graph.graph.input
        ]

    def test_initialisers_listed_as_inputs_are_no_inputs(self, save):
        """Old exporters list their weights among the inputs."""
        graph = tiny_graph()
        graph.graph.input.append(onnx.helper.make_tensor_value_info("half", onnx.TensorProto.FLOAT, []))
        open_model_file(save(graph.SerializeToString()))

    def test_without_attribution(self, save):
        data = open_model_file(save(tiny_model())).without_attribution()
        cut = onnx.load_from_string(data)
        onnx.checker.check_model(cut, full_check=True)
        assert [o.name for o in cut.graph.output] == ["fused", "mask", "confidence"]
        assert len(cut.graph.node) == len(tiny_graph(attribution=False).graph.node)
        assert "quarter" not in {i.name for i in cut.graph.initializer}


class TestSeal:
    def test_sealed_file_is_the_same_model(self, save):
        file = open_model_file(save(seal(tiny_model())))
        assert file.sealed
        assert file.metadata == tiny_metadata()
        onnx.checker.check_model(onnx.load_from_string(file.data), full_check=True)

    def test_a_flipped_bit_of_a_weight_is_noticed(self, save):
        data = bytearray(seal(tiny_model()))
        kernel = next(i for i in tiny_graph().graph.initializer if i.name == "identity").raw_data
        at = bytes(data).index(kernel)
        data[at + 16] ^= 1
        with pytest.raises(ModelError, match="checksum"):
            open_model_file(save(bytes(data)))

    def test_sealing_twice(self):
        with pytest.raises(ModelError, match="twice"):
            seal(seal(tiny_model()))

    def test_sealing_rubbish(self):
        with pytest.raises(ModelError, match="cannot seal"):
            seal(b"rubbish")


def _with_document(**changes) -> bytes:
    graph = tiny_graph()
    document = {**json.loads(tiny_metadata().to_json()), **changes}
    onnx.helper.set_model_props(graph, {METADATA_KEY: json.dumps({k: v for k, v in document.items() if v != "drop"})})
    return graph.SerializeToString()


def _edited(edit) -> bytes:
    graph = tiny_graph()
    edit(graph)
    return graph.SerializeToString()


def _external_weight(graph):
    tensor = graph.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"


def _external_constant(graph):
    tensor = onnx.helper.make_tensor("hidden", onnx.TensorProto.FLOAT, [1], [0.0])
    tensor.ClearField("float_data")
    tensor.external_data.add(key="location", value="/etc/passwd")
    graph.graph.node.insert(0, onnx.helper.make_node("Constant", [], ["hidden"], value=tensor))


def _float_input(graph):
    graph.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def _other_size(graph):
    graph.graph.input[1].type.tensor_type.shape.dim[0].dim_value += 1


def _free_size(graph):
    graph.graph.input[1].type.tensor_type.shape.dim[0].dim_param = "height"


def _text_metadata(text):
    def edit(graph):
        onnx.helper.set_model_props(graph, {METADATA_KEY: text})

    return edit


DAMAGED = {
    "empty": (b"", "is empty"),
    "one byte": (b"\x08", "no ONNX model"),
    "zeros": (bytes(4096), "no ONNX model"),
    "text": (b"hello, I am a text file\n" * 50, "no ONNX model"),
    "json": (b'{"schema_version": 1}', "no ONNX model"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(500), "no ONNX model"),
    "torch checkpoint": (b"PK\x03\x04" + bytes(100), "zip archive or a torch checkpoint"),
    "pickle": (b"\x80\x02}q\x00.", "is a pickle, which this package never opens"),
    "plan": (model_file.PLAN_MAGIC + bytes(100), "is a TensorRT plan"),
    "bare plan": (b"ftrt" + bytes(100), "bare TensorRT plan"),
    "lfs pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "foreign onnx": (lambda: _edited(lambda g: g.ClearField("metadata_props")), "without 'fusion_perception' metadata"),
    "newer schema": (lambda: _with_document(schema_version=2), "schema 2, this package reads up to 1; update"),
    "no schema": (lambda: _with_document(schema_version="drop"), "no schema_version"),
    "no labels": (lambda: _with_document(labels="drop"), "labels is missing"),
    "labels of another type": (lambda: _with_document(labels=[1, 2]), "labels is a list; allowed: an object"),
    "metadata no json": (lambda: _edited(_text_metadata("{")), "not valid JSON"),
    "metadata a list": (lambda: _edited(_text_metadata("[]")), "not a JSON object"),
    "metadata deep": (lambda: _edited(_text_metadata("[" * 100000)), "not valid JSON"),
    "metadata size": (lambda: _with_document(height=0), "height is 0; allowed: 1 to 16384"),
    "precision": (lambda: _with_document(precision="fp4"), "precision is 'fp4'; allowed: fp32"),
    "external weight": (lambda: _edited(_external_weight), "holds 'external_data' in a tensor"),
    "external constant": (lambda: _edited(_external_constant), "holds 't' in an attribute"),
    "float input": (lambda: _edited(_float_input), "input 'thermal' is float32"),
    "other size": (lambda: _edited(_other_size), r"input 'rgb' is uint8 \[13, 20, 3\]"),
    "free size": (lambda: _edited(_free_size), r"input 'rgb' is uint8 \[-1, 20, 3\]"),
    "missing output": (lambda: _edited(lambda g: g.graph.output.pop()), "its metadata promises fused, mask"),
    "double output": (lambda: _edited(lambda g: g.graph.output.append(g.graph.output[0])), "its metadata promises"),
    "no outputs": (lambda: _edited(lambda g: g.graph.ClearField("output")), "has the outputs none"),
    "undeclared attribution": (lambda: _with_document(attribution=None), "its metadata promises fused, mask, conf"),
    "control characters": (
        lambda: _edited(lambda g: setattr(g.graph.output[0], "name", "\x1b[2J\n" + "x" * 900)),
        r"has the outputs \\x1b\[2J\\nx+\[\.\.\. \d+ more \.\.\.\]x+.*; its",
    ),
    "control characters in metadata": (lambda: _with_document(precision="\x1b[2J\n"), r"precision is '\\x1b\[2J\\n'"),
    "precompiled engine": (
        lambda: _edited(lambda g: g.graph.node.append(onnx.helper.make_node("EPContext", [], [], domain="com.x"))),
        "holds the operator com.x::EPContext",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files(save, case):
    content, says = DAMAGED[case]
    path = save(content() if callable(content) else content)
    with pytest.raises(ModelError, match=says) as caught:
        open_model_file(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 500 + len(str(path))


def test_truncated_anywhere(save):
    data = tiny_model()
    for end in range(len(data)):
        with pytest.raises(ModelError):
            open_model_file(save(data[:end]))


def test_sealed_file_truncated_anywhere(save):
    """The checksum comes last, so one cut gives exactly the file without it; every other is refused."""
    whole, data = tiny_model(), seal(tiny_model())
    for end in range(len(data)):
        if end == len(whole):
            assert not open_model_file(save(data[:end])).sealed
            continue
        with pytest.raises(ModelError):
            open_model_file(save(data[:end]))


def test_flipped_bytes_never_escape(save):
    """Any damage is either harmless to the checks or one ModelError; never another exception."""
    data, rng = tiny_model(), np.random.default_rng(0)
    refused = 0
    for _ in range(1500):
        damaged = bytearray(data)
        for _ in range(rng.integers(1, 5)):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        try:
            open_model_file(save(bytes(damaged)))
        except ModelError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 300


def test_random_bytes(save):
    rng = np.random.default_rng(1)
    for size in [1, 2, 3, 10, 100, 1000] * 40:
        with pytest.raises(ModelError):
            open_model_file(save(rng.bytes(size)))


def test_missing(tmp_path):
    with pytest.raises(ModelError, match="no such model file"):
        open_model_file(tmp_path / "absent.onnx")


def test_folder(tmp_path):
    with pytest.raises(ModelError, match="is a folder"):
        open_model_file(tmp_path)


def test_nul_in_path():
    with pytest.raises(ModelError, match=r"no such model file|cannot be read"):
        open_model_file("a\0b.onnx")


def test_too_large(save):
    with pytest.raises(ModelError, match="larger than the 0 MiB accepted"):
        open_model_file(save(tiny_model()), max_bytes=100)
