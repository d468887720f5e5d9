# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: exported again they give the shipped model, in every precision, with complete attributions."""

from functools import cache
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
from fusion_perception.lab.attribution.path import autograd_gradient, integrated_gradients  # noqa: E402
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
HALF = (256, 320)  # where nothing is compared with the shipped graph, whose size is 480 x 640

pytestmark = pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda p: p.stem)


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
    path = tmp_path / "m.onnx"
    config = DeployConfig(height, width, 32, signed_maps=True)
    export(checkpoint, path, config)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    coarse, fine = [], []
    for thermal, rgb in pairs:
        t, c = module.prepare(torch.from_numpy(thermal), torch.from_numpy(rgb))
        with torch.no_grad():
            logits = module.system.segment(t, c)
            black = module.system.segment(t * 0, c * 0)
            decided = module.system.decide(logits, t, c)
        weights = predicted_region_weights(decided)
        difference = float(((logits - black).double() * weights.double()).sum())

        def error(maps, difference=difference):
            total = sum(float(m.sum(dtype=np.float64)) for m in maps)
            return abs(total - difference) / abs(difference)

        fine.append(error(session.run(["attribution_thermal", "attribution_rgb"], {"thermal": thermal, "rgb": rgb})))
        # Two steps need no graph: test_export_model.py shows that a graph computes what autograd does.
        gradient = autograd_gradient(module.system.segment)
        coarse.append(error(m.numpy() for m in integrated_gradients(gradient, t, c, weights, 2, config.path_rule)))
    for steps, errors in ((2, coarse), (32, fine)):
        print(f"K = {steps}: completeness error {', '.join(f'{100 * e:.2f} %' for e in errors)}")
    assert np.mean(fine) < np.mean(coarse)
    assert max(fine) < 0.02
