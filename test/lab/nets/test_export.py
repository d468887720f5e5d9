# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every network in a deployed graph: ONNX Runtime agrees with torch, attribution included.

Fusers run with a tiny segmenter and segmenters with a tiny fuser, so that each network is exported on its own.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")
pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
ort = pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine.onnx_bounds import check_bounds  # noqa: E402
from fusion_perception.engine.onnx_scan import scan_model  # noqa: E402
from fusion_perception.lab.attribution.path import autograd_gradient  # noqa: E402
from fusion_perception.lab.attribution.traced_gradient import trace_input_gradient  # noqa: E402
from fusion_perception.lab.export.deployable import Deployable, DeployConfig  # noqa: E402
from fusion_perception.lab.export.onnx_graph import IR_VERSION, to_onnx  # noqa: E402
from fusion_perception.lab.export.operators import tensorrt_obstacles  # noqa: E402
from fusion_perception.lab.nets.blocks.conv import fold_batch_norm  # noqa: E402
from fusion_perception.lab.nets.registry import FUSERS, SEGMENTERS  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402
from test import real_tensorrt  # noqa: E402

from .network_tester import randomise  # noqa: E402
from .tiny_segmenter import TinySegmenter  # noqa: E402

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 64, 96

# The architecture of each registry entry with as few nodes as it can have.
FUSER_OPTIONS = {
    "realtime": {"channels": 8, "depth": 1},
    "fine": {"channels": 8, "depth": 1, "fine": 8, "fine_depth": 1},
    "uaafusion": {"width": 8, "stages": 2},
    "segmif": {"width": 16, "growth": 8, "context_channels": (16, 32), "heads": 4},
    "bdlfusion": {"width": 16, "growth": 8, "blocks": 1},
    "tdfusion": {"width": 8, "blocks": 1, "heads": 4},
    "tim": {"channels": 8},
    "tim_light": {"channels": 8},
    "tim_refined": {"channels": 8, "genotype": (("chain", ("residual_3_1",)),)},
    "tim_supernet": {"channels": 4, "cells": (("chain", 1),)},
}
SEGMENTER_OPTIONS = {
    "realtime": {"widths": (16,) * 5, "blocks": (1,) * 4, "decoder": 16},
    "realtime_averaged": {"widths": (16,) * 5, "blocks": (1,) * 4, "decoder": 16},
    "segformer_b0": {"widths": (8, 16, 20, 32), "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4), "embed": 16},
    "mobilenet_deeplab": {"multiplier": 0.35, "skip": 8, "decoder": 16, "in_channels": 3},
    "mfnet": {"rgb_widths": (8, 8, 8, 16, 16), "thermal_widths": (8,) * 5, "decoder": 16},
    "two_stream": {"decoder": (16, 16, 8, 8, 8), "trunk": 1, "gated": True},
}

ARCHITECTURES = [
    *(("fuser", name) for name in FUSER_OPTIONS if name not in ("realtime", "tim_light")),  # the second: as "tim"
    *(("segmenter", name) for name in SEGMENTER_OPTIONS),
]
EXHAUSTIVE = bool(os.environ.get("FUSION_PERCEPTION_EXHAUSTIVE"))


def fuser_system(name: str, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setitem(SEGMENTERS.entries, "tiny", TinySegmenter)
    return System(SystemSpec(name, "tiny", cascade=True, fuser_options=FUSER_OPTIONS[name]))


def segmenter_system(name: str) -> System:
    options = SEGMENTER_OPTIONS[name]
    cascade = SEGMENTERS.build(name, **options).inputs == "fused"
    return System(SystemSpec("realtime", name, "msrs9", cascade, FUSER_OPTIONS["realtime"], options))


def check(system: System, steps: int) -> None:
    torch.manual_seed(1)
    randomise(system)
    module = Deployable(system, DeployConfig(HEIGHT, WIDTH, steps, signed_maps=steps > 0)).eval()
    proto = to_onnx(module)
    assert not tensorrt_obstacles(proto)
    proto.ir_version = IR_VERSION
    assert check_bounds(scan_model(proto.SerializeToString())).work > HEIGHT * WIDTH  # a node would open it
    if real_tensorrt.INSTALLED:
        assert real_tensorrt.objections(proto.SerializeToString()) == []
    session = ort.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    thermal = rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    rgb = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    with torch.no_grad():
        expected = dict(zip(module.output_names, module(torch.from_numpy(thermal), torch.from_numpy(rgb)), strict=True))
    found = dict(zip(module.output_names, session.run(None, {"thermal": thermal, "rgb": rgb}), strict=True))
    assert np.ptp(found["fused"].astype(int)) > 0
    for name, value in expected.items():
        wanted, got = value.numpy(), found[name]
        assert got.dtype == wanted.dtype, name
        if name == "mask":
            assert np.mean(got == wanted) > 0.999
        elif got.dtype == np.uint8:
            assert np.abs(got.astype(int) - wanted.astype(int)).max() <= 1, name
        else:
            assert np.abs(wanted).max() > 0, name
            assert np.abs(got - wanted).max() <= 2e-3 * np.abs(wanted).max(), name


@pytest.mark.parametrize("name", FUSER_OPTIONS)
def test_fuser(name, monkeypatch):
    check(fuser_system(name, monkeypatch), 0)


@pytest.mark.parametrize("name", SEGMENTER_OPTIONS)
def test_segmenter(name):
    check(segmenter_system(name), 0)


def test_fuser_with_attribution(monkeypatch):
    check(fuser_system("bdlfusion", monkeypatch), 1)


@pytest.mark.slow
@pytest.mark.skipif(not EXHAUSTIVE, reason="minutes of exporting; FUSION_PERCEPTION_EXHAUSTIVE=1 runs it")
@pytest.mark.parametrize(
    ("kind", "name", "steps"),
    # Three path points go through the network as a batch: where images of a batch could touch, it would show.
    [(kind, name, 3 if name == "tdfusion" else 1) for kind, name in ARCHITECTURES],
)
def test_every_network_with_attribution(kind, name, steps, monkeypatch):
    check(fuser_system(name, monkeypatch) if kind == "fuser" else segmenter_system(name), steps)


@pytest.mark.parametrize(("kind", "name"), ARCHITECTURES)
def test_traced_gradient_equals_autograd(kind, name, monkeypatch):
    """With this, a graph that holds the traced gradient has the right one if it computes what torch computes."""
    torch.manual_seed(2)
    system = fuser_system(name, monkeypatch) if kind == "fuser" else segmenter_system(name)
    system = fold_batch_norm(randomise(system)).requires_grad_(False).double()
    thermal, rgb = torch.rand(1, 1, 64, 64, dtype=torch.float64), torch.rand(1, 3, 64, 64, dtype=torch.float64)
    weights = torch.rand_like(system.segment(thermal, rgb))
    traced = trace_input_gradient(system.segment, torch.rand_like(thermal), torch.rand_like(rgb), weights)
    assert not [n for n in traced.graph.nodes if "backward" in str(n.target)]
    expected = autograd_gradient(system.segment)(thermal, rgb, weights)
    for found, wanted in zip(traced(thermal, rgb, weights), expected, strict=True):
        assert float(wanted.abs().max()) > 0
        assert torch.allclose(found, wanted, rtol=0, atol=1e-10 * float(wanted.abs().max()))


def architecture(constructor) -> type:
    return constructor.func if isinstance(constructor, partial) else constructor


@pytest.mark.parametrize(("registry", "options"), [(FUSERS, FUSER_OPTIONS), (SEGMENTERS, SEGMENTER_OPTIONS)])
def test_every_architecture_of_the_registry_is_exported_here(registry, options):
    covered = {architecture(registry.entries[name]) for name in options}
    assert {architecture(c) for c in registry.entries.values()} == covered
