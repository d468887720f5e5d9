# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every variant of the shipped models that the export writes, put before the real parser and builder of TensorRT."""

from collections import Counter
from pathlib import Path

import pytest

from test import real_tensorrt

torch = pytest.importorskip("torch", reason="the torch side needs torch")
onnx = pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
pytest.importorskip("onnxruntime", reason="INT8 is calibrated with it")

from fusion_perception.engine.model_file import open_model_file  # noqa: E402
from fusion_perception.engine.parity import synthetic_pairs  # noqa: E402
from fusion_perception.lab.export.deployable import DeployConfig  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.nets.system import load_system  # noqa: E402

MODELS = Path(__file__).parents[3] / "models"
CHECKPOINTS = sorted(MODELS.glob("*.safetensors"))
PRECISIONS = ("fp32", "fp16", "int8")
SIZE = (256, 320)  # another than that of the shipped files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not real_tensorrt.INSTALLED, reason=real_tensorrt.HINT),
    pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda p: p.stem),
]


def both(file):
    """The graph with its attribution, and what the builder is given where that is not wanted."""
    assert file.has_attribution
    return {True: file.data, False: file.without_attribution()}


def convolutions(data: bytes) -> int:
    return Counter(node.op_type for node in onnx.load_from_string(data).graph.node)["Conv"]


def check(file, *, build: bool) -> None:
    for attribution, data in both(file).items():
        assert real_tensorrt.objections(data) == []
        network = real_tensorrt.parsed(data, build=build)
        assert network.inputs == ("thermal", "rgb")
        assert network.outputs == tuple(row.name for row in file.metadata.outputs(attribution=attribution))
        layers = Counter(network.layers)
        assert layers["CONVOLUTION"] == convolutions(data) > 0
        assert (layers["QUANTIZE"] > 0) == (layers["DEQUANTIZE"] > 0) == (file.metadata.precision == "int8")
        assert bool(network.plan) == build


def test_as_it_is_shipped(checkpoint):
    check(open_model_file(checkpoint.with_suffix(".onnx")), build=False)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_in_another_size(checkpoint, precision, tmp_path):
    system, _ = load_system(checkpoint)
    config = DeployConfig(*SIZE, precision="fp16" if precision == "fp16" else "fp32")
    pairs = list(synthetic_pairs(*SIZE, 2)) if precision == "int8" else None
    path = tmp_path / "m.onnx"
    report = export_model(system, config, path, name="variant", int8_pairs=pairs, int8_target="tensorrt")
    assert "TensorRT's parser takes every part of it" in report
    file = open_model_file(path)
    assert file.metadata.precision == precision
    # TensorRT-RTX parses INT8 convolutions as TensorRT does, but has no kernels for them.
    check(file, build=precision != "int8")
