# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.cli.main import main
from fusion_perception.engine.build_process import BuiltPlan
from fusion_perception.engine.parity import ParityReport
from fusion_perception.errors import BackendError
from test.engine.tiny_model import tiny_model


@pytest.fixture
def model(tmp_path):
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")

    def write(attribution=True):
        path = tmp_path / "tiny.onnx"
        path.write_bytes(tiny_model(attribution))
        return str(path)

    return write


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """The requests that would go to the build process."""
    requests = []
    monkeypatch.setenv("FUSION_PERCEPTION_CACHE", str(tmp_path / "cache"))

    def in_process(request, progress):
        requests.append(request)
        progress("Building Engine", 0.5)
        progress("Building Engine", 1.0)
        parity = None
        if request.parity_pairs:
            parity = ParityReport("fp32", 4, {"mask_agreement": 0.9995}, accepted=True)
        return BuiltPlan("/cache/tiny.plan", 61.2, 3 << 20, parity)

    monkeypatch.setattr("fusion_perception.engine.build_process.build_in_process", in_process)
    return requests


@pytest.mark.parametrize(
    ("choice", "in_model", "variants"),
    [("both", True, [False, True]), ("with", True, [True]), ("without", True, [False]), ("both", False, [False])],
)
def test_variants(model, builds, choice, in_model, variants):
    assert main(["build", model(in_model), "--attribution", choice]) == 0
    assert [request.attribution for request in builds] == variants


def test_report(model, builds, capsys):
    assert main(["build", model(), "--attribution", "without"]) == 0
    out, err = capsys.readouterr()
    assert "tiny.onnx, without attribution:" in out
    assert "/cache/tiny.plan" in out
    assert "3.0 MiB, built in 61 s" in out
    assert "accepted as fp32 on 4 pairs: mask_agreement 0.9995" in out
    assert err.splitlines()[-1].startswith("  Building Engine 100/100 (")


def test_options_are_passed_on(model, builds, tmp_path, capsys):
    options = {"optimization-level": 5, "workspace-mib": 512, "dla-core": 1, "parity-pairs": 0, "device-id": 2}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    arguments += ["--tf32", "--attribution", "with", "--cache-dir", str(tmp_path)]
    assert main(["build", model(), *arguments]) == 0
    (request,) = builds
    assert (request.optimization_level, request.workspace_mib, request.tf32) == (5, 512, True)
    assert (request.dla_core, request.parity_pairs, request.device_id) == (1, 0, 2)
    assert request.cache_dir == str(tmp_path)
    assert "parity  not checked" in capsys.readouterr().out


def test_a_failing_build(model, monkeypatch, capsys):
    def in_process(request, progress):
        raise BackendError("no GPU here")

    monkeypatch.setattr("fusion_perception.engine.build_process.build_in_process", in_process)
    assert main(["build", model()]) == 2
    assert capsys.readouterr().err == "fusion-perception build: no GPU here\n"


def test_a_damaged_model(tmp_path, builds, capsys):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(b"damage")
    assert main(["build", str(path)]) == 2
    assert "no ONNX model" in capsys.readouterr().err
    assert builds == []


def test_the_real_process_without_tensorrt(model, capsys):
    import importlib.util

    if importlib.util.find_spec("tensorrt") is not None:
        pytest.skip("TensorRT is installed")
    assert main(["build", model()]) == 2
    assert "needs the package 'tensorrt'" in capsys.readouterr().err
