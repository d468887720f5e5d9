# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: exported again they give the shipped model, in every precision, with complete attributions."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")
pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
ort = pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.engine.parity import compare_engines  # noqa: E402
from fusion_perception.lab.attribution.targets import predicted_region_weights  # noqa: E402
from fusion_perception.lab.data.sequence import open_sequence  # noqa: E402
from fusion_perception.lab.export.calibration_pairs import calibration_pairs  # noqa: E402
from fusion_perception.lab.export.deployable import Deployable, DeployConfig  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.nets.system import load_system  # noqa: E402
from fusion_perception.lab.streets import SceneConfig, SyntheticScene  # noqa: E402

ROOT = Path(__file__).parents[3]
CHECKPOINTS = sorted((ROOT / "models").glob("*.safetensors"))
MSRS = ROOT.parent / "shared" / "data" / "msrs"

pytestmark = pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda p: p.stem)


def export(checkpoint, path, config, **options):
    system, training = load_system(checkpoint)
    export_model(system, config, path, name=checkpoint.stem, training=training, **options)


def real_pairs(split, count):
    if not (MSRS / split).is_file():
        pytest.skip("the MSRS pairs are not beside this repository")
    return list(calibration_pairs(MSRS, MSRS / split, count, 480, 640))


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_parity_of_precisions_on_real_pairs(checkpoint, precision, tmp_path):
    pairs = real_pairs("val.txt", 5)
    config = DeployConfig(attribution_steps=0, precision="fp16" if precision == "fp16" else "fp32")
    options = {"int8_pairs": real_pairs("train.txt", 16)} if precision == "int8" else {}
    export(checkpoint, tmp_path / "m.onnx", config, **options)
    shipped = open_engine(checkpoint.with_suffix(".onnx"), "onnxruntime")
    report = compare_engines(shipped, open_engine(tmp_path / "m.onnx", "onnxruntime"), pairs)
    least = {"fp32": 0.999, "fp16": 0.995, "int8": 0.98}[precision]
    assert report.figures["mask_agreement"] >= least
    assert precision != "fp32" or report.figures["fused_max"] <= 1
    assert report.accepted, report.failures()


def test_the_torch_backend_computes_in_bfloat16(checkpoint):
    engine = open_engine(checkpoint, "torch", attribution_steps=1, precision="bf16", height=96, width=128)
    frame = SyntheticScene(SceneConfig(height=96, width=128, seed=1)).frame(0)
    found = engine.infer(frame.thermal, frame.rgb, attribution=True)
    exact = open_engine(checkpoint, "torch", attribution_steps=1, height=96, width=128).infer(frame.thermal, frame.rgb)
    assert engine.info.precision == "bf16"
    assert found.attribution is not None
    assert np.mean(found.mask == exact.mask) > 0.95


def test_the_torch_backend_agrees_on_real_pairs(checkpoint):
    shipped = open_engine(checkpoint.with_suffix(".onnx"), "onnxruntime")
    reference = open_engine(checkpoint, "torch", attribution_steps=1)
    report = compare_engines(reference, shipped, real_pairs("val.txt", 3), attribution=True)
    assert report.figures["mask_agreement"] >= 0.999
    assert report.figures["fused_max"] <= 1
    assert report.figures["attribution_mean"] <= 1


def scenes(height, width):
    """Frames of rendered streets and, where they are at hand, real pairs, in the graph's size."""
    for condition in ("day", "night"):
        frame = SyntheticScene(SceneConfig(height=height, width=width, condition=condition, seed=3)).frame(5)
        yield frame.thermal, frame.rgb
    if (MSRS / "val.txt").is_file():
        sequence = open_sequence(MSRS, split=MSRS / "val.txt")
        for index in (0, len(sequence) - 1):
            item = sequence[index]
            yield tuple(
                cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in (item.thermal, item.rgb)
            )


def test_attributions_of_the_exported_graph_are_complete(checkpoint, tmp_path):
    """They sum to the score difference along the path; the error falls with K and is under 2 % at K = 32."""
    height, width = 224, 320
    system, _ = load_system(checkpoint)
    module = Deployable(system, DeployConfig(height, width, 0)).eval()
    pairs = [(t[:height, :width].copy(), c[:height, :width].copy()) for t, c in scenes(240, 320)]
    mean_errors = []
    for steps in (2, 32):  # each takes an export of its own
        path = tmp_path / f"{steps}.onnx"
        export(checkpoint, path, DeployConfig(height, width, steps, signed_maps=True))
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        errors = []
        for thermal, rgb in pairs:
            outputs = session.run(["attribution_thermal", "attribution_rgb"], {"thermal": thermal, "rgb": rgb})
            t, c = module.prepare(torch.from_numpy(thermal), torch.from_numpy(rgb))
            with torch.no_grad():
                logits = module.system.segment(t, c)
                black = module.system.segment(t * 0, c * 0)
                decided = module.system.decide(logits, t, c)
            weights = predicted_region_weights(decided).double()
            difference = float(((logits - black).double() * weights).sum())
            total = sum(float(output.sum(dtype=np.float64)) for output in outputs)
            errors.append(abs(total - difference) / abs(difference))
        mean_errors.append(float(np.mean(errors)))
        print(f"K = {steps}: completeness error {', '.join(f'{100 * e:.2f} %' for e in errors)}")
    assert mean_errors[1] < mean_errors[0]
    assert max(errors) < 0.02
