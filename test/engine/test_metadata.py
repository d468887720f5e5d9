# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document inside a model file is checked once, by whoever makes one and whoever reads one."""

import json
import time
from dataclasses import replace

import pytest

from fusion_perception.engine.metadata import AttributionInfo, ModelMetadata
from fusion_perception.errors import ModelError
from fusion_perception.labels import MSRS9

from .tiny_model import tiny_metadata


def _changed(path: str, value) -> str:
    """The tiny model's document with a raw JSON value at a dotted path."""
    document = json.loads(tiny_metadata().to_json())
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[int(last) if last.isdigit() else last] = "@value@"
    return json.dumps(document).replace('"@value@"', value)


REFUSED = {
    "height infinite": ("height", "1e999", "number 1e999 is not finite"),
    "height of 5000 digits": ("height", "7" * 5000, "more than 64 bits"),
    "height a fraction": ("height", "480.5", "height is 480.5; allowed: 1 to 16384"),
    "height a text": ("height", '"480"', "height is a text; allowed: 1 to 16384"),
    "height true": ("height", "true", "height is True; allowed"),
    "height below 0": ("height", "-480", "height is -480; allowed"),
    "width giant": ("width", "20000", "width is 20000; allowed: 1 to 16384"),
    "steps giant": ("attribution.steps", "1000000", "attribution.steps is 1000000; allowed: 1 to 1000"),
    "no step of a gradient": ("attribution.steps", "0", "attribution.steps is 0; allowed: 1 to 1000"),
    "unknown method": (
        "attribution.method",
        '"saliency"',
        "attribution.method is 'saliency'; allowed: shapley, gradient",
    ),
    "window 0": ("attribution.window", "0", "attribution.window is 0; allowed: 1 to 4096"),
    "window infinite": ("attribution.window", "1e999", "not finite"),
    "rule a list": ("attribution.rule", "[]", "attribution.rule is a list; allowed: a text"),
    "attribution a list": ("attribution", "[1]", "attribution is a list; allowed: an object"),
    "colour 300": ("labels.palette.1.0", "300", r"the colour \(300, 0, 192\); allowed: three whole numbers of 0..255"),
    "colour -1": ("labels.palette.1.0", "-1", r"the colour \(-1, 0, 192\)"),
    "colour 1.5": ("labels.palette.1.0", "1.5", r"the colour \(1\.5, 0, 192\)"),
    "colour a text": ("labels.palette.1", '"abc"', "the colour 'abc'"),
    "label half a character": ("labels.names.2", r'"\ud800"', r"\\ud800', which is not UTF-8"),
    "label no UTF-8": ("labels.names.2", r'"\udcff"', "which is not UTF-8"),
    "label a forged line": ("labels.names.2", r'"a\n[FATAL] b"', "allowed: characters that can be printed"),
    "label a number": ("labels.names.2", "7", "is 7; allowed: a text"),
    "label twice": ("labels.names.2", '"car"', "has the class 'car' twice"),
    "labels a text": ("labels.names", '"abcdefghi"', "labels.names is a text; allowed: a list"),
    "many labels": ("labels.names", json.dumps(["x"] * 300), "labels.names is a list of 300; allowed"),
    "name of 3 MB": ("name", json.dumps("x" * 3_000_000), r"it has \d+ characters; allowed: 1048576"),
    "name of 300 characters": ("name", json.dumps("x" * 300), "name has 300 characters; allowed: 1 to 100"),
    "name with an escape code": ("name", r'"\u001b[2J"', r"name is '\\x1b\[2J'; allowed: characters that can be"),
    "name a number": ("name", "7", "name is 7; allowed: a text"),
    "quality infinite": ("quality", '{"miou": 1e999}', "not finite"),
    "quality a list": ("quality", "[1]", "quality is a list; allowed: an object"),
    "training deep": ("training", '{"a":' * 30 + "1" + "}" * 30, "nested deeper than 16"),
    "target of no INT8": ("int8_target", '"cpu"', "int8_target is 'cpu'; allowed: none, for a graph in fp32"),
    "target unknown": ("int8_target", '"dsp"', "int8_target is 'dsp'; allowed: cpu, tensorrt"),
    "licence an object": ("licence", "{}", "licence is an object; allowed: a text"),
    "schema infinite": ("schema_version", "1e999", "not finite"),
    "schema 0": ("schema_version", "0", "no schema_version"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    path, value, says = REFUSED[case]
    start = time.monotonic()
    with pytest.raises(ModelError, match=says) as caught:
        ModelMetadata.from_json(_changed(path, value), "m.onnx")
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert message.startswith("m.onnx: ")
    assert message.endswith("export the model again")
    assert len(message) < 400


def test_documents_without_a_method_are_of_gradients():
    document = json.loads(tiny_metadata().to_json())
    del document["attribution"]["method"]
    assert ModelMetadata.from_json(json.dumps(document), "m.onnx").attribution == AttributionInfo(1, method="gradient")


def test_shapley_values_go_there_and_back():
    metadata = replace(tiny_metadata(), attribution=AttributionInfo.shapley())
    assert ModelMetadata.from_json(metadata.to_json(), "m.onnx").attribution == AttributionInfo.shapley()


@pytest.mark.parametrize(
    ("target", "text"),
    [("cpu", "ONNX Runtime on a CPU"), ("tensorrt", "TensorRT"), ("", "an engine that the file does not name")],
)
def test_an_int8_file_says_what_it_is_for(target, text):
    metadata = replace(tiny_metadata(), precision="int8", int8_target=target)
    again = ModelMetadata.from_json(metadata.to_json(), "m.onnx")
    assert (again.int8_target, again.precision_text) == (target, f"int8 for {text}")
    assert tiny_metadata().precision_text == "fp32"


def test_too_many_pixels():
    document = json.loads(tiny_metadata().to_json())
    document.update(height=16384, width=16384)
    with pytest.raises(ModelError, match="16384 x 16384; allowed: 67108864 pixels"):
        ModelMetadata.from_json(json.dumps(document), "m.onnx")


def test_a_key_twice():
    text = tiny_metadata().to_json().replace('"height": 12', '"height": 12, "height": 13')
    with pytest.raises(ModelError, match="'height' stands twice"):
        ModelMetadata.from_json(text, "m.onnx")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "\ud800"},
        {"name": ""},
        {"height": 0},
        {"precision": "fp4"},
        {"quality": {"iou": float("nan")}},
        {"training": {"path": object()}},
    ],
)
def test_the_writer_obeys_the_same_rules(wrong):
    with pytest.raises(ValueError, match=r"allowed|not UTF-8"):
        ModelMetadata(**{"name": "n", "labels": MSRS9, "height": 8, "width": 8, **wrong})


def test_steps_of_the_writer():
    with pytest.raises(ValueError, match=r"attribution\.steps is 0"):
        AttributionInfo(0)


def test_a_document_of_today_is_read_with_what_it_leaves_out():
    document = json.loads(tiny_metadata().to_json())
    for key in ("training", "quality", "licence", "created_by", "attribution", "inputs", "outputs"):
        del document[key]
    metadata = ModelMetadata.from_json(json.dumps(document), "m.onnx")
    assert (metadata.training, metadata.quality, metadata.licence, metadata.attribution) == ({}, {}, "", None)
