# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The comparison itself, and what it says of torch against ONNX Runtime on one exported system."""

import numpy as np
import pytest

from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.parity import compare_engines, compare_outputs, limits, synthetic_pairs
from fusion_perception.types import EngineOutputs

from .tiny_model import random_pair, tiny_metadata, tiny_reference


class FakeEngine:
    """The tiny model in NumPy, with an error on request."""

    def __init__(self, precision="fp32", edit=lambda outputs: outputs) -> None:
        from fusion_perception.engine.engine import EngineInfo

        self.info = EngineInfo("onnxruntime", "cpu", "x", precision, "", tiny_metadata(precision=precision))
        self._edit = edit

    def infer(self, thermal, rgb, *, attribution=False):
        return self._edit(tiny_reference(thermal, rgb, attribution))


def off_by(name, amount, pixels):
    """Return an edit that adds to the first pixels of one map."""

    def edit(outputs):
        maps = {n: None if m is None else m.copy() for n, m in vars(outputs).items()}
        if maps[name] is not None:
            flat = maps[name].reshape(-1)
            flat[:pixels] = np.where(flat[:pixels] > 127, flat[:pixels] - amount, flat[:pixels] + amount)
        return EngineOutputs(**maps)

    return edit


PAIRS = [random_pair(seed) for seed in range(3)]


def judge(precision="fp32", edit=lambda outputs: outputs):
    return compare_engines(FakeEngine(precision), FakeEngine(precision, edit), PAIRS, attribution=True)


class TestJudgement:
    def test_equal_engines(self):
        report = judge()
        assert report.accepted
        assert report.pairs == 3
        assert report.failures() == ""
        assert report.figures == {
            "mask_agreement": 1.0,
            "fused_max": 0.0,
            "fused_mean": 0.0,
            "confidence_mean": 0.0,
            "attribution_mean": 0.0,
        }

    def test_one_wrong_mask_pixel_in_240(self):
        report = judge(edit=off_by("mask", 1, 1))
        assert report.figures["mask_agreement"] == pytest.approx(1 - 1 / 240)
        assert not report.accepted
        assert report.failures() == "mask_agreement 0.9958, allowed at least 0.999"
        assert judge("fp16", off_by("mask", 1, 1)).accepted

    def test_fused_may_differ_by_one_level(self):
        assert judge(edit=off_by("fused", 1, 720)).accepted
        report = judge(edit=off_by("fused", 2, 1))
        assert report.failures() == "fused_max 2, allowed at most 1"

    @pytest.mark.parametrize(("name", "limit"), [("confidence", 0.5), ("attribution", 1.0)])
    def test_means(self, name, limit):
        assert judge(edit=off_by(name, 1, int(240 * limit) - 1)).accepted
        report = judge(edit=off_by(name, 3, int(240 * limit)))
        assert report.failures().startswith(f"{name}_mean ")

    def test_the_coarser_precision_decides(self):
        report = compare_engines(FakeEngine("fp32"), FakeEngine("int8", off_by("mask", 1, 4)), PAIRS)
        assert report.precision == "int8"
        assert report.accepted

    def test_differences_do_not_wrap_around(self):
        black, white = (np.full((4, 4), value, np.uint8) for value in (0, 255))
        colour = np.zeros((4, 4, 3), np.uint8)
        figures = compare_outputs(EngineOutputs(colour, black, black), EngineOutputs(colour, black, white))
        assert figures["confidence_mean"] == 255.0

    def test_nothing_compared_is_not_accepted(self):
        assert not compare_engines(FakeEngine(), FakeEngine(), []).accepted

    def test_limits_loosen_with_precision(self):
        for name in ("confidence_mean", "attribution_mean"):
            values = [limits(precision)[name] for precision in ("fp32", "fp16", "int8")]
            assert values == sorted(values)


class TestPairs:
    def test_shapes_and_variety(self):
        pairs = list(synthetic_pairs(48, 64, 3))
        for thermal, rgb in pairs:
            assert (thermal.shape, rgb.shape) == ((48, 64), (48, 64, 3))
            assert thermal.dtype == rgb.dtype == np.uint8
            assert thermal.std() > 5
            assert rgb.std() > 5
        assert not np.array_equal(pairs[0][0], pairs[1][0])

    def test_they_are_the_same_every_time(self):
        first, second = (list(synthetic_pairs(24, 32, 2)) for _ in range(2))
        assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))

    def test_they_are_smooth(self):
        """As pictures are: neighbours are alike, noise is not."""
        thermal = next(iter(synthetic_pairs(96, 128, 1)))[0].astype(float)
        assert np.abs(np.diff(thermal, axis=1)).mean() < 10


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A small untrained system of ours, with weights that make the classes differ."""
    torch = pytest.importorskip("torch", reason="one of the two backends")
    pytest.importorskip("safetensors", reason="the format of checkpoints")
    from fusion_perception.lab.nets.system import System, SystemSpec, save_system

    torch.manual_seed(0)
    system = System(SystemSpec("realtime", "realtime")).eval()
    path = tmp_path_factory.mktemp("parity") / "small.safetensors"
    save_system(system, path)
    return path


@pytest.mark.slow
def test_torch_agrees_with_onnxruntime(checkpoint, tmp_path):
    pytest.importorskip("onnxscript", reason="the exporter needs it")
    from fusion_perception.lab.export.deployable import DeployConfig
    from fusion_perception.lab.export.export_model import export_model
    from fusion_perception.lab.nets.system import load_system
    from fusion_perception.lab.torch_backend.engine import TorchEngine

    size = {"height": 96, "width": 128}
    path = tmp_path / "small.onnx"
    export_model(load_system(checkpoint)[0], DeployConfig(attribution_steps=1, **size), path, name="small")
    reference = TorchEngine(checkpoint, attribution_steps=1, **size)
    candidate = OnnxRuntimeEngine(path)
    assert reference.info.metadata.attribution == candidate.info.metadata.attribution
    for attribution in (False, True):
        report = compare_engines(reference, candidate, synthetic_pairs(96, 128, 3), attribution=attribution)
        assert report.accepted, report.failures()
        assert ("attribution_mean" in report.figures) is attribution
        assert report.precision == "fp32"
