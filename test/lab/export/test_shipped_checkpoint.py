# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: exported again they give the shipped model, in every precision."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")
pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.engine.parity import compare_engines  # noqa: E402
from fusion_perception.lab.export.calibration_pairs import calibration_pairs  # noqa: E402
from fusion_perception.lab.export.deployable import DeployConfig  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.nets.system import load_system  # noqa: E402
from fusion_perception.lab.streets import SceneConfig, SyntheticScene  # noqa: E402

ROOT = Path(__file__).parents[3]
CHECKPOINTS = sorted((ROOT / "models").glob("*.safetensors"))
MSRS = ROOT.parent / "shared" / "data" / "msrs"
HALF = (256, 320)  # where nothing is compared with the shipped graph, whose size is 480 x 640

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda p: p.stem)]


def export(checkpoint, path, config, **options):
    system, training = load_system(checkpoint)
    export_model(system, config, path, name=checkpoint.stem, training=training, **options)


def real_pairs(split, count, height=480, width=640):
    if not (MSRS / split).is_file():
        pytest.skip("the MSRS pairs are not beside this repository")
    return list(calibration_pairs(MSRS, MSRS / split, count, height, width))


def test_exported_again_they_are_the_shipped_model(checkpoint, tmp_path):
    pairs = real_pairs("val.txt", 5)
    export(checkpoint, tmp_path / "m.onnx", DeployConfig(attribution_steps=0))
    shipped = open_engine(checkpoint.with_suffix(".onnx"), "onnxruntime")
    report = compare_engines(shipped, open_engine(tmp_path / "m.onnx", "onnxruntime"), pairs)
    assert report.figures["mask_agreement"] >= 0.999
    assert report.figures["fused_max"] <= 1
    assert report.accepted, report.failures()


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A function that opens the weights in a graph of fp32 at half the shipped size, exported once."""

    @cache
    def exported(checkpoint):
        path = tmp_path_factory.mktemp("exact") / "m.onnx"
        export(checkpoint, path, DeployConfig(*HALF, attribution_steps=0))
        return open_engine(path, "onnxruntime")

    return exported


@pytest.mark.parametrize(("precision", "least"), [("fp16", 0.995), ("int8", 0.98)])
def test_parity_of_precisions_on_real_pairs(checkpoint, precision, least, exact, tmp_path):
    pairs = real_pairs("val.txt", 5, *HALF)
    config = DeployConfig(*HALF, attribution_steps=0, precision="fp16" if precision == "fp16" else "fp32")
    options = {"int8_pairs": real_pairs("train.txt", 16, *HALF)} if precision == "int8" else {}
    export(checkpoint, tmp_path / "m.onnx", config, **options)
    report = compare_engines(exact(checkpoint), open_engine(tmp_path / "m.onnx", "onnxruntime"), pairs)
    assert report.figures["mask_agreement"] >= least
    assert report.accepted, report.failures()


def test_the_torch_backend_computes_in_bfloat16(checkpoint):
    engine = open_engine(checkpoint, "torch", attribution_steps=1, precision="bf16", height=96, width=128)
    frame = SyntheticScene(SceneConfig(height=96, width=128, seed=1)).frame(0)
    found = engine.infer(frame.thermal, frame.rgb, attribution=True)
    exact = open_engine(checkpoint, "torch", attribution_steps=0, height=96, width=128).infer(frame.thermal, frame.rgb)
    assert engine.info.precision == "bf16"
    assert found.attribution is not None
    assert np.mean(found.mask == exact.mask) > 0.95


def test_the_torch_backend_agrees_on_real_pairs(checkpoint):
    shipped = open_engine(checkpoint.with_suffix(".onnx"), "onnxruntime")
    reference = open_engine(checkpoint, "torch")  # attributes as the exported graph does
    report = compare_engines(reference, shipped, real_pairs("val.txt", 3), attribution=True)
    assert report.figures["mask_agreement"] >= 0.999
    assert report.figures["fused_max"] <= 1
    assert report.figures["attribution_mean"] <= 1
