# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The models that are shipped: whole, openable, and alike in all their precisions."""

from pathlib import Path

import numpy as np
import pytest

from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.parity import compare_engines, limits, synthetic_pairs

pytest.importorskip("onnxruntime", reason="the models are run with it")

ROOT = Path(__file__).parents[2]
MODELS = sorted((ROOT / "models").glob("*.onnx"))
MSRS = ROOT.parent / "shared" / "data" / "msrs"


def variants() -> list[tuple[Path, Path]]:
    """Pairs of an FP32 model and the same in another precision: NAME.onnx and NAME_fp16.onnx, for example."""
    pairs = []
    for path in MODELS:
        precision = open_model_file(path).metadata.precision
        base = path.with_name(path.stem.removesuffix(precision).rstrip("_-") + ".onnx")
        if precision != "fp32" and base in MODELS:
            pairs.append((base, path))
    return pairs


def real_pairs(count: int):
    """Return pairs of the validation split, evenly chosen, day and night."""
    cv2 = pytest.importorskip("cv2", reason="it reads the images")
    if not (MSRS / "val.txt").is_file():
        pytest.skip("the MSRS pairs are not beside this repository")
    names = (MSRS / "val.txt").read_text().split()
    for name in names[:: max(len(names) // count, 1)][:count]:
        stem = name.removesuffix(".png")
        thermal = cv2.imread(str(MSRS / "ir" / f"{stem}.png"), cv2.IMREAD_GRAYSCALE)
        rgb = cv2.imread(str(MSRS / "vi" / f"{stem}.png"), cv2.IMREAD_COLOR)
        yield thermal, np.ascontiguousarray(rgb[..., ::-1])


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
class TestEveryModel:
    def test_file(self, path):
        file = open_model_file(path)
        assert file.sealed, "flipped bits would go unnoticed"
        assert file.metadata.training, "nothing says how it was trained"
        assert file.metadata.licence

    def test_it_runs_and_repeats_itself(self, path):
        engine = OnnxRuntimeEngine(path)
        metadata = engine.info.metadata
        (pair,) = synthetic_pairs(metadata.height, metadata.width, 1)
        first = engine.infer(*pair, attribution=True)
        again = engine.infer(*pair)
        assert first.mask.max() < len(metadata.labels)
        assert first.fused.std() > 5
        assert (first.attribution is not None) is (metadata.attribution is not None)
        assert np.mean(first.mask == again.mask) > 0.9999  # two sessions, optimised differently
        assert np.abs(first.fused.astype(int) - again.fused).max() <= 1


@pytest.mark.parametrize(("base", "other"), variants(), ids=lambda p: p.stem)
def test_precisions_agree_on_real_pairs(base, other):
    pairs = list(real_pairs(5))
    report = compare_engines(OnnxRuntimeEngine(base), OnnxRuntimeEngine(other), pairs)
    allowed = limits(report.precision)
    assert report.figures["mask_agreement"] >= allowed["mask_agreement"]
    assert report.figures["fused_mean"] <= allowed["fused_mean"]
